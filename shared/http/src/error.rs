//! What can go wrong between here and a service.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use pysign_host::FileError;

use crate::url::ParseUrlError;
use crate::{Origin, Url};

/// Why a request has no answer, or none that counts. Addresses are shown without their query.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The file of further authorities contains none.
    Authorities {
        /// The file.
        file: PathBuf,
    },
    /// The secret for a service contains what can't be sent: a control character.
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
    /// A variable does not name a proxy.
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
    /// The answer broke off, or was not HTTP.
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

pysign_host::problem! { Error {
    Self::Authorities { file } => Input "http-cacert"
        ("'{}' contains no certificate in PEM", file.display()),
        file(file);
    Self::Credential { origin } => Denied "http-credential"
        ("the token for '{origin}' contains a character that can't be sent");
    Self::Offline { url } => Unavailable "http-offline" ("'{url}' is needed, but --offline was given");
    Self::Proxy { variable } => Input "http-proxy" ("the variable {variable} doesn't name an HTTP proxy");
    Self::Redirect { url, to: Some(to), reason } => Denied "http-redirect"
        ("'{url}' redirects to '{to}', {reason}");
    Self::Redirect { url, to: None, reason } => Denied "http-redirect" ("'{url}' redirects {reason}");
    Self::Final { url, status, said } => Denied "http-status-final"
        ("'{url}' answered {status}{}", after_colon(said));
    Self::Transient { url, status, said, .. } => Unavailable "http-status-transient"
        ("'{url}' answered {status}{}", after_colon(said));
    Self::Timeout { url } => Unavailable "http-timeout" ("'{url}' made no progress in time");
    Self::Tls { origin, cause } => Denied "http-tls" ("'{origin}' has no valid TLS certificate"),
        cause(&**cause);
    Self::TooLarge { url, cap } => Input "http-too-large" ("'{url}' sends more than {cap} bytes");
    Self::Truncated { url, cause } => Unavailable "http-truncated"
        ("'{url}' sent an incomplete answer"),
        cause(&**cause);
    Self::Unreachable { origin, cause } => Unavailable "http-unreachable" ("'{origin}' can't be reached"),
        cause(&**cause);
    Self::Unsent { url, cause } => Refused "file-changed" ("a file changed while it was sent to '{url}'"),
        cause(cause);
    Self::Url(error) => Input "http-url" ("invalid address '{}': {error}", error.text());
    Self::Write { url, cause } => Input "output-unwritable"
        ("the answer of '{url}' can't be written"),
        cause(cause);
} from {
    Self::File(error) => error;
} }

impl Error {
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

/// What a service said, behind its status.
fn after_colon(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}
