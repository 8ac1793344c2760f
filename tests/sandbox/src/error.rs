//! What can keep the sandbox from starting or a test from asking it for something.

use std::{fmt, io};

/// Why the sandbox could not do what it was told.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The command line of `pysign-sandbox` is wrong.
    Argument {
        /// The flag or word.
        found: String,
        /// What it must be.
        expected: &'static str,
    },
    /// A key could not be made, or did not sign.
    Crypto,
    /// A value could not be encoded as DER.
    Der(der::Error),
    /// A fault that the grammar doesn't know.
    Fault {
        /// The fault's text.
        fault: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A signature that can't be made.
    Forge {
        /// Why not.
        reason: String,
    },
    /// The system refused a socket, a file or a thread.
    Io {
        /// What was asked of the system.
        action: &'static str,
        /// Its answer.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { action, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument { found, expected } => write!(f, "'{found}' is not {expected}"),
            Self::Crypto => write!(f, "a key can't be made or doesn't sign"),
            Self::Der(_) => write!(f, "a value has no form in DER"),
            Self::Fault { fault, reason } => write!(f, "the fault '{fault}' {reason}"),
            Self::Forge { reason } => write!(f, "the signature can't be made: {reason}"),
            Self::Io { action, .. } => write!(f, "can't {action}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Der(source) => Some(source),
            Self::Io { source, .. } => Some(source),
            Self::Argument { .. } | Self::Crypto | Self::Fault { .. } | Self::Forge { .. } => None,
        }
    }
}

impl From<aws_lc_rs::error::Unspecified> for Error {
    fn from(_: aws_lc_rs::error::Unspecified) -> Self {
        Self::Crypto
    }
}

impl From<der::Error> for Error {
    fn from(source: der::Error) -> Self {
        Self::Der(source)
    }
}
