//! A GitLab project: where it is, and the issuer of its pipelines' tokens.

use std::fmt;
use std::str::FromStr;

use crate::url;

/// A project on a GitLab instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    host: String,
    path: String,
}

impl Project {
    /// The instance that is meant when none is named.
    pub const DEFAULT_HOST: &'static str = "gitlab.com";
    /// The pipeline definition of a project that has not chosen another.
    pub const DEFAULT_CONFIG: &'static str = ".gitlab-ci.yml";

    /// The project at `path` (`group/project`, subgroups included) on `host` (`host` or
    /// `host:port`); `None` when one of them can't be that.
    pub fn new(host: &str, path: &str) -> Option<Self> {
        (url::is_authority(host) && is_path(path))
            .then(|| Self { host: host.to_owned(), path: path.to_owned() })
    }

    /// `host` or `host:port`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// `group/project`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The address of the project, which Fulcio writes as source repository URI (.12).
    pub fn url(&self) -> String {
        format!("https://{}/{}", self.host, self.path)
    }

    /// The issuer of the instance's ID tokens: its own address.
    pub fn issuer(&self) -> String {
        format!("https://{}", self.host)
    }
}

/// GitLab's rule for a path: two or more names of letters, digits, `_`, `-` and `.`, none of which
/// begins with `-`, is all dots, or ends in what its routes take (`.git`, `.atom`).
pub(crate) fn is_path(text: &str) -> bool {
    text.contains('/') && text.split('/').all(is_name)
}

/// One name of a path.
pub(crate) fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    name.chars().all(allowed)
        && name.contains(|c| c != '.')
        && !name.starts_with('-')
        && ![".git", ".atom"].iter().any(|end| name.ends_with(end))
}

impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.url())
    }
}

/// Why a text is not a project or a repository: the part of it that is wrong, if it has the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseProjectError(pub(crate) &'static str);

impl ParseProjectError {
    /// What is wrong with a text, part by part; else `form` is what was expected.
    pub(crate) fn of(text: &str, form: &'static str) -> Self {
        let scheme = text.split_once("://").map(|(scheme, _)| scheme);
        Self(match text {
            "" => "it is empty",
            _ if scheme.is_some_and(|scheme| scheme != "https") => "only https:// is known",
            _ if text.ends_with('/') => "remove the '/' at its end",
            _ if text.strip_suffix(".git").is_some() => "remove '.git' from its end",
            _ if text.contains("/-/") => "remove '/-/' and what follows: name the project alone",
            _ if text.contains('@') => "remove '@': neither a user nor a ref belongs here",
            _ => form,
        })
    }
}

impl fmt::Display for ParseProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ParseProjectError {}

impl FromStr for Project {
    type Err = ParseProjectError;

    fn from_str(text: &str) -> Result<Self, ParseProjectError> {
        let (host, path) = match text.strip_prefix("https://") {
            Some(rest) => rest.split_once('/').unwrap_or((rest, "")),
            None => (Self::DEFAULT_HOST, text),
        };
        let form = "expected GROUP/PROJECT or https://HOST/GROUP/PROJECT";
        Self::new(host, path).ok_or_else(|| ParseProjectError::of(text, form))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_and_subgroups_are_kept() {
        let project: Project = "https://git.acme.org:8443/a/b/c".parse().unwrap();
        assert_eq!((project.host(), project.path()), ("git.acme.org:8443", "a/b/c"));
        assert_eq!(project.to_string(), "https://git.acme.org:8443/a/b/c");
        assert_eq!(project.issuer(), "https://git.acme.org:8443");
    }

    #[test]
    fn what_is_no_project_is_refused() {
        let form = "expected GROUP/PROJECT or https://HOST/GROUP/PROJECT";
        for (text, wrong) in [
            ("", "it is empty"),
            ("demo", form),
            ("acme/", "remove the '/' at its end"),
            ("/demo", form),
            ("acme//demo", form),
            ("https://gitlab.com/acme/demo/", "remove the '/' at its end"),
            ("acme/..", form),
            ("acme/-x", form),
            ("acme/demo.git", "remove '.git' from its end"),
            ("acme/de mo", form),
            ("acme/demo@x", "remove '@': neither a user nor a ref belongs here"),
            ("http://gitlab.com/acme/demo", "only https:// is known"),
            ("https://gitlab.com", form),
            ("https://u@gitlab.com/acme/demo", "remove '@': neither a user nor a ref belongs here"),
            (
                "https://gitlab.com/acme/demo/-/tree/main",
                "remove '/-/' and what follows: name the project alone",
            ),
        ] {
            assert_eq!(text.parse::<Project>(), Err(ParseProjectError(wrong)), "{text}");
        }
    }
}
