//! Why there is nothing to trust.

use std::path::PathBuf;

use jiff::Timestamp;
use pysign_host::{FileError, shell_quoted};
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
    /// The repository can't be reached, or does not answer as it should.
    Http {
        /// The repository.
        repository: Url,
        /// The request that failed.
        error: Box<pysign_http::Error>,
    },
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
            Ok(error) => return Self::Http { repository, error },
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

const OTHER_ROOT: &str = "to use a trusted root that you have: --trusted-root FILE";

// A repository that is old or half there may be whole in a moment; one that lies is a no.
pysign_host::problem! { TrustError {
    Self::CacheInsecure { place, reason } => Input "tuf-cache-insecure"
        ("'{}' {reason}, so it is not used as a cache", place.display()),
        file(place), hint(format!("to start with an empty cache: rm -rf {}", shell_quoted(&place.display().to_string())));
    Self::CacheInvalid { file, cause } => Refused "tuf-cache-invalid"
        ("the cached metadata in '{}' is not valid", file.display()),
        file(file), cause(&**cause),
        hint(format!("to fetch it again: rm {}, then run without --offline", shell_quoted(&file.display().to_string())));
    Self::Expired { repository, role, expires } => Unavailable "tuf-expired"
        ("the {role} metadata of the TUF repository '{repository}' expired on {expires}"),
        hint(OTHER_ROOT);
    Self::Incomplete { repository, cause } => Unavailable "tuf-incomplete"
        ("the TUF repository '{repository}' is incomplete"), cause(&**cause);
    Self::Malformed { repository, cause } => Refused "tuf-malformed"
        ("the metadata of the TUF repository '{repository}' is malformed"), cause(&**cause);
    Self::Mismatch { repository, cause } => Refused "tuf-mismatch"
        ("the files of the TUF repository '{repository}' don't match each other"), cause(&**cause);
    Self::Rollback { repository, role, trusted, offered } => Refused "tuf-rollback"
        ("the TUF repository '{repository}' offers an older {role} than before"),
        evidence(format_args!("version {trusted} or later"), format_args!("version {offered}"));
    Self::Root { file, cause } => Input "tuf-root-malformed"
        ("'{}' is not TUF root metadata", file.display()), file(file), cause(&**cause);
    Self::Signature { repository, cause } => Refused "tuf-signature"
        ("the metadata of the TUF repository '{repository}' is not signed by enough of its keys"),
        cause(&**cause);
    Self::TargetMissing { repository, target } => Input "tuf-target-missing"
        ("the TUF repository '{repository}' has no '{target}'");
} from {
    Self::File(error) => error;
    Self::Http { repository, error } => &**error,
        ("the TUF repository '{repository}' is not available: {error}"),
        hint(OTHER_ROOT);
    Self::TrustedRoot(error) => &**error;
} }
