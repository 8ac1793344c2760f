//! What can go wrong between us and a log.

use std::error::Error;
use std::fmt;

use pysign_attest::KeyKind;
use pysign_host::{Problem, Status};
use pysign_http::Url;

/// What can go wrong between us and a log.
#[derive(Debug)]
#[non_exhaustive]
pub enum RekorError {
    /// The answer is not what a log says.
    Answer {
        /// The log.
        log: Url,
        /// What is wrong with it.
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The log has taken the entry, and had no proof of that for as long as we waited.
    Behind {
        /// The log.
        log: Url,
    },
    /// There is no entry for such a signature that a verifier could prove.
    Key {
        /// The log.
        log: Url,
        /// The kind of the key, if it is one that is known here.
        key: Option<KeyKind>,
    },
    /// A log of version 2 has this very entry, whose answer was lost, and has no way to give it
    /// again. Another signature is another entry.
    Known {
        /// The log.
        log: Url,
        /// Where it is.
        index: Option<u64>,
    },
    /// The request failed.
    Http(pysign_http::Error),
}

impl RekorError {
    /// Every code of this type, beside those of HTTP.
    pub const CODES: &'static [&'static str] =
        &["rekor-answer", "rekor-behind", "rekor-key", "rekor-known"];
}

impl fmt::Display for RekorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { log, .. } => {
                write!(f, "the answer of the log '{log}' holds no entry")
            }
            Self::Behind { log } => {
                write!(f, "the log '{log}' has taken an entry, and does not prove it yet")
            }
            Self::Known { log, index: Some(index) } => {
                write!(f, "the log '{log}' has this entry already, at index {index}")
            }
            Self::Known { log, index: None } => {
                write!(f, "the log '{log}' has this entry already")
            }
            Self::Key { log, key } => {
                let key = match key {
                    Some(KeyKind::P256) => "a P-256 key",
                    Some(KeyKind::P384) => "a P-384 key",
                    Some(KeyKind::Ed25519) => "an Ed25519 key",
                    Some(KeyKind::Rsa) => "an RSA key",
                    None => "such a key",
                };
                write!(f, "the log '{log}' takes no signature of this by {key}")
            }
            Self::Http(error) => error.fmt(f),
        }
    }
}

impl Error for RekorError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Answer { cause, .. } => Some(&**cause),
            Self::Behind { .. } | Self::Key { .. } | Self::Known { .. } => None,
            Self::Http(error) => error.source(),
        }
    }
}

impl Problem for RekorError {
    fn code(&self) -> &'static str {
        match self {
            Self::Answer { .. } => "rekor-answer",
            Self::Behind { .. } => "rekor-behind",
            Self::Key { .. } => "rekor-key",
            Self::Known { .. } => "rekor-known",
            Self::Http(error) => error.code(),
        }
    }

    /// An answer that makes no sense is what a proxy's or a balancer's page looks like: worth a
    /// retry. One that makes sense and is false is found by the verifier.
    fn status(&self) -> Status {
        match self {
            Self::Answer { .. } | Self::Behind { .. } | Self::Known { .. } => Status::Unavailable,
            Self::Key { .. } => Status::Usage,
            Self::Http(error) => error.status(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Answer { .. } | Self::Behind { .. } | Self::Known { .. } => None,
            Self::Key { .. } => Some("sign with a P-256 key".to_owned()),
            Self::Http(error) => error.hint(),
        }
    }
}
