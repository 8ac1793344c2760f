//! What can go wrong with a release on its way in, beside what the index, HTTP and files say
//! themselves.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, Problem, Sha256, Status};
use pysign_manifest::Kind;
use pysign_names::Pin;

/// Why something was not fetched.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Several files fit, and none is better than the others.
    Ambiguous {
        /// What was asked for.
        pin: Box<Pin>,
        /// What they are.
        kind: Kind,
        /// Their names.
        found: Vec<String>,
    },
    /// The index lists a file with another digest or size than the manifest does.
    Contradiction {
        /// The file's name.
        filename: String,
        /// What the manifest says.
        expected: String,
        /// What the index says.
        found: String,
    },
    /// What came has other bytes than were claimed.
    Digest {
        /// Where it came from.
        place: String,
        /// Who made the claim.
        claimant: &'static str,
        /// The claim.
        expected: Sha256,
        /// The fact.
        found: Sha256,
    },
    /// A page came where a signature was asked for.
    Html {
        /// Where it came from.
        place: String,
    },
    /// The manifest has something that is in no index.
    Kind {
        /// The artifact.
        filename: String,
        /// What it is.
        kind: Kind,
    },
    /// Nobody says what the bytes of a file should be.
    NoDigest {
        /// The file.
        filename: String,
        /// The index.
        index: String,
    },
    /// The manifest has a file that the index has not.
    NoFile {
        /// The file.
        filename: String,
        /// The index.
        index: String,
    },
    /// `--index gitlab` or `--signatures gitlab` outside of a GitLab job.
    NoJob,
    /// The release has no file of a kind that was asked for.
    NoKind {
        /// What was asked for.
        pin: Box<Pin>,
        /// The kind.
        kind: Kind,
        /// The index.
        index: String,
    },
    /// The index doesn't have the project.
    NoProject {
        /// What was asked for.
        pin: Box<Pin>,
        /// The index.
        index: String,
    },
    /// The manifest has a signature that is not where signatures are.
    NoSidecar {
        /// The signature's file.
        filename: String,
        /// Where it should be.
        place: String,
    },
    /// The index has the project, and not this version of it.
    NoVersion {
        /// What was asked for.
        pin: Box<Pin>,
        /// The index.
        index: String,
        /// The newest versions that it has.
        found: Vec<String>,
    },
    /// What came has another size than was claimed.
    Size {
        /// Where it came from.
        place: String,
        /// Who made the claim.
        claimant: &'static str,
        /// The claim in bytes.
        expected: u64,
        /// The fact, as far as it was looked at.
        found: String,
    },
    /// A token file holds no token.
    TokenMalformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The index lists a name twice, with different digests.
    Twice {
        /// The file's name.
        filename: String,
        /// The index.
        index: String,
    },
}

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &[
        "artifact-kind",
        "digest-mismatch",
        "fetch-absent",
        "fetch-ambiguous",
        "fetch-html",
        "fetch-no-digest",
        "gitlab-job-missing",
        "other-bytes",
        "token-malformed",
    ];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ambiguous { pin, kind, found } => {
                write!(f, "'{pin}' has {} {kind}s to choose from", found.len())
            }
            Self::Contradiction { filename, .. } => {
                write!(f, "'{filename}' is another file in the index than in the manifest")
            }
            Self::Digest { place, claimant, .. } | Self::Size { place, claimant, .. } => {
                write!(f, "'{place}' has other bytes than the {claimant} says")
            }
            Self::Html { place } => {
                write!(f, "'{place}' answered an HTML page where a signature may be")
            }
            Self::Kind { filename, kind } => {
                write!(f, "'{filename}' is a {kind}, and indexes have wheels and sdists only")
            }
            Self::NoDigest { filename, index } => {
                write!(f, "'{index}' lists '{filename}' without a SHA-256")
            }
            Self::NoFile { filename, index } => write!(f, "'{filename}' is not in '{index}'"),
            Self::NoJob => f.write_str("'gitlab' is the project of a GitLab job, and this is none"),
            Self::NoKind { pin, kind, index } => write!(f, "'{pin}' has no {kind} in '{index}'"),
            Self::NoProject { pin, index } => {
                write!(f, "'{}' is no project in '{index}'", pin.project)
            }
            Self::NoSidecar { filename, place } => write!(f, "'{filename}' is not at '{place}'"),
            Self::NoVersion { pin, index, found } if found.is_empty() => {
                write!(f, "'{index}' answers with a page that lists no file of '{}'", pin.project)
            }
            Self::NoVersion { pin, index, .. } => write!(f, "'{pin}' is not in '{index}'"),
            Self::TokenMalformed { file, reason } => {
                write!(f, "'{}' holds no token: {reason}", file.display())
            }
            Self::Twice { filename, index } => {
                write!(f, "'{index}' lists '{filename}' twice, with different digests")
            }
        }
    }
}

impl std::error::Error for Error {}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Ambiguous { .. } => "fetch-ambiguous",
            Self::Contradiction { .. } | Self::Digest { .. } | Self::Size { .. } => {
                "digest-mismatch"
            }
            Self::Html { .. } => "fetch-html",
            Self::Kind { .. } => "artifact-kind",
            Self::NoDigest { .. } => "fetch-no-digest",
            Self::NoFile { .. }
            | Self::NoKind { .. }
            | Self::NoProject { .. }
            | Self::NoSidecar { .. }
            | Self::NoVersion { .. } => "fetch-absent",
            Self::NoJob => "gitlab-job-missing",
            Self::TokenMalformed { .. } => "token-malformed",
            Self::Twice { .. } => "other-bytes",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Contradiction { .. }
            | Self::Digest { .. }
            | Self::Size { .. }
            | Self::Twice { .. } => Status::Refused,
            Self::NoJob => Status::Usage,
            Self::TokenMalformed { .. } => Status::Denied,
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Contradiction { filename, .. }
            | Self::Kind { filename, .. }
            | Self::NoDigest { filename, .. }
            | Self::NoFile { filename, .. }
            | Self::NoSidecar { filename, .. }
            | Self::Twice { filename, .. } => Some(Path::new(filename)),
            Self::TokenMalformed { file, .. } => Some(file),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Ambiguous { .. } => Some("to fetch all of them: --all".to_owned()),
            Self::Html { .. } => Some("to fetch no signatures: --signatures none".to_owned()),
            Self::NoJob => Some(
                "to name the project: --index gitlab:https://gitlab.com/api/v4#GROUP/PROJECT"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        let (expected, found) = match self {
            Self::Ambiguous { kind, found, .. } => (format!("one {kind}"), found.join(", ")),
            Self::Contradiction { expected, found, .. } => (expected.clone(), found.clone()),
            Self::Digest { expected, found, .. } => {
                (format!("sha256:{expected}"), format!("sha256:{found}"))
            }
            Self::NoVersion { pin, found, .. } if !found.is_empty() => {
                (pin.version.to_string(), found.join(", "))
            }
            Self::Size { expected, found, .. } => (format!("{expected} bytes"), found.clone()),
            _ => return None,
        };
        Some(Evidence { expected, found })
    }
}
