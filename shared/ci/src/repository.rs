//! A GitHub repository: where it is, and the identities that its workflows sign as.

use std::fmt;
use std::str::FromStr;

use crate::{project, san_uri};

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

    /// The name in a certificate for the workflow in the file `workflow`, run on `git_ref` (full:
    /// `refs/tags/v1`): GitHub's claim `job_workflow_ref` as Fulcio writes it, see [`san_uri`].
    pub fn identity(&self, workflow: &str, git_ref: &str) -> String {
        let uri = format!("{}{workflow}@{git_ref}", self.workflows());
        san_uri(&uri).unwrap_or(uri)
    }
}

impl fmt::Display for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}

/// A text that is not `OWNER/REPO`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseRepositoryError;

impl fmt::Display for ParseRepositoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a repository is OWNER/REPO")
    }
}

impl std::error::Error for ParseRepositoryError {}

impl FromStr for Repository {
    type Err = ParseRepositoryError;

    fn from_str(path: &str) -> Result<Self, ParseRepositoryError> {
        match path.split('/').collect::<Vec<_>>().as_slice() {
            [owner, name] if project::is_name(owner) && project::is_name(name) => {
                Ok(Self { path: path.to_owned() })
            }
            _ => Err(ParseRepositoryError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_what_fulcio_writes() {
        let repository: Repository = "acme/demo".parse().unwrap();
        assert_eq!(repository.url(), "https://github.com/acme/demo");
        assert_eq!(
            repository.identity("release.yml", "refs/tags/v1.0"),
            "https://github.com/acme/demo/.github/workflows/release.yml@refs/tags/v1.0"
        );
    }

    #[test]
    fn what_is_no_repository_is_refused() {
        for text in [
            "",
            "demo",
            "acme/",
            "/demo",
            "acme/a/b",
            "acme/..",
            "acme/de mo",
            "acme/demo@x",
            "https://github.com/acme/demo",
            "acme/demo.git",
        ] {
            assert_eq!(text.parse::<Repository>(), Err(ParseRepositoryError), "{text}");
        }
    }
}
