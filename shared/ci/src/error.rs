//! What can be wrong with a job's variables.

use std::fmt;

use pysign_host::{Problem, Status};

/// Why the variables of a job can't be used. The values are not shown: a URL may hold a password.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A variable has a value that its system never gives it.
    Malformed {
        /// The variable.
        variable: &'static str,
        /// What its value must be.
        expected: &'static str,
    },
    /// The job has no such variable although its system always sets it.
    Missing {
        /// The variable.
        variable: &'static str,
    },
}

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &["ci-variable-malformed", "ci-variable-missing"];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed { variable, expected } => {
                write!(f, "the variable '{variable}' is not {expected}")
            }
            Self::Missing { variable } => {
                write!(f, "this is a GitLab job without the variable '{variable}'")
            }
        }
    }
}

impl std::error::Error for Error {}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Malformed { .. } => "ci-variable-malformed",
            Self::Missing { .. } => "ci-variable-missing",
        }
    }

    fn status(&self) -> Status {
        Status::Input
    }
}
