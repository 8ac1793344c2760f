//! How the command line names an index, and where its signatures are.

use std::path::PathBuf;
use std::str::FromStr;

use pysign_ci::Registry;
use pysign_http::Url;

/// What `pypi` stands for.
const PYPI: &str = "https://pypi.org/simple";

/// An index.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    /// A directory with an index in it.
    Directory(PathBuf),
    /// The registries of a project; by default those of the job's.
    Gitlab(Option<Registry>),
    /// The root of a simple index.
    Url(Url),
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            None if text == "gitlab" => Ok(Self::Gitlab(None)),
            None if text == "pypi" => Ok(Self::Url(url(PYPI)?)),
            Some(("gitlab", place)) => {
                let registry =
                    place.rsplit_once('#').and_then(|(api, project)| Registry::new(api, project));
                let form = "expected gitlab:https://HOST/api/v4#GROUP/PROJECT";
                Ok(Self::Gitlab(Some(registry.ok_or(form)?)))
            }
            Some(("dir", path)) if !path.is_empty() => Ok(Self::Directory(path.into())),
            Some(("http" | "https", _)) => Ok(Self::Url(url(text)?)),
            _ => Err("expected URL, gitlab, gitlab:API_URL#PROJECT, pypi or dir:PATH".to_owned()),
        }
    }
}

fn url(text: &str) -> Result<Url, String> {
    text.parse().map_err(|error: pysign_http::ParseUrlError| error.to_string())
}

/// Where signatures are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Signatures {
    /// Where publish puts them.
    Auto,
    /// In a generic registry: that of this project, or the index's own, or the job's.
    Gitlab(Option<String>),
    /// Nowhere.
    None,
    /// Beside each file.
    Sibling,
}

impl FromStr for Signatures {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        match text {
            "auto" => Ok(Self::Auto),
            "gitlab" => Ok(Self::Gitlab(None)),
            "none" => Ok(Self::None),
            "sibling" => Ok(Self::Sibling),
            _ => match text.strip_prefix("gitlab:") {
                // What a project may be called does not depend on the instance.
                Some(project) if Registry::new("https://gitlab.com/api/v4", project).is_some() => {
                    Ok(Self::Gitlab(Some(project.to_owned())))
                }
                _ => Err("expected auto, gitlab, gitlab:PROJECT, sibling or none"),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_index_is_understood() {
        let parse = |text: &str| text.parse::<Place>().unwrap();
        assert!(matches!(parse("gitlab"), Place::Gitlab(None)));
        assert!(matches!(parse("pypi"), Place::Url(url) if url.to_string() == PYPI));
        assert!(matches!(parse("dir:a:b"), Place::Directory(path) if path == *"a:b"));
        assert!(matches!(parse("http://127.0.0.1:1/s"), Place::Url(_)));
        let Place::Gitlab(Some(registry)) = parse("gitlab:https://git.acme.org/api/v4#a/b") else {
            panic!("a registry");
        };
        assert_eq!(registry.origin(), "https://git.acme.org");
    }

    #[test]
    fn other_indexes_are_refused() {
        for text in [
            "",
            "simple",
            "dir:",
            "dir",
            "gitlab:",
            "gitlab:https://git.acme.org/api/v4",
            "gitlab:git.acme.org#a/b",
            "http://example.org/simple",
            "https://user:secret@example.org/simple",
            "file:///simple",
        ] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }

    #[test]
    fn signatures_have_a_place_or_none() {
        assert_eq!("gitlab:a/b".parse(), Ok(Signatures::Gitlab(Some("a/b".to_owned()))));
        assert_eq!("gitlab:5".parse(), Ok(Signatures::Gitlab(Some("5".to_owned()))));
        for text in ["", "gitlab:", "gitlab:demo", "gitlab:../5", "beside", "https://a.example/"] {
            assert!(text.parse::<Signatures>().is_err(), "{text}");
        }
    }
}
