//! Why there is nothing to trust.

use std::fmt;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use pysign_host::{Evidence, FileError, Problem, Status, shell_quoted};
use pysign_http::Url;
use sigstore_tuf::Error as Library;

use super::metadata::Fault;
use crate::Error;
use crate::error::{Cause, said};

/// Why there is no trusted root, or no other file that a repository vouches for.
#[derive(Debug)]
#[non_exhaustive]
pub enum TrustError {
    /// Others can write where is kept what was trusted.
    CacheInsecure {
        /// The directory, or the file in it.
        place: PathBuf,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// What was kept does not hold.
    CacheInvalid {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
    /// Metadata was good until then.
    Expired {
        /// The repository.
        repository: Url,
        /// The role.
        role: String,
        /// When.
        expires: Timestamp,
    },
    /// A file can't be read.
    File(FileError),
    /// The repository can't be asked.
    Http(pysign_http::Error),
    /// A part of the repository is not there.
    Incomplete {
        /// The repository.
        repository: Url,
        /// What is missing.
        cause: Cause,
    },
    /// Metadata is not what TUF calls so, or too much of it.
    Malformed {
        /// The repository.
        repository: Url,
        /// What is wrong with it.
        cause: Cause,
    },
    /// Files that don't belong together.
    Mismatch {
        /// The repository.
        repository: Url,
        /// What the library says.
        cause: Cause,
    },
    /// Metadata that is older than what was trusted before.
    Rollback {
        /// The repository.
        repository: Url,
        /// The role.
        role: String,
        /// The version that was trusted.
        trusted: u64,
        /// The version that is offered.
        offered: u64,
    },
    /// What is to begin with is no root metadata, or is not signed by itself.
    Root {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
    /// Metadata is not signed by as many as it takes.
    Signature {
        /// The repository.
        repository: Url,
        /// What the library says.
        cause: Cause,
    },
    /// The repository vouches for no such file.
    TargetMissing {
        /// The repository.
        repository: Url,
        /// The name of the file.
        target: String,
    },
    /// It is no trusted root.
    TrustedRoot(Box<Error>),
}

impl TrustError {
    /// Every code of this type, those of files, of HTTP and of [`Error`] aside.
    pub const CODES: &'static [&'static str] = &[
        "tuf-cache-insecure",
        "tuf-cache-invalid",
        "tuf-expired",
        "tuf-incomplete",
        "tuf-malformed",
        "tuf-mismatch",
        "tuf-rollback",
        "tuf-root-malformed",
        "tuf-signature",
        "tuf-target-missing",
    ];

    /// What the library's error means here.
    pub(crate) fn from_library(repository: &Url, target: &str, error: Library) -> Self {
        let repository = repository.clone();
        match error {
            Library::DuplicateSignature { .. }
            | Library::ThresholdNotMet { .. }
            | Library::Crypto(_) => Self::Signature { repository, cause: said(&error) },
            Library::Rollback { role, trusted, new } => {
                Self::Rollback { repository, role, trusted, offered: new }
            }
            Library::Expired { role, expires } => Self::Expired { repository, role, expires },
            Library::BadRootVersion { .. } | Library::IntegrityMismatch(_) => {
                Self::Mismatch { repository, cause: said(&error) }
            }
            Library::TargetNotFound(_) => {
                Self::TargetMissing { repository, target: target.to_owned() }
            }
            Library::Transport { message, source } => {
                Self::from_transport(repository, message, source)
            }
            _ => Self::Malformed { repository, cause: error.into() },
        }
    }

    /// What our own transport has said, or the library about it.
    fn from_transport(repository: Url, message: String, source: Option<Cause>) -> Self {
        let Some(source) = source else {
            return Self::Incomplete { repository, cause: message.into() };
        };
        let source = match source.downcast::<pysign_http::Error>() {
            Ok(error) => return Self::Http(*error),
            Err(source) => source,
        };
        let cause = format!("{message}: {source}").into();
        match source.downcast_ref() {
            Some(Fault::NotJson) => Self::Incomplete { repository, cause },
            _ => Self::Malformed { repository, cause },
        }
    }
}

impl From<Error> for TrustError {
    fn from(error: Error) -> Self {
        match error {
            Error::File(error) => Self::File(error),
            error => Self::TrustedRoot(Box::new(error)),
        }
    }
}

impl From<pysign_http::Error> for TrustError {
    fn from(error: pysign_http::Error) -> Self {
        Self::Http(error)
    }
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CacheInsecure { place, reason } => {
                write!(f, "'{}' {reason}, and is not trusted", place.display())
            }
            Self::CacheInvalid { file, .. } => {
                write!(f, "'{}' is not what was kept there", file.display())
            }
            Self::Expired { repository, role, expires } => {
                write!(f, "the {role} metadata of '{repository}' has expired on {expires}")
            }
            Self::File(error) => error.fmt(f),
            Self::Http(error) => error.fmt(f),
            Self::Incomplete { repository, .. } => {
                write!(f, "'{repository}' is no whole TUF repository")
            }
            Self::Malformed { repository, .. } => {
                write!(f, "the metadata of '{repository}' is malformed")
            }
            Self::Mismatch { repository, .. } => {
                write!(f, "the files of '{repository}' don't belong together")
            }
            Self::Rollback { repository, role, .. } => {
                write!(f, "'{repository}' offers an older {role} than before")
            }
            Self::Root { file, .. } => write!(f, "'{}' is no TUF root", file.display()),
            Self::Signature { repository, .. } => {
                write!(f, "the metadata of '{repository}' is not signed by those who must")
            }
            Self::TargetMissing { repository, target } => {
                write!(f, "'{repository}' has no '{target}'")
            }
            Self::TrustedRoot(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TrustError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CacheInvalid { cause, .. }
            | Self::Incomplete { cause, .. }
            | Self::Malformed { cause, .. }
            | Self::Mismatch { cause, .. }
            | Self::Root { cause, .. }
            | Self::Signature { cause, .. } => Some(&**cause),
            Self::File(error) => error.source(),
            Self::Http(error) => error.source(),
            Self::TrustedRoot(error) => error.source(),
            _ => None,
        }
    }
}

impl Problem for TrustError {
    fn code(&self) -> &'static str {
        match self {
            Self::CacheInsecure { .. } => "tuf-cache-insecure",
            Self::CacheInvalid { .. } => "tuf-cache-invalid",
            Self::Expired { .. } => "tuf-expired",
            Self::File(error) => error.code(),
            Self::Http(error) => error.code(),
            Self::Incomplete { .. } => "tuf-incomplete",
            Self::Malformed { .. } => "tuf-malformed",
            Self::Mismatch { .. } => "tuf-mismatch",
            Self::Rollback { .. } => "tuf-rollback",
            Self::Root { .. } => "tuf-root-malformed",
            Self::Signature { .. } => "tuf-signature",
            Self::TargetMissing { .. } => "tuf-target-missing",
            Self::TrustedRoot(error) => error.code(),
        }
    }

    /// A repository that is old or half there may be whole in a moment; one that lies is a no.
    fn status(&self) -> Status {
        match self {
            Self::CacheInsecure { .. } | Self::Root { .. } | Self::TargetMissing { .. } => {
                Status::Input
            }
            Self::Expired { .. } | Self::Incomplete { .. } => Status::Unavailable,
            Self::File(error) => error.status(),
            Self::Http(error) => error.status(),
            Self::TrustedRoot(error) => error.status(),
            _ => Status::Refused,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::CacheInsecure { place: file, .. }
            | Self::CacheInvalid { file, .. }
            | Self::Root { file, .. } => Some(file),
            Self::File(error) => error.file(),
            Self::Http(error) => error.file(),
            Self::TrustedRoot(error) => error.file(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let quoted = |path: &Path| shell_quoted(&path.display().to_string());
        match self {
            Self::CacheInsecure { place, .. } => {
                Some(format!("to begin with an empty one: rm -rf {}", quoted(place)))
            }
            Self::CacheInvalid { file, .. } => {
                Some(format!("to fetch it anew: rm {}, and once without --offline", quoted(file)))
            }
            Self::Expired { .. } => Some(
                "if this machine's clock is right, the repository is not kept up; to take a \
                 trusted root that came some other way: --trusted-root FILE"
                    .to_owned(),
            ),
            Self::File(error) => error.hint(),
            Self::Http(error) => error.hint(),
            Self::TrustedRoot(error) => error.hint(),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Rollback { trusted, offered, .. } => Some(Evidence {
                expected: format!("version {trusted} or later"),
                found: format!("version {offered}"),
            }),
            Self::TrustedRoot(error) => error.evidence(),
            _ => None,
        }
    }
}
