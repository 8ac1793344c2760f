//! What can be wrong with a signing configuration.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, FileError, Problem, Status};

use crate::TrustError;

/// What can be wrong with a signing configuration.
#[derive(Debug)]
#[non_exhaustive]
pub enum SigningConfigError {
    /// The file can't be read.
    File(FileError),
    /// The file is no signing configuration of version 0.2.
    Malformed {
        /// The file.
        file: PathBuf,
        /// What the parser says.
        cause: Box<dyn Error + Send + Sync>,
    },
    /// No service of a kind is valid now and speaks a version known here.
    NoService {
        /// The file.
        file: PathBuf,
        /// The kind.
        service: &'static str,
    },
    /// It demands several services of one kind.
    Selector {
        /// The file.
        file: PathBuf,
        /// The member that demands it.
        field: &'static str,
    },
    /// Nobody vouches for it.
    Trust(TrustError),
    /// A service's address is not one that may be used.
    Url {
        /// The file.
        file: PathBuf,
        /// The list it is in.
        field: &'static str,
        /// The address.
        url: String,
    },
}

impl SigningConfigError {
    /// Every code of this type, beside those of files and of trust.
    pub const CODES: &'static [&'static str] =
        &["signing-config-malformed", "signing-config-no-service", "signing-config-selector"];
}

impl From<TrustError> for SigningConfigError {
    fn from(error: TrustError) -> Self {
        Self::Trust(error)
    }
}

impl fmt::Display for SigningConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(error) => error.fmt(f),
            Self::Trust(error) => error.fmt(f),
            Self::Malformed { file, .. } => {
                write!(f, "'{}' is no signing configuration of version 0.2", file.display())
            }
            Self::NoService { file, service } => {
                write!(f, "'{}' names no usable {service}", file.display())
            }
            Self::Selector { file, field } => {
                write!(f, "'{}' asks in '{field}' for more than one service", file.display())
            }
            Self::Url { file, field, url } => {
                write!(f, "'{}' has in '{field}' the unusable address '{url}'", file.display())
            }
        }
    }
}

impl Error for SigningConfigError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::Trust(error) => error.source(),
            Self::Malformed { cause, .. } => Some(&**cause),
            _ => None,
        }
    }
}

impl Problem for SigningConfigError {
    fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Trust(error) => error.code(),
            Self::Malformed { .. } | Self::Url { .. } => "signing-config-malformed",
            Self::NoService { .. } => "signing-config-no-service",
            Self::Selector { .. } => "signing-config-selector",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::File(error) => error.status(),
            Self::Trust(error) => error.status(),
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(error) => error.file(),
            Self::Trust(error) => error.file(),
            Self::Malformed { file, .. }
            | Self::NoService { file, .. }
            | Self::Selector { file, .. }
            | Self::Url { file, .. } => Some(file),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Selector { field: "rekorTlogConfig", .. } => {
                Some("to choose one: --rekor-url URL".to_owned())
            }
            Self::Selector { .. } => Some("to choose one: --tsa-url URL".to_owned()),
            Self::Trust(error) => error.hint(),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Trust(error) => error.evidence(),
            _ => None,
        }
    }
}
