//! A GitHub repository: where it and its workflows are.

use std::fmt;
use std::str::FromStr;

use crate::project::{self, ParseProjectError};

/// A repository on github.com.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repository {
    path: String,
}

impl Repository {
    /// The issuer of GitHub Actions' ID tokens.
    pub const ISSUER: &'static str = "https://token.actions.githubusercontent.com";

    /// `OWNER/REPO`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The address of the repository, which Fulcio writes as source repository URI (.12).
    pub fn url(&self) -> String {
        format!("https://github.com/{}", self.path)
    }

    /// What the name in a certificate for a workflow of this repository begins with.
    pub fn workflows(&self) -> String {
        format!("{}/.github/workflows/", self.url())
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

impl FromStr for Repository {
    type Err = ParseProjectError;

    fn from_str(text: &str) -> Result<Self, ParseProjectError> {
        match text.split('/').collect::<Vec<_>>().as_slice() {
            [owner, name] if project::is_name(owner) && project::is_name(name) => {
                Ok(Self { path: text.to_owned() })
            }
            _ if text.contains("://") => {
                let form = "expected OWNER/REPO, without an address before it";
                Err(ParseProjectError::of(text, form))
            }
            _ => Err(ParseProjectError::of(text, "expected OWNER/REPO, and nothing behind it")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workflows_lie_in_the_repository() {
        let repository: Repository = "acme/demo".parse().unwrap();
        assert_eq!(repository.workflows(), "https://github.com/acme/demo/.github/workflows/");
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        let form = "expected OWNER/REPO, and nothing behind it";
        for (text, wrong) in [
            ("", "it is empty"),
            ("demo", form),
            ("acme/", "remove the '/' at its end"),
            ("/demo", form),
            ("acme/a/b", form),
            ("acme/..", form),
            ("acme/de mo", form),
            ("acme/demo@x", "remove '@': neither a user nor a ref belongs here"),
            ("https://github.com/acme/demo", "expected OWNER/REPO, without an address before it"),
            ("acme/demo.git", "remove '.git' from its end"),
        ] {
            assert_eq!(text.parse::<Repository>(), Err(ParseProjectError(wrong)), "{text}");
        }
    }
}
