//! Regular expressions over a certificate's values: the whole value or nothing, in linear time, and
//! none that lets everyone pass.

use std::fmt;
use std::str::FromStr;

/// Ten times the longest that projects publish for cosign.
const MAX_PATTERN: usize = 1 << 10;
/// Of the compiled program. A repetition multiplies: `(a{100}){100}` has nineteen letters.
const MAX_PROGRAM: usize = 256 << 10;

/// Nobody's names, in each of the forms that Fulcio writes; `.invalid` belongs to no one (RFC 2606
/// §2). What fits one of them does not tell a signer from a stranger.
const NOBODY: [&str; 9] = [
    "",
    "x",
    "https://nobody.invalid",
    "http://nobody.invalid/",
    "https://nobody.invalid/nobody/nothing//.gitlab-ci.yml@refs/heads/main",
    "https://nobody.invalid/nobody/nothing/.github/workflows/nothing.yml@refs/tags/v0.0.0",
    "nobody@nobody.invalid",
    "spiffe://nobody.invalid/nobody",
    "\u{fffd}7e5c0a\t",
];

/// A regular expression that a whole value must match.
#[derive(Clone, Debug)]
pub struct Regexp {
    /// As it was written, for messages alone.
    part: regex_lite::Regex,
    /// Anchored at both ends.
    whole: regex_lite::Regex,
}

impl Regexp {
    /// Whether all of `value` matches. `https://good` must not pass for `evil/?x=https://good`.
    pub fn matches(&self, value: &str) -> bool {
        self.whole.is_match(value)
    }

    /// Whether some of `value` matches, which is never enough.
    pub(crate) fn matches_part(&self, value: &str) -> bool {
        self.part.is_match(value)
    }
}

impl FromStr for Regexp {
    type Err = String;

    fn from_str(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Err("it is empty".to_owned());
        }
        if pattern.len() > MAX_PATTERN {
            return Err(too_large());
        }
        // On its own first: `a)|(b` is none, though between parentheses it would be.
        let part = compile(pattern)?;
        let whole = compile(&format!(r"\A(?:{pattern})\z"))?;
        match NOBODY.into_iter().find(|name| whole.is_match(name)) {
            Some(example) => Err(format!("it would accept anyone: it matches '{example}' too")),
            None => Ok(Self { part, whole }),
        }
    }
}

/// The engine runs in time linear in the value's length, whatever the pattern.
fn compile(pattern: &str) -> Result<regex_lite::Regex, String> {
    let compiled = regex_lite::RegexBuilder::new(pattern).size_limit(MAX_PROGRAM).build();
    compiled.map_err(|cause| match cause.to_string() {
        text if text.contains("size limit") => too_large(),
        cause => format!("it is not a regular expression: {cause}"),
    })
}

fn too_large() -> String {
    format!("it is longer than {MAX_PATTERN} bytes, or its repetitions are too large")
}

impl fmt::Display for Regexp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.part.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn regexp(pattern: &str) -> Regexp {
        pattern.parse().unwrap()
    }

    #[test]
    fn the_whole_value_matches() {
        let good = regexp("https://good/.*");
        assert!(good.matches("https://good/x"));
        for other in
            ["evil/?x=https://good/x", "https://good", "https://good/x\n", "\nhttps://good/x"]
        {
            assert!(!good.matches(other), "{other:?}");
        }
        for pattern in ["https://good/x|a", "^https://good/x$", "(?i)HTTPS://good/x", "h.*?x"] {
            assert!(regexp(pattern).matches("https://good/x"), "{pattern}");
            assert!(!regexp(pattern).matches("evil/?x=https://good/x&y"), "{pattern}");
        }
        // The first alternative that fits a part must not hide the one that fits the whole.
        assert!(regexp("ab|abc").matches("abc"));
        let lines = regexp("(?m)^https://good/x$");
        assert!(!lines.matches("evil\nhttps://good/x") && !lines.matches("https://good/x\nevil"));
    }

    #[test]
    fn one_that_everyone_matches_is_none() {
        assert_eq!("".parse::<Regexp>().unwrap_err(), "it is empty");
        for pattern in [
            ".*",
            ".+",
            "^",
            "$",
            "()",
            ".",
            "(?s).*",
            "a*",
            "^.*$",
            "x?",
            "(good)?",
            "good|",
            "|good",
            "https://.*",
            "https?://[^/]+/.*",
            ".*@.*",
            ".+//\\.gitlab-ci\\.yml@.*",
            "[^g].*",
            "https://[^/]*",
            ".*@refs/heads/main",
            "good|.*",
            "(?:.|\n)*",
            "spiffe:.*",
        ] {
            let fault = pattern.parse::<Regexp>().unwrap_err();
            assert!(fault.starts_with("it would accept anyone"), "{pattern}: {fault}");
        }
        for pattern in ["https://gitlab\\.com/acme/.*", ".*@example\\.org", "good.*", "g?ood"] {
            assert!(pattern.parse::<Regexp>().is_ok(), "{pattern}");
        }
    }

    #[test]
    fn one_that_breaks_out_of_its_anchors_is_none() {
        for pattern in ["a)|(b", "a)|.*(?:", ")(", "(", "[", "(?x)good # ", "a\\", "good(?x)#"] {
            let fault = pattern.parse::<Regexp>().unwrap_err();
            assert!(fault.starts_with("it is not a regular"), "{pattern}: {fault}");
        }
    }

    #[test]
    fn it_is_small_and_so_is_its_program() {
        assert!("a".repeat(MAX_PATTERN).parse::<Regexp>().is_ok());
        for pattern in ["a".repeat(MAX_PATTERN + 1), "((a{100}){100}){100}".to_owned()] {
            assert_eq!(pattern.parse::<Regexp>().unwrap_err(), too_large());
        }
        let deep = format!("{}a{}", "(".repeat(400), ")".repeat(400));
        assert!(deep.parse::<Regexp>().is_err());
    }

    #[test]
    fn letters_beyond_ascii_are_themselves() {
        assert!(regexp("gr.n").matches("gr\u{fc}n"));
        assert!(!regexp("(?i)gr\u{dc}n").matches("gr\u{fc}n"));
        assert!(!regexp("\\w+@example\\.org").matches("\u{e9}@example.org"));
    }
}
