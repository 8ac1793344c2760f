//! A build requirement, as far as this tree looks into it.

use std::fmt;
use std::str::FromStr;

use crate::{Error, ProjectName};

/// A requirement (PEP 508): the project it names and the text that an installer gets.
///
/// The text begins with a project name and is one line, so an installer can't take it for an option
/// or for two requirements; extras, versions, URLs and markers are the installer's to judge.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    project: ProjectName,
    text: String,
}

impl Requirement {
    /// The project it names.
    pub fn project(&self) -> &ProjectName {
        &self.project
    }

    /// The whole requirement, without white space around it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for Requirement {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let refused = || Error::Requirement { text: text.to_owned() };
        let line = text.trim_matches([' ', '\t']);
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(refused());
        }
        let in_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let (name, rest) = line.split_at(line.find(|c| !in_name(c)).unwrap_or(line.len()));
        let follows = [' ', '\t', '[', '(', '<', '>', '=', '!', '~', ';', '@'];
        if !rest.is_empty() && !rest.starts_with(follows) {
            return Err(refused());
        }
        let project = name.parse().map_err(|_| refused())?;
        Ok(Self { project, text: line.to_owned() })
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_ends_where_the_rest_begins() {
        for text in [
            "hatchling",
            "Hatchling>=1.0",
            "hatchling [x] >1",
            "hatchling(>1)",
            "hatchling~=1.0; python_version<'3.9'",
            "hatchling @ https://files.invalid/hatchling-1.0.tar.gz",
        ] {
            let requirement: Requirement = text.parse().unwrap();
            assert_eq!(requirement.project().as_str(), "hatchling");
            assert_eq!(requirement.to_string(), text);
        }
    }

    #[test]
    fn options_paths_and_second_lines_are_refused() {
        for text in ["", "--pre", "-r x", "./here", "a/b", "/etc", "a\n--pre", "http://x", "a$b"] {
            assert!(text.parse::<Requirement>().is_err(), "{text}");
        }
    }
}
