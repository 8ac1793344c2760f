//! What one value of a certificate must be.

use std::fmt;

use crate::Regexp;

/// The longest value that is looked at. Fulcio's have up to 300 bytes; a longer one fits nothing,
/// so that no certificate makes a regular expression work for long.
const MAX_VALUE: usize = 4 << 10;

/// What one value of a certificate must be; all of it is compared.
#[derive(Clone, Debug)]
pub enum Text {
    /// One of these, byte for byte. None of them fits when there are none.
    AnyOf(Vec<String>),
    /// Anything that begins with it.
    Prefix(String),
    /// What a regular expression describes.
    Regexp(Regexp),
}

impl Text {
    /// This, byte for byte.
    pub fn exact(text: &str) -> Self {
        Self::AnyOf(vec![text.to_owned()])
    }

    /// Whether it may be `value`.
    pub fn matches(&self, value: &str) -> bool {
        value.len() <= MAX_VALUE
            && match self {
                Self::AnyOf(texts) => texts.iter().any(|text| text == value),
                Self::Prefix(prefix) => value.starts_with(prefix.as_str()),
                Self::Regexp(regexp) => regexp.matches(value),
            }
    }

    /// How a message shows it beside the value that does not match: of an expression that matches a
    /// part of the value, that it must match all of it.
    pub(crate) fn beside(&self, found: Option<&str>) -> String {
        match (self, found) {
            (Self::Regexp(regexp), Some(found)) if regexp.matches_part(found) => {
                format!("{self} (it must match the whole value, not a part of it)")
            }
            _ => self.to_string(),
        }
    }
}

/// As a message says it: the values, `PREFIX*`, or the regular expression between slashes.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AnyOf(texts) => f.write_str(&texts.join(" or ")),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
            Self::Regexp(regexp) => write!(f, "/{regexp}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_value_is_compared() {
        let any = Text::AnyOf(vec!["push".to_owned(), "web".to_owned()]);
        assert!(any.matches("push") && any.matches("web"));
        assert!(!any.matches("pushed") && !any.matches("a push") && !any.matches(""));
        let prefix = Text::Prefix("refs/tags/v".to_owned());
        assert!(prefix.matches("refs/tags/v1") && prefix.matches("refs/tags/v"));
        assert!(!prefix.matches("refs/tags/1") && !prefix.matches("x/refs/tags/v1"));
        assert!(!Text::AnyOf(Vec::new()).matches(""));
    }

    #[test]
    fn a_value_that_is_too_long_fits_nothing() {
        let prefix = Text::Prefix(String::new());
        assert!(prefix.matches(&"a".repeat(MAX_VALUE)));
        assert!(!prefix.matches(&"a".repeat(MAX_VALUE + 1)));
    }

    #[test]
    fn a_message_says_which_values_fit() {
        let any = Text::AnyOf(vec!["push".to_owned(), "web".to_owned()]);
        assert_eq!(any.to_string(), "push or web");
        assert_eq!(Text::Prefix("refs/tags/v".to_owned()).to_string(), "refs/tags/v*");
        assert_eq!(Text::Regexp("a.b".parse().unwrap()).to_string(), "/a.b/");
    }
}
