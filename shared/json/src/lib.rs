//! Strict JSON: a document is read as every other reader would read it, or it is refused.
//!
//! `serde_json` keeps the last of two equal keys, turns 2.50 into 2.5 and a long integer into a float
//! (RFC 8259 §4 and §6 leave all of that to the reader). A document that is signed, or that says what
//! is signed, can't afford two readings.
//!
//! ```
//! use pysign_json::{Fault, Members, Numbers, parse};
//!
//! let document = br#"{"name": "demo", "size": 3, "x": 1}"#;
//! let mut members = Members::document(parse(document, 1000, Numbers::Exact)?)?;
//! assert_eq!((members.text("name")?.as_str(), members.number("size")?), ("demo", 3));
//! assert_eq!(members.end().unwrap_err().to_string(), "unknown member 'x'");
//!
//! let twice = parse(br#"{"a": 1, "a": 2}"#, 1000, Numbers::Exact);
//! assert!(matches!(twice, Err(Fault::DuplicateKey(_))));
//! # Ok::<(), Fault>(())
//! ```

mod members;
mod reader;

use std::fmt;

pub use members::Members;
pub use reader::{Numbers, parse};
pub use serde_json::{Map, Value, json};

/// What is wrong with a document, or with a member of it.
#[derive(Debug)]
pub enum Fault {
    /// Two equal keys in one object.
    DuplicateKey(serde_json::Error),
    /// A member of the wrong type, or with a value that it can't have.
    Member {
        /// Its place in the document; empty for the document itself.
        place: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A member that has to be there and is not.
    Missing {
        /// Its place in the document.
        place: String,
    },
    /// A number that other readers would read as another one.
    Number(serde_json::Error),
    /// The document is not JSON, or nested too deeply.
    Syntax(serde_json::Error),
    /// More than the reader takes.
    TooMany {
        /// Of what.
        what: String,
        /// The limit.
        cap: usize,
    },
    /// Text after the document.
    Trailing(serde_json::Error),
    /// A member that the form does not have: another reader may see something in it.
    Unknown {
        /// Its place in the document.
        place: String,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateKey(cause)
            | Self::Number(cause)
            | Self::Syntax(cause)
            | Self::Trailing(cause) => cause.fmt(f),
            Self::Member { place, expected } if place.is_empty() => {
                write!(f, "the document should be {expected}")
            }
            Self::Member { place, expected } => write!(f, "'{place}' should be {expected}"),
            Self::Missing { place } => write!(f, "'{place}' is missing"),
            Self::TooMany { what, cap } => write!(f, "more than {cap} {what}"),
            Self::Unknown { place } => write!(f, "unknown member '{place}'"),
        }
    }
}

impl std::error::Error for Fault {}
