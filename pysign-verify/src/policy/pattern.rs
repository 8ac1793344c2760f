//! Which files an entry of a policy is about: those of a project by its name, any other by its own.

use std::fmt;

use pysign_manifest::{Artifact, Kind, ProjectName};

/// A name, or what it begins with. Two that are equal cover the same names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern {
    of: Named,
    /// For a project in its normal form (PEP 503), without the `*`.
    text: String,
    open: bool,
}

/// What has the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Project,
    File,
}

impl Pattern {
    /// What [`Pattern::project`] takes.
    pub(crate) const A_PROJECT: &'static str = "a project's name, with at most one '*' at its end";
    /// What [`Pattern::file`] takes.
    pub(crate) const A_FILE: &'static str =
        "the name of a file that is neither wheel nor sdist, with at most one '*' at its end";

    /// Wheels and sdists of a project, under every spelling of its name.
    pub(crate) fn project(text: &str) -> Option<Self> {
        let (text, open) = opened(text);
        let text =
            if open { normal_prefix(text)? } else { text.parse::<ProjectName>().ok()?.to_string() };
        Some(Self { of: Named::Project, text, open })
    }

    /// Anything else, by its file name; of a digest without a file that is `sha256:HEX`.
    pub(crate) fn file(text: &str) -> Option<Self> {
        let (text, open) = opened(text);
        let is_package = !open && Artifact::named(text).is_ok_and(|it| it.kind != Kind::File);
        let is_name = !text.contains(['/', '*']) && !text.chars().any(char::is_control);
        (is_name && !is_package && (open || !text.is_empty())).then(|| Self {
            of: Named::File,
            text: text.to_owned(),
            open,
        })
    }

    /// The patterns that cover this file: its name, then what that begins with, longest first.
    pub(crate) fn covering(artifact: &Artifact) -> impl Iterator<Item = Self> {
        let (of, name) = match &artifact.project {
            Some(project) => (Named::Project, project.as_str()),
            None => (Named::File, artifact.filename.as_str()),
        };
        let pattern = move |text: &str, open| Self { of, text: text.to_owned(), open };
        let ends = (0..=name.len()).rev().filter_map(|end| name.get(..end));
        std::iter::once(pattern(name, false)).chain(ends.map(move |text| pattern(text, true)))
    }
}

fn opened(text: &str) -> (&str, bool) {
    text.strip_suffix('*').map_or((text, false), |text| (text, true))
}

/// The beginning of a name, normalised as the whole would be.
fn normal_prefix(text: &str) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    // Whatever follows, it is a name that begins with this.
    let whole: ProjectName = format!("{text}x").parse().ok()?;
    whole.as_str().strip_suffix('x').map(str::to_owned)
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.text, if self.open { "*" } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(pattern: &Pattern, name: &str) -> bool {
        let name = match pattern.of {
            Named::Project => format!("{name}-1.0.tar.gz"),
            Named::File => name.to_owned(),
        };
        let artifact = Artifact::named(&name).unwrap();
        Pattern::covering(&artifact).any(|covering| covering == *pattern)
    }

    #[test]
    fn a_project_is_covered_under_every_spelling() {
        for (pattern, name, covered) in [
            ("demo-pkg", "Demo_Pkg", true),
            ("Demo.Pkg", "demo-pkg", true),
            ("demo-pkg", "demo-pkg2", false),
            ("demo-pkg", "demo", false),
            ("demo-*", "demo-pkg", true),
            ("Demo_*", "demo-pkg", true),
            ("demo-*", "demo", false),
            ("demo-*", "demolition", false),
            ("demo*", "demolition", true),
            ("demo--*", "demo-pkg", true),
            ("*", "anything", true),
        ] {
            assert_eq!(
                covers(&Pattern::project(pattern).unwrap(), name),
                covered,
                "{pattern} {name}"
            );
        }
    }

    #[test]
    fn spellings_of_one_pattern_are_equal() {
        assert_eq!(Pattern::project("Demo_Pkg"), Pattern::project("demo-pkg"));
        assert_eq!(Pattern::project("Demo._*"), Pattern::project("demo-*"));
        assert_ne!(Pattern::project("demo*"), Pattern::project("demo"));
        assert_ne!(Pattern::project("demo"), Pattern::file("demo"));
    }

    #[test]
    fn a_file_is_covered_by_its_own_name() {
        for (pattern, name, covered) in [
            ("notes.txt", "notes.txt", true),
            ("notes.txt", "Notes.txt", false),
            ("notes*", "notes.txt", true),
            ("notes*", "note", false),
            ("*", "notes.txt", true),
        ] {
            assert_eq!(covers(&Pattern::file(pattern).unwrap(), name), covered, "{pattern} {name}");
        }
    }

    #[test]
    fn what_could_cover_nothing_is_no_pattern() {
        for text in
            ["", "-demo", "demo-", "de mo", "de*mo", "*demo", "**", "-*", "demo/*", "d\u{e9}*"]
        {
            assert_eq!(Pattern::project(text), None, "{text}");
        }
        for text in ["", "a/b", "a*b", "**", "a\n", "demo-1.0.tar.gz", "demo-1.0-py3-none-any.whl"]
        {
            assert_eq!(Pattern::file(text), None, "{text}");
        }
    }

    #[test]
    fn the_longest_beginning_comes_first() {
        let artifact = Artifact::named("abc-1.0.tar.gz").unwrap();
        let patterns: Vec<String> =
            Pattern::covering(&artifact).map(|one| one.to_string()).collect();
        assert_eq!(patterns, ["abc", "abc*", "ab*", "a*", "*"]);
    }
}
