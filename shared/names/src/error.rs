//! What can be wrong with a name.

use std::fmt;

/// A text that is not the name it should be. It has no code of its own: the crate that read the
/// name knows which document or operand it stood in, and reports it so.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A file name that ends neither in `.whl` nor in `.tar.gz`.
    Dist {
        /// The file name.
        text: String,
    },
    /// Not `NAME==VERSION`.
    Pin {
        /// What was given.
        text: String,
    },
    /// Not a project name (PEP 508).
    Project {
        /// What was given.
        text: String,
    },
    /// Not a requirement that begins with a project name (PEP 508).
    Requirement {
        /// What was given.
        text: String,
    },
    /// A `.tar.gz` that doesn't split into a name and a version in exactly one way (PEP 625).
    Sdist {
        /// The file name.
        text: String,
    },
    /// Not a version (PEP 440).
    Version {
        /// What was given.
        text: String,
    },
    /// A `.whl` without the five or six parts of PEP 427.
    Wheel {
        /// The file name.
        text: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dist { text } => write!(f, "'{text}' is neither a wheel nor an sdist"),
            Self::Pin { text } => write!(f, "'{text}' is not of the form NAME==VERSION"),
            Self::Project { text } => write!(f, "'{text}' is not a project name"),
            Self::Requirement { text } => write!(f, "'{text}' is not a requirement"),
            Self::Sdist { text } => {
                write!(f, "'{text}' is not an sdist's name, which is NAME-VERSION.tar.gz")
            }
            Self::Version { text } => write!(f, "'{text}' is not a version"),
            Self::Wheel { text } => write!(
                f,
                "'{text}' is not a wheel's name, which is NAME-VERSION[-BUILD]-PYTHON-ABI-PLATFORM.whl"
            ),
        }
    }
}

impl std::error::Error for Error {}
