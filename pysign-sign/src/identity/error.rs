//! Why there is no identity to sign with.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pysign_ci::{Command, NoSource, SIGSTORE_AUDIENCE, System};
use pysign_host::{Evidence, Failure, Host, Problem, Status};
use pysign_http::Url;

use super::command::CommandFault;

/// Why nobody vouches for this run, or not for what was asked. The text of a token is never in it.
#[derive(Debug)]
pub struct IdentityError(Fault);

/// Where a token was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File(PathBuf),
    Stdin,
    System(System),
    Variable(String),
}

impl Place {
    pub(super) fn of_file(file: &Path) -> Self {
        if file == Path::new("-") { Self::Stdin } else { Self::File(file.into()) }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => write!(f, "in '{}'", file.display()),
            Self::Stdin => f.write_str("in standard input"),
            Self::System(system) => write!(f, "of {system}"),
            Self::Variable(name) => write!(f, "in '{name}'"),
        }
    }
}

/// The time of a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Option<i64>,
    pub(super) until: i64,
}

/// Why a token can't be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It gives access to this one's service, and says nothing of who has it.
    Access(&'static str),
    /// It is for someone else: these are its audiences.
    Audience(Vec<String>),
    /// It lacks a claim, or has one of a wrong type.
    Claim(&'static str),
    /// The address is not one that its owner has proven.
    EmailUnverified,
    /// It has ended.
    Expired { span: Span, now: i64 },
    /// It is none of the kinds whose certificates are known.
    Kind,
    /// It speaks for a name that no certificate can have.
    Name(String),
    /// It begins later.
    NotYet { span: Span, now: i64 },
    /// It is no JSON Web Token (RFC 7519, section 3).
    Shape,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(owner) => write!(f, "is an access token of {owner}'s and no ID token"),
            Self::Audience(_) => f.write_str("is for another audience"),
            Self::Claim(name) => write!(f, "has no usable claim '{name}'"),
            Self::EmailUnverified => f.write_str("is for an address that is not verified"),
            Self::Expired { span, now } => {
                write!(f, "expired {} seconds ago", now.saturating_sub(span.until))
            }
            Self::Kind => f.write_str(
                "is of no kind that Fulcio's certificates are known for (GitLab, GitHub, \
                 Buildkite, CircleCI, Codefresh, Kubernetes, SPIFFE, an address)",
            ),
            Self::Name(name) => write!(f, "is for '{name}', which is not a valid URL"),
            Self::NotYet { span, now } => {
                let wait = span.from.unwrap_or(*now).saturating_sub(*now);
                write!(f, "is not valid for another {wait} seconds")
            }
            Self::Shape => f.write_str("is not a JSON Web Token"),
        }
    }
}

/// Each reason.
#[derive(Debug)]
pub(super) enum Fault {
    /// What a system answered is no token.
    Answer { system: System, url: Url },
    /// A new token is for someone else than the first.
    Changed { place: Place, expected: String, found: String },
    /// A program gave no token.
    Command { command: Command, fault: CommandFault },
    /// There is no way to a token.
    NotFound(NoSource),
    /// A new token is needed, and the network is not to be used.
    Offline(System),
    /// The project is hidden, and everyone would read of it in a log.
    PublicLog { service: Url },
    /// A system can't be asked, or says no.
    Request { system: System, cause: Box<pysign_http::Error> },
    /// There is a token, and it can't be used in a job of these systems.
    Unfit { place: Place, unfit: Unfit, jobs: Vec<System> },
}

impl Fault {
    pub(super) fn unfit(place: &Place, host: &Host, unfit: Unfit) -> Self {
        let jobs = match place {
            Place::System(system) => vec![*system],
            _ => System::of_job(&host.env),
        };
        Self::Unfit { place: place.clone(), unfit, jobs }
    }
}

impl From<Fault> for IdentityError {
    fn from(fault: Fault) -> Self {
        Self(fault)
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        IdentityError(fault).into()
    }
}

impl IdentityError {
    /// Every code of this type, those of HTTP aside.
    pub const CODES: &'static [&'static str] = &[
        "ci-variable-malformed",
        "log-public",
        "token-answer",
        "token-audience",
        "token-changed",
        "token-claim",
        "token-command",
        "token-expired",
        "token-malformed",
        "token-missing",
        "token-not-yet",
        "token-several",
    ];
}

impl fmt::Display for IdentityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Fault::Answer { system, url } => {
                write!(f, "the answer of '{url}' holds no identity token of {system}")
            }
            Fault::Changed { place, .. } => {
                write!(f, "the new identity token {place} speaks for someone else than the first")
            }
            Fault::Command { command, fault } => {
                write!(
                    f,
                    "no identity token from {}: '{}' {fault}",
                    command.system, command.program
                )
            }
            Fault::NotFound(NoSource::NotGranted(system)) => {
                write!(f, "no identity token: this job of {system} was given none")
            }
            Fault::NotFound(NoSource::Several(systems)) => {
                let names: Vec<_> = systems.iter().map(ToString::to_string).collect();
                write!(f, "each of {} could vouch for this job", names.join(" and "))
            }
            Fault::NotFound(NoSource::Variable(error)) => error.fmt(f),
            Fault::NotFound(_) => f.write_str(
                "no identity token: none was given, and this is no job of a known CI system",
            ),
            Fault::Offline(system) => {
                write!(f, "a token of {system} is needed, and the network is not to be used")
            }
            Fault::PublicLog { service } => write!(
                f,
                "the project is not public, and '{service}' would show its path to everyone"
            ),
            Fault::Request { system, cause } => {
                write!(f, "no identity token from {system}: {cause}")
            }
            Fault::Unfit { place, unfit, .. } => write!(f, "the identity token {place} {unfit}"),
        }
    }
}

impl std::error::Error for IdentityError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Fault::Command { fault: CommandFault::Start(cause), .. } => Some(cause),
            Fault::NotFound(NoSource::Variable(error)) => error.source(),
            Fault::Request { cause, .. } => cause.source(),
            _ => None,
        }
    }
}

impl Problem for IdentityError {
    fn code(&self) -> &'static str {
        match &self.0 {
            Fault::Answer { .. } => "token-answer",
            Fault::Changed { .. } => "token-changed",
            Fault::Command { .. } => "token-command",
            Fault::NotFound(NoSource::Several(_)) => "token-several",
            Fault::NotFound(NoSource::Variable(error)) => error.code(),
            Fault::NotFound(_) => "token-missing",
            Fault::Offline(_) => "http-offline",
            Fault::PublicLog { .. } => "log-public",
            Fault::Request { cause, .. } => cause.code(),
            Fault::Unfit { unfit, .. } => match unfit {
                Unfit::Access(_) | Unfit::Shape => "token-malformed",
                Unfit::Audience(_) => "token-audience",
                Unfit::Claim(_) | Unfit::EmailUnverified | Unfit::Kind | Unfit::Name(_) => {
                    "token-claim"
                }
                Unfit::Expired { .. } => "token-expired",
                Unfit::NotYet { .. } => "token-not-yet",
            },
        }
    }

    /// A program does not say whether it would fare better later; to try again costs little. An
    /// answer that is none is what a proxy's page looks like.
    fn status(&self) -> Status {
        match &self.0 {
            Fault::Changed { .. } => Status::Refused,
            Fault::Command { fault: CommandFault::Missing | CommandFault::Start(_), .. } => {
                Status::Denied
            }
            Fault::Answer { .. } | Fault::Command { .. } | Fault::Offline(_) => Status::Unavailable,
            Fault::NotFound(NoSource::Variable(error)) => error.status(),
            Fault::NotFound(_) | Fault::Unfit { .. } => Status::Denied,
            Fault::PublicLog { .. } => Status::Usage,
            Fault::Request { cause, .. } => cause.status(),
        }
    }

    fn hint(&self) -> Option<String> {
        match &self.0 {
            Fault::PublicLog { .. } => Some("to accept that: --public-log".to_owned()),
            Fault::NotFound(NoSource::NotGranted(system)) => Some(grant(*system).to_owned()),
            Fault::NotFound(NoSource::Several(_)) => {
                Some("give the token of the one that is meant: --token-file FILE".to_owned())
            }
            Fault::NotFound(NoSource::Unknown) => {
                Some("a token with the audience 'sigstore': --token-file FILE".to_owned())
            }
            Fault::Command { command, fault: CommandFault::Missing } => {
                Some(grant(command.system).to_owned())
            }
            Fault::Request { system, cause } if cause.status() == Status::Denied => {
                cause.hint().or_else(|| Some(grant(*system).to_owned()))
            }
            Fault::Request { cause, .. } => cause.hint(),
            Fault::Unfit { place, unfit, jobs } => remedy(place, unfit, jobs),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match &self.0 {
            Fault::Changed { expected, found, .. } => {
                Some(Evidence { expected: expected.clone(), found: found.clone() })
            }
            Fault::Unfit { unfit: Unfit::Audience(found), .. } => Some(Evidence {
                expected: SIGSTORE_AUDIENCE.to_owned(),
                found: if found.is_empty() { "none".to_owned() } else { found.join(", ") },
            }),
            Fault::Unfit {
                unfit: Unfit::Expired { span, now } | Unfit::NotYet { span, now },
                ..
            } => {
                let from = span.from.map(|from| format!("from {} ", time(from)));
                Some(Evidence {
                    expected: format!("valid at {}, by the clock of this machine", time(*now)),
                    found: format!("valid {}until {}", from.unwrap_or_default(), time(span.until)),
                })
            }
            _ => None,
        }
    }
}

/// What a job of this system needs for a token.
fn grant(system: System) -> &'static str {
    match system {
        System::Buildkite => {
            "run it where the agent's program is; with the Docker plugin: mount-buildkite-agent: true"
        }
        System::CircleCi => "run it in a job of CircleCI's cloud, or of a server from 4.4 on",
        System::GitHub => "in the job of the workflow: permissions: {id-token: write}",
        System::Google => "attach a service account to the machine, or to the job",
        _ => "in the job of .gitlab-ci.yml: id_tokens: {SIGSTORE_ID_TOKEN: {aud: sigstore}}",
    }
}

/// What to do about an unfit token: for one that was handed to us in a job whose system gives the
/// right one when it is asked, to hand us none.
fn remedy(place: &Place, unfit: &Unfit, jobs: &[System]) -> Option<String> {
    let is_gitlab = matches!(jobs, [System::GitLab]);
    let given = !matches!(place, Place::System(_));
    match unfit {
        Unfit::Claim("ci_config_ref_uri") => {
            Some("define the pipeline in a file of the project itself".to_owned())
        }
        Unfit::Expired { .. } if given && is_gitlab => Some(
            "a GitLab job's token lasts as long as the job's 'timeout'; the next run keeps what is \
             signed"
                .to_owned(),
        ),
        Unfit::NotYet { .. } | Unfit::Expired { .. } if !given => {
            Some("set the clock of this machine".to_owned())
        }
        Unfit::Access(_) | Unfit::Audience(_) | Unfit::Shape if given => Some(match jobs {
            [system] if *system != System::GitLab => format!(
                "{system} is asked for the right one when 'SIGSTORE_ID_TOKEN' and '--token-file' are \
                 not given"
            ),
            _ => grant(System::GitLab).to_owned(),
        }),
        _ => None,
    }
}

/// A moment as people write it, in UTC.
fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
