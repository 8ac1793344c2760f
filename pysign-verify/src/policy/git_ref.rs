//! The ref of a preset: what must have been built. `v1.0` could be a tag or a branch, and whoever
//! may push the one may not push the other, so a ref is given in full.

use std::fmt;
use std::str::FromStr;

use pysign_manifest::Version;
use pysign_sigstore::Text;

/// Stands for the version of the file at hand.
const VERSION: &str = "{version}";
const TAGS: &str = "refs/tags/";

/// A full ref, in which the file's version may stand, and any ending if it is a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RefPattern {
    /// Without the `*`.
    text: String,
    open: bool,
}

impl RefPattern {
    /// Whether a message may name `found`, a ref from a certificate, in the place of this one: a tag,
    /// or a branch where a branch was asked for; with no character that this grammar or a shell reads
    /// as more than itself.
    pub(crate) fn may_become(&self, found: &str) -> bool {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._+-!@".contains(c);
        let in_branches = |text: &str| text.starts_with("refs/heads/");
        found.chars().all(is_plain)
            && is_full_ref(found)
            && (found.starts_with(TAGS) || in_branches(found) && in_branches(&self.text))
    }

    /// What the ref must be for a file of this version; `None` if it takes a version and there is
    /// none.
    pub(crate) fn of(&self, version: Option<&Version>) -> Option<Text> {
        let text = if self.text.contains(VERSION) {
            // The normal form (PEP 440), zeros kept: 1.0.0 stays 1.0.0.
            self.text.replace(VERSION, &version?.to_string())
        } else {
            self.text.clone()
        };
        Some(if self.open { Text::Prefix(text) } else { Text::exact(&text) })
    }
}

impl fmt::Display for RefPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.open { "*" } else { "" })
    }
}

const SHORT: &str = "expected a full ref, such as refs/tags/v1.0 or refs/heads/main";
const STAR: &str = "only a tag may have a '*', and only as its last character";
const MALFORMED: &str = "it is not a valid git ref (see git-check-ref-format)";

impl FromStr for RefPattern {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if !text.starts_with("refs/") {
            return Err(SHORT);
        }
        let (text, open) = match text.strip_suffix('*') {
            Some(text) => (text, true),
            None => (text, false),
        };
        if text.contains('*') || (open && !text.starts_with(TAGS)) {
            return Err(STAR);
        }
        // What a version and an open end may stand for has none of the characters that matter.
        let example = text.replace(VERSION, "1") + if open { "1" } else { "" };
        if example.contains(['{', '}']) || !is_full_ref(&example) {
            return Err(MALFORMED);
        }
        Ok(Self { text: text.to_owned(), open })
    }
}

/// The rules of git-check-ref-format(1), for a ref with a kind and a name.
fn is_full_ref(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && !part.ends_with('.')
            && part.strip_suffix(".lock").is_none()
    };
    let allowed = |c: char| !c.is_control() && !" ~^:?*[\\".contains(c);
    text.split('/').count() > 2
        && text.split('/').all(is_part)
        && text.chars().all(allowed)
        && !text.contains("..")
        && !text.contains("@{")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str, version: Option<&str>) -> Option<Text> {
        let version: Option<Version> = version.map(|text| text.parse().unwrap());
        pattern.parse::<RefPattern>().unwrap().of(version.as_ref())
    }

    #[test]
    fn a_ref_is_itself() {
        for text in ["refs/tags/v1.0", "refs/heads/main", "refs/heads/a/b", "refs/tags/v1@2"] {
            let fits = of(text, None).unwrap();
            assert!(fits.matches(text) && !fits.matches(&format!("{text}.0")), "{text}");
        }
        // A tag that is called main is another ref.
        assert!(!of("refs/heads/main", None).unwrap().matches("refs/tags/main"));
    }

    #[test]
    fn the_version_stands_in_its_normal_form() {
        for (version, tag) in [
            ("1.0.0", "refs/tags/v1.0.0"),
            ("1.0", "refs/tags/v1.0"),
            ("1.0-RC.1", "refs/tags/v1.0rc1"),
            ("1!2.0+Local.1", "refs/tags/v1!2.0+local.1"),
        ] {
            let fits = of("refs/tags/v{version}", Some(version)).unwrap();
            assert!(fits.matches(tag), "{version}");
            assert!(!fits.matches("refs/tags/v2.0.0") && !fits.matches(&format!("{tag}.1")));
        }
        assert!(of("refs/tags/v{version}", None).is_none());
        assert!(of("refs/heads/release-{version}", Some("1.0")).is_some());
    }

    #[test]
    fn only_the_end_of_a_tag_is_left_open() {
        let fits = of("refs/tags/v*", None).unwrap();
        assert!(fits.matches("refs/tags/v1/2") && !fits.matches("refs/heads/v1"));
        assert!(of("refs/tags/*", None).is_some());
        assert!(of("refs/tags/{version}-*", Some("1.0")).unwrap().matches("refs/tags/1.0-linux"));
        for text in ["refs/heads/*", "refs/*", "refs/tags/v*x", "refs/tags/*/*", "refs/tags/**"] {
            assert_eq!(text.parse::<RefPattern>(), Err(STAR), "{text}");
        }
    }

    #[test]
    fn a_message_names_another_tag_or_another_branch_for_a_branch() {
        for (asked, found, named) in [
            ("refs/tags/v{version}", "refs/tags/v1.1", true),
            ("refs/tags/v*", "refs/tags/1.1", true),
            ("refs/heads/main", "refs/heads/next", true),
            ("refs/heads/main", "refs/tags/v1.1", true),
            ("refs/tags/v1.0", "refs/heads/v1.0", false),
            ("refs/tags/v1.0", "refs/merge-requests/1/head", false),
            ("refs/heads/main", "refs/merge-requests/1/head", false),
            ("refs/heads/main", "refs/tags/*", false),
            ("refs/heads/main", "refs/tags/v{version}", false),
            ("refs/heads/main", "refs/tags/$(id)", false),
            ("refs/heads/main", "refs/tags/a b", false),
            ("refs/heads/main", "main", false),
        ] {
            let asked: RefPattern = asked.parse().unwrap();
            assert_eq!(asked.may_become(found), named, "{asked} {found}");
        }
    }

    #[test]
    fn what_is_no_full_ref_is_refused() {
        for text in
            ["", "main", "v1.0", "tags/v1.0", "heads/main", "{version}", "*", "/refs/tags/v"]
        {
            assert_eq!(text.parse::<RefPattern>(), Err(SHORT), "{text}");
        }
        for text in [
            "refs/",
            "refs/tags",
            "refs/tags/",
            "refs//x",
            "refs/tags//x",
            "refs/tags/a..b",
            "refs/tags/.a",
            "refs/tags/a.lock",
            "refs/tags/a b",
            "refs/tags/a\n",
            "refs/tags/a^",
            "refs/tags/a@{1}",
            "refs/tags/v{Version}",
            "refs/tags/v{version",
            "refs/tags/a?",
        ] {
            assert_eq!(text.parse::<RefPattern>(), Err(MALFORMED), "{text}");
        }
    }
}
