//! What can be wrong with a command line.

use std::fmt::Display;

use pysign_host::without_user;

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
    /// A value that its flag or operand does not take.
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
    /// A flag where a value should be.
    FlagAsValue {
        /// The flag's long name.
        flag: &'static str,
        /// The other flag, as it was typed.
        found: String,
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
        /// The operand.
        value: String,
    },
    /// A flag that may be given once.
    Repeated {
        /// The flag's long name.
        flag: &'static str,
    },
    /// Nothing was given, and nobody will type a manifest.
    Terminal {
        /// What an operand is called.
        operand: &'static str,
    },
    /// A value where none is taken.
    UnexpectedValue {
        /// The flag with its hyphens.
        flag: String,
    },
    /// A flag that the program does not have.
    Unknown {
        /// The flag with its hyphens.
        flag: String,
        /// The one that was probably meant.
        meant: Option<&'static str>,
    },
}

impl Usage {
    /// Two flags, or a flag and an operand, that exclude each other.
    pub fn conflict(a: impl Into<String>, b: impl Into<String>) -> Self {
        Self::Conflict { a: a.into(), b: b.into() }
    }

    /// A value that its flag, or an operand, does not take. [`Matches::invalid`] shows more of it.
    ///
    /// [`Matches::invalid`]: crate::Matches::invalid
    pub fn invalid(flag: impl Into<String>, value: impl Display, reason: impl Display) -> Self {
        let value = without_user(&value.to_string());
        Self::Invalid { flag: flag.into(), value, reason: reason.to_string() }
    }

    /// Something that has no default is missing.
    pub fn missing(what: &'static str, hint: impl Into<String>) -> Self {
        Self::Missing { what, hint: hint.into() }
    }
}

pysign_host::problem! { Usage {
    Self::Conflict { a, b } => Usage "usage-conflict" ("'{a}' can't be used with '{b}'");
    Self::Invalid { flag, value, reason } => Usage "usage-invalid"
        ("invalid value '{value}' for '{flag}': {reason}");
    Self::Missing { what, hint } => Usage "usage-missing" ("{what} is missing"),
        hint_if((!hint.is_empty()).then(|| hint.clone()));
    Self::FlagAsValue { flag, found } => Usage "usage-missing-value"
        ("'--{flag}' needs a value, but the flag '{found}' follows");
    Self::MissingValue { flag } => Usage "usage-missing-value" ("'{flag}' needs a value");
    Self::NotOffered { flag } => Usage "usage-not-offered" ("'{flag}' is not offered yet");
    Self::Operand { value } => Usage "usage-operand" ("unexpected operand '{value}'");
    Self::Repeated { flag } => Usage "usage-repeated" ("'--{flag}' was given more than once");
    Self::Terminal { operand } => Usage "usage-terminal"
        ("nothing to work on: give {operand}, or a manifest on standard input or with --manifest"),
        hint("for the flags and examples: --help");
    Self::UnexpectedValue { flag } => Usage "usage-unexpected-value" ("'{flag}' takes no value");
    Self::Unknown { flag, meant: Some(meant) } => Usage "usage-unknown"
        ("unknown flag '{flag}'; did you mean '--{meant}'?");
    Self::Unknown { flag, meant: None } => Usage "usage-unknown" ("unknown flag '{flag}'"),
        hint("for the flags and examples: --help");
} }
