//! What was given on the command line, by the names of the table.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::Usage;

/// Flags and operands as they were given.
#[derive(Debug, Default)]
pub struct Matches {
    pub(crate) given: Vec<(&'static str, Option<OsString>)>,
    pub(crate) operands: Vec<OsString>,
}

impl Matches {
    /// Whether the flag was given.
    pub fn is_set(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| *given == name)
    }

    /// How often the flag was given.
    pub fn count(&self, name: &str) -> usize {
        self.given.iter().filter(|(given, _)| *given == name).count()
    }

    /// The last value of the flag.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.values(name).last()
    }

    /// The values of the flag, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &OsStr> {
        self.given
            .iter()
            .filter(move |(given, _)| *given == name)
            .filter_map(|(_, value)| value.as_deref())
    }

    /// The last value of the flag, as text.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Usage> {
        Ok(self.texts(name)?.pop())
    }

    /// The values of the flag, as text.
    pub fn texts(&self, name: &'static str) -> Result<Vec<&str>, Usage> {
        self.values(name)
            .map(|value| value.to_str().ok_or_else(|| invalid(name, value, "it is not UTF-8")))
            .collect()
    }

    /// The last value of the flag, as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// The last value of the flag, parsed.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<Option<T>, Usage> {
        let parse = |text: &str| text.parse().map_err(|why| invalid(name, text.as_ref(), why));
        self.text(name)?.map(parse).transpose()
    }

    /// `--timeout`, in whole seconds from 1 to a day.
    pub fn timeout(&self) -> Result<Option<Duration>, Usage> {
        const RANGE: &str = "expected 1 to 86400 seconds";
        let Some(text) = self.text("timeout")? else { return Ok(None) };
        match text.parse() {
            Ok(seconds @ 1..=86_400) => Ok(Some(Duration::from_secs(seconds))),
            _ => Err(invalid("timeout", text.as_ref(), RANGE)),
        }
    }

    /// The operands, in order.
    pub fn operands(&self) -> &[OsString] {
        &self.operands
    }
}

/// The error for a value that does not fit the flag `name`.
fn invalid(name: &'static str, value: &OsStr, reason: impl Display) -> Usage {
    Usage::Invalid {
        flag: format!("--{name}"),
        value: value.display().to_string(),
        reason: reason.to_string(),
    }
}
