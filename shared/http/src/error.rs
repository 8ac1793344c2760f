//! What can go wrong between here and a service.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pysign_host::{FileError, Problem, Status};

use crate::url::ParseUrlError;
use crate::{Origin, Url};

/// Why a request has no answer, or none that counts. Addresses are shown without their query.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file of further authorities holds none.
    Authorities {
        /// The file.
        file: PathBuf,
    },
    /// The secret for a service holds what can't be sent: a control character.
    Credential {
        /// Whom it is for.
        origin: Origin,
    },
    /// A file can't be read.
    File(FileError),
    /// A request was needed that `--offline` forbids.
    Offline {
        /// What would have been asked.
        url: Url,
    },
    /// A variable names a proxy that is none.
    Proxy {
        /// The variable.
        variable: &'static str,
    },
    /// The answer points somewhere it may not.
    Redirect {
        /// Who sent it.
        url: Url,
        /// Where it points, if that is an address at all.
        to: Option<Box<Url>>,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A final status that says no.
    Final {
        /// Who answered.
        url: Url,
        /// The status.
        status: u16,
        /// The beginning of what it said.
        said: String,
    },
    /// A status that may be another one later.
    Transient {
        /// Who answered.
        url: Url,
        /// The status.
        status: u16,
        /// The beginning of what it said.
        said: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// No progress for as long as `--timeout` allows.
    Timeout {
        /// Who was asked.
        url: Url,
    },
    /// The service did not prove who it is.
    Tls {
        /// Who was asked.
        origin: Origin,
        /// What is wrong with its certificate.
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// More bytes than the reader takes.
    TooLarge {
        /// Who answered.
        url: Url,
        /// The limit in bytes.
        cap: u64,
    },
    /// The answer broke off, or was no HTTP.
    Truncated {
        /// Who answered.
        url: Url,
        /// What is wrong with it.
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// What was to be sent can't be read any more as it was.
    Unsent {
        /// Whom it was for.
        url: Url,
        /// What the system said.
        cause: io::Error,
    },
    /// There is no way to the service.
    Unreachable {
        /// Who was asked.
        origin: Origin,
        /// What the network said.
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// Not an address that may be asked.
    Url(ParseUrlError),
    /// What came can't be written to its file.
    Write {
        /// Who answered.
        url: Url,
        /// What the system said.
        cause: io::Error,
    },
}

impl Error {
    /// Every code of this type, those of [`FileError`] aside.
    pub const CODES: &'static [&'static str] = &[
        "http-cacert",
        "http-credential",
        "http-offline",
        "http-proxy",
        "http-redirect",
        "http-status-final",
        "http-status-transient",
        "http-timeout",
        "http-tls",
        "http-too-large",
        "http-truncated",
        "http-unreachable",
        "http-url",
    ];

    /// Whether the same request may fare better in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. }
                | Self::Transient { .. }
                | Self::Truncated { .. }
                | Self::Unreachable { .. }
        )
    }

    /// How long the service asks to wait before the same request is sent again.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Transient { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// The status that the service answered with, if that is the error.
    pub fn answered(&self) -> Option<u16> {
        match self {
            Self::Final { status, .. } | Self::Transient { status, .. } => Some(*status),
            _ => None,
        }
    }
}

impl From<ParseUrlError> for Error {
    fn from(error: ParseUrlError) -> Self {
        Self::Url(error)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authorities { file } => {
                write!(f, "'{}' holds no certificate in PEM", file.display())
            }
            Self::Credential { origin } => {
                write!(f, "the token for '{origin}' holds a character that can't be sent")
            }
            Self::File(error) => error.fmt(f),
            Self::Offline { url } => {
                write!(f, "'{url}' is needed, and the network is not to be used")
            }
            Self::Proxy { variable } => write!(f, "the variable {variable} names no HTTP proxy"),
            Self::Redirect { url, to: Some(to), reason } => {
                write!(f, "'{url}' redirects to '{to}', {reason}")
            }
            Self::Redirect { url, to: None, reason } => write!(f, "'{url}' redirects {reason}"),
            Self::Final { url, status, said } | Self::Transient { url, status, said, .. } => {
                write!(f, "'{url}' answered {status}")?;
                if said.is_empty() { Ok(()) } else { write!(f, ": {said}") }
            }
            Self::Timeout { url } => write!(f, "'{url}' made no progress in time"),
            Self::Tls { origin, .. } => write!(f, "'{origin}' has no valid TLS certificate"),
            Self::TooLarge { url, cap } => write!(f, "'{url}' sends more than {cap} bytes"),
            Self::Truncated { url, .. } => write!(f, "'{url}' gave no whole answer"),
            Self::Unsent { url, .. } => write!(f, "what is sent to '{url}' changed meanwhile"),
            Self::Unreachable { origin, .. } => write!(f, "'{origin}' can't be reached"),
            Self::Url(cause) => write!(f, "'{}' can't be asked: {cause}", cause.text()),
            Self::Write { url, .. } => write!(f, "what '{url}' sends can't be written"),
        }
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::Tls { cause, .. }
            | Self::Truncated { cause, .. }
            | Self::Unreachable { cause, .. } => Some(&**cause),
            Self::Unsent { cause, .. } | Self::Write { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Authorities { .. } => "http-cacert",
            Self::Redirect { .. } => "http-redirect",
            Self::Credential { .. } => "http-credential",
            Self::File(error) => error.code(),
            Self::Offline { .. } => "http-offline",
            Self::Proxy { .. } => "http-proxy",
            Self::Final { .. } => "http-status-final",
            Self::Transient { .. } => "http-status-transient",
            Self::Timeout { .. } => "http-timeout",
            Self::Tls { .. } => "http-tls",
            Self::TooLarge { .. } => "http-too-large",
            Self::Truncated { .. } => "http-truncated",
            Self::Unreachable { .. } => "http-unreachable",
            Self::Unsent { .. } => "file-changed",
            Self::Url(_) => "http-url",
            Self::Write { .. } => "output-unwritable",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::File(error) => error.status(),
            Self::Offline { .. }
            | Self::Timeout { .. }
            | Self::Transient { .. }
            | Self::Truncated { .. }
            | Self::Unreachable { .. } => Status::Unavailable,
            Self::Credential { .. }
            | Self::Redirect { .. }
            | Self::Final { .. }
            | Self::Tls { .. } => Status::Denied,
            Self::Unsent { .. } => Status::Refused,
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Authorities { file } => Some(file),
            Self::File(error) => error.file(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Tls { .. } => Some("to trust an authority of your own: --cacert FILE".to_owned()),
            _ => None,
        }
    }
}
