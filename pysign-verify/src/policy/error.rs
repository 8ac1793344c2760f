//! Why a file that is signed is refused all the same, or a policy is none.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pysign_host::{Evidence, Problem, Status};
use pysign_manifest::SignatureKind;

use super::file::Fault;

/// What a policy asks for and a proven signature does not give.
#[derive(Debug)]
#[non_exhaustive]
pub enum PolicyError {
    /// A file of the release is not there, or one is there that is not of it.
    Incomplete {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: ReleaseFault,
    },
    /// No proven signature of a kind that is required.
    KindMissing {
        /// The file.
        file: PathBuf,
        /// The kind.
        kind: SignatureKind,
    },
    /// A policy file is none.
    Malformed {
        /// The policy file.
        file: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// No proven statement of a type that is required.
    PredicateMissing {
        /// The file.
        file: PathBuf,
        /// The type.
        expected: String,
        /// The types of those that are proven.
        found: Vec<String>,
    },
    /// Another project or version than the one that was asked for.
    Project {
        /// The file.
        file: PathBuf,
        /// `NAME==VERSION`.
        expected: String,
        /// The same of the file, or nothing.
        found: Option<String>,
    },
    /// The one signer that a policy file lists is another: what does not fit, and what would make
    /// the file list this one, since no flag does.
    OtherSigner {
        /// What does not fit.
        cause: Box<dyn Problem>,
        /// The entry of the policy file.
        entry: String,
        /// How a policy file would list the signer.
        listed: Option<String>,
    },
    /// Signed before the time after which it should have been, or the other way round.
    SignedAt {
        /// The file.
        file: PathBuf,
        /// The bound.
        bound: Bound,
        /// When it was signed.
        found: Timestamp,
    },
    /// The signer is none of those that a policy file lists.
    SignerUnlisted {
        /// The file.
        file: PathBuf,
        /// The entry of the policy file.
        entry: String,
        /// Those that it lists.
        expected: String,
        /// The signer.
        found: String,
        /// How a policy file would list the signer.
        listed: Option<String>,
    },
    /// No time-stamp authority has seen the signature, or nothing says when it was made.
    TimestampRequired {
        /// The file.
        file: PathBuf,
        /// The flag that asks for it.
        flag: &'static str,
    },
    /// A file that no pattern of a policy file covers.
    Uncovered {
        /// The file.
        file: PathBuf,
        /// The policy file.
        policy: PathBuf,
        /// What the patterns are compared with.
        name: String,
    },
    /// A ref takes the version of a file that has none.
    Version {
        /// The file.
        file: PathBuf,
        /// The ref.
        git_ref: String,
    },
}

/// What a file is to its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReleaseFault {
    /// The release statement has it, and it is not there.
    Absent,
    /// It is there with other bytes.
    Other,
    /// No release statement is proven for it.
    Unstated,
}

/// A time that a signature must keep to; the very time is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Not earlier.
    After(Timestamp),
    /// Not later.
    Before(Timestamp),
}

impl PolicyError {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &[
        "policy-malformed",
        "predicate-missing",
        "project-mismatch",
        "project-uncovered",
        "release-incomplete",
        "signature-kind-missing",
        "signed-too-early",
        "signed-too-late",
        "signer-unlisted",
        "timestamp-required",
        "version-missing",
    ];
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.file().unwrap_or(Path::new("")).display();
        match self {
            Self::Incomplete { fault: ReleaseFault::Absent, .. } => {
                write!(f, "'{file}' is in the release statement, and is not here")
            }
            Self::Incomplete { fault: ReleaseFault::Other, .. } => {
                write!(f, "'{file}' is in the release statement with other bytes")
            }
            Self::Incomplete { fault: ReleaseFault::Unstated, .. } => {
                write!(f, "'{file}' is in no release statement that is proven")
            }
            Self::KindMissing { kind, .. } => {
                write!(f, "'{file}' has no proven signature of the kind '{kind}'")
            }
            Self::Malformed { .. } => write!(f, "'{file}' is no policy"),
            Self::OtherSigner { cause, .. } => cause.fmt(f),
            Self::PredicateMissing { .. } => {
                write!(f, "'{file}' has no proven statement of the type that is required")
            }
            Self::Project { .. } => write!(f, "'{file}' is of another release"),
            Self::SignedAt { bound: Bound::After(_), .. } => {
                write!(f, "'{file}' was signed too early")
            }
            Self::SignedAt { bound: Bound::Before(_), .. } => {
                write!(f, "'{file}' was signed too late")
            }
            Self::SignerUnlisted { entry, .. } => {
                write!(f, "'{file}' was signed by none of the signers of {entry}")
            }
            Self::TimestampRequired { flag: "--require-tsa", .. } => {
                write!(f, "'{file}' was signed without a time-stamp of an authority")
            }
            Self::TimestampRequired { flag, .. } => {
                write!(f, "nothing proves when '{file}' was signed, which '{flag}' asks for")
            }
            Self::Uncovered { policy, name, .. } => {
                write!(f, "'{}' does not cover '{name}', the name of '{file}'", policy.display())
            }
            Self::Version { git_ref, .. } => {
                write!(f, "'{file}' has no version to stand in '{git_ref}'")
            }
        }
    }
}

impl std::error::Error for PolicyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed { fault, .. } => Some(fault),
            Self::OtherSigner { cause, .. } => cause.source(),
            _ => None,
        }
    }
}

impl Problem for PolicyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Incomplete { .. } => "release-incomplete",
            Self::KindMissing { .. } => "signature-kind-missing",
            Self::Malformed { .. } => "policy-malformed",
            Self::OtherSigner { cause, .. } => cause.code(),
            Self::PredicateMissing { .. } => "predicate-missing",
            Self::Project { .. } => "project-mismatch",
            Self::SignedAt { bound: Bound::After(_), .. } => "signed-too-early",
            Self::SignedAt { bound: Bound::Before(_), .. } => "signed-too-late",
            Self::SignerUnlisted { .. } => "signer-unlisted",
            Self::TimestampRequired { .. } => "timestamp-required",
            Self::Uncovered { .. } => "project-uncovered",
            Self::Version { .. } => "version-missing",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Malformed { .. } => Status::Input,
            Self::OtherSigner { cause, .. } => cause.status(),
            _ => Status::Refused,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::OtherSigner { cause, .. } => cause.file(),
            Self::Incomplete { file, .. }
            | Self::KindMissing { file, .. }
            | Self::Malformed { file, .. }
            | Self::PredicateMissing { file, .. }
            | Self::Project { file, .. }
            | Self::SignedAt { file, .. }
            | Self::SignerUnlisted { file, .. }
            | Self::TimestampRequired { file, .. }
            | Self::Uncovered { file, .. }
            | Self::Version { file, .. } => Some(file),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Project { found: Some(found), .. } => {
                Some(format!("to accept it: --project {found}"))
            }
            Self::SignedAt { bound, found, .. } => {
                let flag = match bound {
                    Bound::After(_) => "--signed-after",
                    Bound::Before(_) => "--signed-before",
                };
                Some(format!("to accept it: {flag} {found}"))
            }
            Self::OtherSigner { entry, listed: Some(signer), .. } => {
                Some(format!("to accept it, add to the signers of {entry}: {signer}"))
            }
            Self::SignerUnlisted { listed: Some(signer), .. } => {
                Some(format!("to accept it, add to these signers: {signer}"))
            }
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        let nothing = || "nothing".to_owned();
        let (expected, found) = match self {
            Self::OtherSigner { cause, .. } => return cause.evidence(),
            Self::PredicateMissing { expected, found, .. } => {
                let found = if found.is_empty() { nothing() } else { found.join(", ") };
                (expected.clone(), found)
            }
            Self::Project { expected, found, .. } => {
                (expected.clone(), found.clone().unwrap_or_else(nothing))
            }
            Self::SignedAt { bound, found, .. } => {
                let expected = match bound {
                    Bound::After(time) => format!("{time} or later"),
                    Bound::Before(time) => format!("{time} or earlier"),
                };
                (expected, found.to_string())
            }
            Self::SignerUnlisted { expected, found, .. } => (expected.clone(), found.clone()),
            _ => return None,
        };
        Some(Evidence { expected, found })
    }
}
