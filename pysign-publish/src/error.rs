//! What can go wrong with a release on its way out, beside what files, archives and HTTP say
//! themselves.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, Problem, Sha256, Status};
use pysign_manifest::{Kind, SignatureKind};

/// Why nothing was published, or not everything.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The target has a file of this name with other bytes.
    Conflict {
        /// The file's name.
        filename: String,
        /// Where it is.
        place: String,
        /// The digest of ours.
        expected: Sha256,
        /// What is known of theirs.
        found: String,
    },
    /// The manifest has something that no index takes.
    Kind {
        /// The artifact.
        filename: String,
        /// What it is.
        kind: Kind,
    },
    /// Another run writes to the directory, and goes on doing so.
    Locked {
        /// The directory.
        directory: PathBuf,
    },
    /// `--to gitlab` outside of a GitLab job.
    NoJob,
    /// A signature that names another file, or none.
    OtherSubject {
        /// The sidecar.
        file: PathBuf,
        /// The digest of its artifact.
        expected: Sha256,
        /// The one that it names.
        found: String,
    },
    /// A token file holds no token.
    TokenMalformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The target takes no upload without a token, and there is none for it.
    TokenMissing {
        /// The target.
        target: String,
        /// Why those that are there don't count.
        reason: &'static str,
    },
    /// The target took a file and does not show it.
    Unconfirmed {
        /// The file's name.
        filename: String,
        /// Where it should be.
        place: String,
        /// The kind of target.
        target: &'static str,
    },
    /// No target would hold a signature of this file.
    Unsigned {
        /// The file.
        file: PathBuf,
        /// Whether there is one that no target holds.
        signed: bool,
    },
    /// A signature of a kind that this version can't look into.
    UnsupportedSignature {
        /// The sidecar.
        file: PathBuf,
        /// The kind.
        kind: SignatureKind,
    },
}

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &[
        "artifact-kind",
        "gitlab-job-missing",
        "publish-conflict",
        "publish-locked",
        "publish-unconfirmed",
        "signature-other-file",
        "signature-unsupported",
        "token-malformed",
        "token-missing",
        "unsigned",
    ];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { filename, place, .. } => {
                write!(f, "'{filename}' is at '{place}' already, with other bytes")
            }
            Self::Kind { filename, kind } => {
                write!(f, "'{filename}' is a {kind}, and only wheels and sdists are published")
            }
            Self::Locked { directory } => {
                write!(f, "another run is publishing to '{}'", directory.display())
            }
            Self::NoJob => f.write_str("'--to gitlab' is for GitLab jobs, and this is none"),
            Self::OtherSubject { file, .. } => {
                write!(f, "'{}' does not name the digest of its file", file.display())
            }
            Self::TokenMalformed { file, reason } => {
                write!(f, "'{}' holds no token: {reason}", file.display())
            }
            Self::TokenMissing { target, reason } => {
                write!(f, "there is no token for '{target}': {reason}")
            }
            Self::Unconfirmed { filename, place, .. } => {
                write!(f, "'{filename}' was taken, and '{place}' does not show it")
            }
            Self::Unsigned { file, signed: true } => {
                write!(f, "'{}' is signed, and no target holds signatures", file.display())
            }
            Self::Unsigned { file, signed: false } => {
                write!(f, "'{}' has no signature that is bound to it", file.display())
            }
            Self::UnsupportedSignature { file, kind } => {
                write!(
                    f,
                    "'{}' is of the kind '{kind}', which can't be looked into yet",
                    file.display()
                )
            }
        }
    }
}

impl std::error::Error for Error {}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "publish-conflict",
            Self::Kind { .. } => "artifact-kind",
            Self::Locked { .. } => "publish-locked",
            Self::NoJob => "gitlab-job-missing",
            Self::OtherSubject { .. } => "signature-other-file",
            Self::TokenMalformed { .. } => "token-malformed",
            Self::TokenMissing { .. } => "token-missing",
            Self::Unconfirmed { .. } => "publish-unconfirmed",
            Self::Unsigned { .. } => "unsigned",
            Self::UnsupportedSignature { .. } => "signature-unsupported",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Conflict { .. }
            | Self::OtherSubject { .. }
            | Self::Unsigned { .. }
            | Self::UnsupportedSignature { .. } => Status::Refused,
            Self::Kind { .. } => Status::Input,
            Self::NoJob => Status::Usage,
            Self::TokenMalformed { .. } | Self::TokenMissing { .. } => Status::Denied,
            // Indexes are cached for minutes: the next run finds it and goes on.
            Self::Locked { .. } | Self::Unconfirmed { .. } => Status::Unavailable,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::OtherSubject { file, .. }
            | Self::TokenMalformed { file, .. }
            | Self::Unsigned { file, .. }
            | Self::UnsupportedSignature { file, .. } => Some(file),
            Self::Conflict { filename, .. }
            | Self::Kind { filename, .. }
            | Self::Unconfirmed { filename, .. } => Some(Path::new(filename)),
            Self::Locked { directory } => Some(directory),
            Self::NoJob | Self::TokenMissing { .. } => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoJob => Some(
                "to name the project: --to gitlab:https://gitlab.com/api/v4#GROUP/PROJECT".into(),
            ),
            Self::TokenMissing { target, .. } => {
                Some(format!("to give one: --token-file '{target}=FILE'"))
            }
            Self::Unconfirmed { target: "legacy", .. } => {
                Some("if its index is elsewhere: --to legacy:URL#INDEX_URL".into())
            }
            Self::Unsigned { .. } => Some("to publish it nonetheless: --allow-unsigned".into()),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Conflict { expected, found, .. } | Self::OtherSubject { expected, found, .. } => {
                Some(Evidence { expected: format!("sha256:{expected}"), found: found.clone() })
            }
            _ => None,
        }
    }
}
