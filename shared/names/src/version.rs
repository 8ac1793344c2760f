//! A version, equal under every spelling that PEP 440 takes for the same.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use crate::Error;

/// A version (PEP 440), with its local part. Shown in its normal form, zeros kept (`1.0.0` stays
/// `1.0.0`); compared and hashed by PEP 440, where `1.0` and `1.0.0` are equal.
#[derive(Clone, Debug)]
pub struct Version {
    value: pep440_rs::Version,
    original: String,
}

impl Version {
    /// The spelling that was parsed.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Whether an installer passes it over unless it is asked for: a pre- or development release.
    pub fn is_prerelease(&self) -> bool {
        self.value.any_prerelease()
    }
}

impl FromStr for Version {
    type Err = Error;

    /// Any spelling of PEP 440, without the white space that it would allow around it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Version { text: text.to_owned() };
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(refused());
        }
        let value = text.parse().map_err(|_| refused())?;
        Ok(Self { value, original: text.to_owned() })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Version {}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.value.cmp(&other.value)
    }
}

impl Hash for Version {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> Version {
        text.parse().unwrap()
    }

    #[test]
    fn the_normal_form_keeps_zeros() {
        for (text, normal) in [
            ("1.0.0", "1.0.0"),
            ("v1.0", "1.0"),
            ("1.0-ALPHA.1", "1.0a1"),
            ("1.0c2", "1.0rc2"),
            ("1.0-1", "1.0.post1"),
            ("01!2.00", "1!2.0"),
            ("1.0+Ubuntu_1", "1.0+ubuntu.1"),
            ("1.0.dev", "1.0.dev0"),
        ] {
            assert_eq!(version(text).to_string(), normal);
            assert_eq!(version(text).original(), text);
        }
    }

    #[test]
    fn equality_and_order_are_those_of_pep_440() {
        assert_eq!(version("1.0"), version("1.0.0"));
        assert_ne!(version("1.0"), version("1.0+local"));
        let sorted = ["1.0.dev1", "1.0a1", "1.0", "1.0+a", "1.0.post1", "1.1", "1!0.1"];
        assert!(sorted.windows(2).all(|pair| version(pair[0]) < version(pair[1])));
    }

    #[test]
    fn only_pre_and_development_releases_are_passed_over() {
        assert!(version("1.0rc1").is_prerelease() && version("1.0.post1.dev2").is_prerelease());
        assert!(!version("1.0.post1").is_prerelease());
    }

    #[test]
    fn other_texts_are_refused() {
        for text in
            ["", " 1.0", "1.0 ", "1.0\n", "1.0.*", "1..0", "1.0/2", "latest", "1.0+", "１.0"]
        {
            let refused = text.parse::<Version>();
            assert_eq!(refused, Err(Error::Version { text: text.to_owned() }), "{text}");
        }
    }
}
