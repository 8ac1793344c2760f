//! A project's name, equal under every spelling that an index takes for the same.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::Error;

/// A project name (PEP 508). Shown, compared and hashed in its normalised form (PEP 503): lower
/// case, each run of `-`, `_` and `.` one hyphen.
#[derive(Clone, Debug)]
pub struct ProjectName {
    normal: String,
    original: String,
}

impl ProjectName {
    /// The normalised form.
    pub fn as_str(&self) -> &str {
        &self.normal
    }

    /// The spelling that was parsed.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// The normalised form with underscores: what file names and the directories in archives begin
    /// with (PEP 427, PEP 625).
    pub fn escaped(&self) -> String {
        self.normal.replace('-', "_")
    }
}

impl FromStr for ProjectName {
    type Err = Error;

    /// Letters and digits of ASCII; between them also `-`, `_` and `.`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if !edge(bytes.first()) || !edge(bytes.last()) || !bytes.iter().copied().all(inner) {
            return Err(Error::Project { text: text.to_owned() });
        }
        let words = text.split(['-', '_', '.']).filter(|word| !word.is_empty());
        let normal = words.collect::<Vec<_>>().join("-").to_ascii_lowercase();
        Ok(Self { normal, original: text.to_owned() })
    }
}

impl fmt::Display for ProjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.normal)
    }
}

impl PartialEq for ProjectName {
    fn eq(&self, other: &Self) -> bool {
        self.normal == other.normal
    }
}

impl Eq for ProjectName {}

impl PartialOrd for ProjectName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ProjectName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.normal.cmp(&other.normal)
    }
}

impl Hash for ProjectName {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.normal.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_project_are_equal() {
        for text in ["demo-pkg", "Demo_Pkg", "demo.PKG", "demo--pkg", "demo._-pkg"] {
            let name: ProjectName = text.parse().unwrap();
            assert_eq!(name.as_str(), "demo-pkg");
            assert_eq!(name.to_string(), "demo-pkg");
            assert_eq!(name.escaped(), "demo_pkg");
            assert_eq!(name.original(), text);
            assert_eq!(name, "demo-pkg".parse().unwrap());
        }
        assert_ne!("demopkg".parse::<ProjectName>(), "demo-pkg".parse());
    }

    #[test]
    fn one_letter_or_digit_is_a_name() {
        for text in ["a", "Z", "7"] {
            assert!(text.parse::<ProjectName>().is_ok(), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", "-a", "a-", "_a", "a.", "a b", "a/b", "a\n", "é", "a[b]", "..", "a\u{212a}"]
        {
            let refused = text.parse::<ProjectName>();
            assert_eq!(refused, Err(Error::Project { text: text.to_owned() }));
        }
    }
}
