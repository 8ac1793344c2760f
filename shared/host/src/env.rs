//! The only reader of the environment.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use crate::Secret;

/// The variables of the process, read once.
pub struct Env(BTreeMap<OsString, OsString>);

impl Env {
    /// The variables that this process was started with.
    pub fn from_process() -> Self {
        Self(std::env::vars_os().collect())
    }

    /// These variables and no other.
    pub fn from_pairs(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| (name.into(), value.into())).collect())
    }

    /// The value of `name`. An empty one counts as unset, as every CI system has it; so does one
    /// that is not UTF-8, which no variable that is read this way may be.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// The value of `name` as the system has it, for paths and for what is passed on.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.0.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of `name`, kept from being printed.
    pub fn secret(&self, name: &str) -> Option<Secret> {
        self.var(name).map(|value| Secret::new(value.to_owned()))
    }

    /// All variables in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&OsStr, &OsStr)> {
        self.0.iter().map(|(name, value)| (name.as_os_str(), value.as_os_str()))
    }
}

/// Names only: a value may be a secret.
impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_variable_is_unset() {
        let env = Env::from_pairs(&[("A", ""), ("B", "b")]);
        assert_eq!((env.var("A"), env.var("B"), env.var("C")), (None, Some("b"), None));
    }

    #[test]
    fn values_are_not_in_the_debug_form() {
        let env = Env::from_pairs(&[("TOKEN", "canary")]);
        assert_eq!(format!("{env:?}"), r#"{"TOKEN"}"#);
    }
}
