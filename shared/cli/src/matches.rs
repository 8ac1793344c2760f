//! What was given on the command line, by the names of the table.

use std::ffi::{OsStr, OsString};
use std::fmt::Display;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use pysign_host::Network;

use crate::{Flag, Usage};

/// Flags and operands as they were given.
#[derive(Debug, Default)]
pub struct Matches {
    pub(crate) given: Vec<(&'static Flag, Option<OsString>)>,
    pub(crate) operands: Vec<OsString>,
}

impl Matches {
    /// Whether the flag was given.
    pub fn is_set(&self, name: &str) -> bool {
        self.given.iter().any(|(flag, _)| flag.name == name)
    }

    /// How often the flag was given.
    pub fn count(&self, name: &str) -> usize {
        self.given.iter().filter(|(flag, _)| flag.name == name).count()
    }

    /// The last value of the flag.
    pub fn value(&self, name: &str) -> Option<&OsStr> {
        self.values(name).last()
    }

    /// The values of the flag, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &OsStr> {
        self.given
            .iter()
            .filter(move |(flag, _)| flag.name == name)
            .filter_map(|(_, value)| value.as_deref())
    }

    /// The last value of the flag, as text.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Usage> {
        Ok(self.texts(name)?.pop())
    }

    /// The values of the flag, as text.
    pub fn texts(&self, name: &'static str) -> Result<Vec<&str>, Usage> {
        self.values(name)
            .map(|value| value.to_str().ok_or_else(|| self.invalid(name, value, "it is not UTF-8")))
            .collect()
    }

    /// The last value of the flag, as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.value(name).map(PathBuf::from)
    }

    /// The last value of the flag, parsed.
    pub fn parse<T: FromStr<Err: Display>>(&self, name: &'static str) -> Result<Option<T>, Usage> {
        let parse = |text: &str| text.parse().map_err(|why| self.invalid(name, text, why));
        self.text(name)?.map(parse).transpose()
    }

    /// `--timeout`, in whole seconds from 1 to a day.
    pub fn timeout(&self) -> Result<Option<Duration>, Usage> {
        const RANGE: &str = "expected 1 to 86400 seconds";
        let Some(text) = self.text("timeout")? else { return Ok(None) };
        match text.parse() {
            Ok(seconds @ 1..=86_400) => Ok(Some(Duration::from_secs(seconds))),
            _ => Err(self.invalid("timeout", text, RANGE)),
        }
    }

    /// The last value of a flag whose row lists all that it can be.
    pub fn choice(&self, name: &'static str) -> Result<Option<&str>, Usage> {
        let value = self.text(name)?;
        let row = self.given.iter().map(|(flag, _)| flag).find(|flag| flag.name == name);
        match (value, row.map(|row| row.choices())) {
            (Some(value), Some(choices)) if !choices.contains(&value) => {
                Err(self.invalid(name, value, format!("expected {}", choices.join(", "))))
            }
            _ => Ok(value),
        }
    }

    /// `--timeout`, `--offline` and `--cacert`.
    pub fn network(&self) -> Result<Network, Usage> {
        Ok(Network {
            timeout: self.timeout()?.unwrap_or(Network::default().timeout),
            offline: self.is_set("offline"),
            cacert: self.path("cacert"),
        })
    }

    /// The error for a value of the flag `name`. Only in an address a password is looked for: a
    /// pattern for addresses looks like one that has a user.
    pub fn invalid(&self, name: &str, value: impl AsRef<OsStr>, reason: impl Display) -> Usage {
        let value = value.as_ref().display().to_string();
        let flag = format!("--{name}");
        match self.given.iter().find(|(flag, _)| flag.name == name) {
            Some((row, _)) if !row.takes_address() => {
                Usage::Invalid { flag, value, reason: reason.to_string() }
            }
            _ => Usage::invalid(flag, value, reason),
        }
    }

    /// The operands, in order.
    pub fn operands(&self) -> &[OsString] {
        &self.operands
    }
}
