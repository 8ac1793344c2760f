//! Why there is no identity to sign with.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pysign_ci::{Command, GITLAB, NoSource, SIGSTORE_AUDIENCE, SYSTEMS, System};
use pysign_host::{Host, Status};
use pysign_http::Url;

use super::command::CommandFault;

/// Where a token was found.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    File(PathBuf),
    Stdin,
    System(&'static System),
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
            Self::System(system) => write!(f, "from {system}"),
            Self::Variable(name) => write!(f, "in '{name}'"),
        }
    }
}

/// The time of a token, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(super) from: Option<i64>,
    pub(super) until: i64,
}

/// Why a token can't be used.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// An access token for this one's service, which says nothing of who has it.
    Access(&'static str),
    /// The token is for other audiences.
    Audience(Vec<String>),
    /// A claim is missing, or of a wrong type.
    Claim(&'static str),
    /// The address is not one that its owner has proven.
    EmailUnverified,
    /// The token's time is over.
    Expired { span: Span, now: i64 },
    /// The token is of none of the kinds whose certificates are known.
    Kind,
    /// The token speaks for a name that no certificate can have.
    Name(String),
    /// The token's time begins later.
    NotYet { span: Span, now: i64 },
    /// Not a JSON Web Token (RFC 7519, section 3).
    Shape,
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Access(owner) => write!(f, "is an access token for {owner}, not an ID token"),
            Self::Audience(_) => f.write_str("is for a different audience"),
            Self::Claim(name) => write!(f, "has no usable claim '{name}'"),
            Self::EmailUnverified => f.write_str("is for an address that is not verified"),
            Self::Expired { span, now } => {
                write!(f, "expired {} seconds ago", now.saturating_sub(span.until))
            }
            Self::Kind => {
                let names: Vec<&str> = SYSTEMS.iter().map(|system| system.name).collect();
                let names = names.join(", ");
                write!(f, "is of an unknown kind: not from {names}, SPIFFE or an e-mail login")
            }
            Self::Name(name) => write!(f, "is for '{name}', which is not a valid URL"),
            Self::NotYet { span, now } => {
                let wait = span.from.unwrap_or(*now).saturating_sub(*now);
                write!(f, "is not valid for another {wait} seconds")
            }
            Self::Shape => f.write_str("is not a JSON Web Token"),
        }
    }
}

/// Why nobody vouches for this run, or not for what was asked. The text of a token is never in it.
#[derive(Debug)]
pub(crate) enum IdentityError {
    /// What a system answered is not a token.
    Answer { system: &'static System, url: Url },
    /// A new token is for a different signer than the first.
    Changed { place: Place, expected: String, found: String },
    /// A program gave no token.
    Command { system: &'static System, command: Command, fault: CommandFault },
    /// There is no way to a token.
    NotFound(NoSource),
    /// A new token is needed, and the network is not to be used.
    Offline(&'static System),
    /// The project is not public, and a log would show everyone its path.
    PublicLog { service: Url },
    /// A system can't be asked, or says no.
    Request { system: &'static System, cause: Box<pysign_http::Error> },
    /// There is a token, and it can't be used in a job of these systems.
    Unfit { place: Place, unfit: Unfit, jobs: Vec<&'static System> },
}

impl IdentityError {
    pub(super) fn unfit(place: &Place, host: &Host, unfit: Unfit) -> Self {
        let jobs = match place {
            Place::System(system) => vec![*system],
            _ => System::of_job(&host.env),
        };
        Self::Unfit { place: place.clone(), unfit, jobs }
    }
}

// A program does not say whether it would fare better later; to try again costs little. An answer
// that is not a token is what a proxy's page looks like.
pysign_host::problem! { IdentityError {
    Self::Answer { system, url } => Unavailable "token-answer"
        ("the answer of '{url}' holds no identity token from {system}");
    Self::Changed { place, expected, found } => Refused "token-changed"
        ("the new identity token {place} is for a different signer than the first"),
        evidence(expected, found);
    Self::Command { system, command, fault: fault @ CommandFault::Missing } => Denied "token-command"
        ("no identity token from {system}: '{}' {fault}", command.program),
        hint(system.grant);
    Self::Command { system, command, fault: fault @ CommandFault::Start(cause) } =>
        Denied "token-command"
        ("no identity token from {system}: '{}' {fault}", command.program),
        cause(cause);
    Self::Command { system, command, fault } => Unavailable "token-command"
        ("no identity token from {system}: '{}' {fault}", command.program);
    Self::NotFound(NoSource::NotGranted(system)) => Denied "token-missing"
        ("no identity token: this {system} job was given none"),
        hint(system.grant);
    Self::NotFound(NoSource::Several(systems)) => Denied "token-several"
        ("this job is one of {}, and each could vouch for it",
            systems.iter().map(|system| system.name).collect::<Vec<_>>().join(" and of ")),
        hint("give the token of the one that is meant: --token-file FILE");
    Self::Offline(system) => Unavailable "http-offline"
        ("a token from {system} is needed, and --offline was given");
    Self::PublicLog { service } => Usage "log-public"
        ("the project is not public, and '{service}' would show its path to everyone"),
        hint("to accept that: --public-log");
    Self::Unfit { place, unfit: unfit @ (Unfit::Access(_) | Unfit::Shape), jobs } =>
        Denied "token-malformed" ("the identity token {place} {unfit}"),
        hint_if(of_right_kind(place, jobs));
    Self::Unfit { place, unfit: unfit @ Unfit::Audience(found), jobs } => Denied "token-audience"
        ("the identity token {place} {unfit}"),
        hint_if(of_right_kind(place, jobs)),
        evidence(SIGSTORE_AUDIENCE, if found.is_empty() { "none".to_owned() } else { found.join(", ") });
    Self::Unfit { place, unfit: unfit @ Unfit::Claim("ci_config_ref_uri"), .. } => Denied "token-claim"
        ("the identity token {place} {unfit}"),
        hint("define the pipeline in a file of the project itself");
    Self::Unfit { place, unfit: unfit @ Unfit::Expired { span, now }, jobs } => Denied "token-expired"
        ("the identity token {place} {unfit}"),
        hint_if(in_time(place, jobs)), evidence(Clock(*now), span);
    Self::Unfit { place, unfit: unfit @ Unfit::NotYet { span, now }, .. } => Denied "token-not-yet"
        ("the identity token {place} {unfit}"),
        hint_if(in_time(place, &[])), evidence(Clock(*now), span);
    Self::Unfit { place, unfit, .. } => Denied "token-claim" ("the identity token {place} {unfit}");
    Self::NotFound(NoSource::Unknown) => Denied "token-missing"
        ("no identity token: none was given, and this is not a job of a known CI system"),
        hint("a token with the audience 'sigstore': --token-file FILE");
} from {
    Self::NotFound(NoSource::Variable(error)) => error;
    Self::Request { system, cause } => &**cause, ("no identity token from {system}: {cause}"),
        hint_if(cause.facts().hint.or_else(|| {
            (cause.facts().status == Status::Denied).then(|| system.grant.to_owned())
        }));
} }

/// What to do about a token of the wrong kind that was handed to us: in a job whose system gives the
/// right one when it is asked, to hand us none.
fn of_right_kind(place: &Place, jobs: &[&System]) -> Option<String> {
    match (place, jobs) {
        (Place::System(_), _) => None,
        (_, [system]) if system.is_asked() => Some(format!(
            "leave out SIGSTORE_ID_TOKEN and --token-file: {system} is then asked for the right token"
        )),
        _ => Some(GITLAB.grant.to_owned()),
    }
}

/// What to do about a token that is not valid now.
fn in_time(place: &Place, jobs: &[&System]) -> Option<String> {
    match (place, jobs) {
        (Place::System(_), _) => Some("set the clock of this machine".to_owned()),
        (_, [system]) if !system.is_asked() => Some(format!(
            "a {system} job's token lasts as long as the job's 'timeout'; the next run keeps what is \
             signed"
        )),
        _ => None,
    }
}

/// The moment at which a token must be valid.
struct Clock(i64);

impl fmt::Display for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "valid at {}, by the clock of this machine", time(self.0))
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let from = self.from.map(|from| format!("from {} ", time(from)));
        write!(f, "valid {}until {}", from.unwrap_or_default(), time(self.until))
    }
}

/// A moment as people write it, in UTC.
fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}
