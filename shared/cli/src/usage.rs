//! What can be wrong with a command line.

use std::fmt;

use pysign_host::{Problem, Status};

/// Why a command line is refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Usage {
    /// Two things that exclude each other.
    Conflict {
        /// The one.
        a: String,
        /// The other.
        b: String,
    },
    /// A value that does not fit its flag or operand.
    Invalid {
        /// The flag with its hyphens, or the operand's name.
        flag: String,
        /// The value.
        value: String,
        /// What it should be.
        reason: String,
    },
    /// Something that has no default is not there.
    Missing {
        /// What.
        what: &'static str,
        /// What to type.
        hint: String,
    },
    /// A flag without its value.
    MissingValue {
        /// The flag with its hyphens.
        flag: String,
    },
    /// A part of the design that this version does not have.
    NotOffered {
        /// The flag with its hyphens, or the value.
        flag: String,
    },
    /// An operand where none is taken.
    Operand {
        /// It.
        value: String,
    },
    /// A flag that may be given once.
    Repeated {
        /// The flag's long name.
        flag: &'static str,
    },
    /// Nothing was given, and nobody will type a manifest.
    Terminal,
    /// A value where none is taken.
    UnexpectedValue {
        /// The flag with its hyphens.
        flag: String,
    },
    /// A flag that the program does not have.
    Unknown {
        /// The flag with its hyphens.
        flag: String,
    },
}

impl Usage {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &[
        "usage-conflict",
        "usage-invalid",
        "usage-missing",
        "usage-missing-value",
        "usage-not-offered",
        "usage-operand",
        "usage-repeated",
        "usage-terminal",
        "usage-unexpected-value",
        "usage-unknown",
    ];
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { a, b } => write!(f, "'{a}' and '{b}' exclude each other"),
            Self::Invalid { flag, value, reason } => {
                write!(f, "'{}' does not fit '{flag}': {reason}", without_user(value))
            }
            Self::Missing { what, .. } => write!(f, "{what} is missing"),
            Self::MissingValue { flag } => write!(f, "'{flag}' needs a value"),
            Self::NotOffered { flag } => write!(f, "'{flag}' is not offered yet"),
            Self::Operand { value } => write!(f, "'{value}' is one operand too many"),
            Self::Repeated { flag } => write!(f, "'--{flag}' is there twice"),
            Self::Terminal => f.write_str("there is no operand and no manifest"),
            Self::UnexpectedValue { flag } => write!(f, "'{flag}' takes no value"),
            Self::Unknown { flag } => write!(f, "'{flag}' is no flag of this program"),
        }
    }
}

/// An address without the user and password that it may hold: a log is read by many.
fn without_user(value: &str) -> String {
    match value.split_once("://") {
        Some((scheme, rest)) if rest.contains('@') => {
            let (_, host) = rest.rsplit_once('@').unwrap_or_default();
            format!("{scheme}://[secret]@{host}")
        }
        _ => value.to_owned(),
    }
}

impl std::error::Error for Usage {}

impl Problem for Usage {
    fn code(&self) -> &'static str {
        match self {
            Self::Conflict { .. } => "usage-conflict",
            Self::Invalid { .. } => "usage-invalid",
            Self::Missing { .. } => "usage-missing",
            Self::MissingValue { .. } => "usage-missing-value",
            Self::NotOffered { .. } => "usage-not-offered",
            Self::Operand { .. } => "usage-operand",
            Self::Repeated { .. } => "usage-repeated",
            Self::Terminal => "usage-terminal",
            Self::UnexpectedValue { .. } => "usage-unexpected-value",
            Self::Unknown { .. } => "usage-unknown",
        }
    }

    fn status(&self) -> Status {
        Status::Usage
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { hint, .. } if !hint.is_empty() => Some(hint.clone()),
            Self::Terminal | Self::Unknown { .. } => Some("to see what there is: --help".into()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_on_the_command_line_is_not_repeated() {
        for (value, shown) in [
            ("https://user:canary@a.example/x", "https://[secret]@a.example/x"),
            ("legacy:https://canary@a.example", "legacy:https://[secret]@a.example"),
            ("https://user:can/ary@a.example", "https://[secret]@a.example"),
            ("https://a.example/x", "https://a.example/x"),
            ("dev@example.org", "dev@example.org"),
        ] {
            let (flag, reason) = ("index", "no".to_owned());
            let usage = Usage::Invalid { flag: flag.to_owned(), value: value.to_owned(), reason };
            assert_eq!(usage.to_string(), format!("'{shown}' does not fit 'index': no"));
        }
    }
}
