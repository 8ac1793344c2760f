//! How the command line names a place to publish to.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pysign_ci::Registry;
use pysign_http::Url;

/// A target as the command line names it.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// As it was typed.
    pub(crate) text: String,
    /// What it means.
    pub(crate) meaning: Meaning,
}

/// What a target's text means.
#[derive(Clone, Debug)]
pub(crate) enum Meaning {
    /// A static index.
    Directory(PathBuf),
    /// The registries of a project; by default those of the job's.
    Gitlab(Option<Registry>),
    /// An upload address, and the simple index that shows what was uploaded.
    Legacy {
        /// Where a file is posted to.
        upload: Url,
        /// The root of the index.
        index: Url,
    },
}

impl Destination {
    pub(crate) fn is_directory(&self) -> bool {
        matches!(self.meaning, Meaning::Directory(_))
    }

    /// Whether both are one place, as far as their texts tell: a run would wait for its own lock.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        match (&self.meaning, &other.meaning) {
            (Meaning::Directory(ours), Meaning::Directory(theirs)) => {
                let whole = |path: &Path| std::path::absolute(path).unwrap_or(path.to_owned());
                whole(ours).components().eq(whole(theirs).components())
            }
            _ => self.text == other.text,
        }
    }
}

impl FromStr for Destination {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let meaning = match text.split_once(':') {
            None if text == "gitlab" => Meaning::Gitlab(None),
            Some(("gitlab", place)) => {
                let registry =
                    place.rsplit_once('#').and_then(|(api, project)| Registry::new(api, project));
                let form = "expected gitlab:https://HOST/api/v4#GROUP/PROJECT";
                Meaning::Gitlab(Some(registry.ok_or(form)?))
            }
            Some(("legacy", place)) => legacy(place)?,
            Some(("dir", path)) if !path.is_empty() => Meaning::Directory(path.into()),
            _ => {
                let forms = "expected gitlab, gitlab:API_URL#PROJECT, legacy:URL or dir:PATH";
                return Err(forms.to_owned());
            }
        };
        Ok(Self { text: text.to_owned(), meaning })
    }
}

/// `UPLOAD_URL`, or `UPLOAD_URL#INDEX_URL`.
fn legacy(place: &str) -> Result<Meaning, String> {
    let url = |text: &str| text.parse::<Url>().map_err(|error| error.to_string());
    let (upload, index) = match place.split_once('#') {
        Some((upload, index)) => (upload, index.to_owned()),
        None => (place, index_of(place)),
    };
    Ok(Meaning::Legacy { upload: url(upload)?, index: url(&index)? })
}

/// Where the index of an upload address is, by the custom of `PyPI`, Azure and pulp (a last part of
/// its own), and of Gitea, GitLab, Nexus, Artifactory and pypiserver (`simple` below it).
fn index_of(upload: &str) -> String {
    let root = upload.split('?').next().unwrap_or(upload).trim_end_matches('/');
    let parts = ["/legacy", "/upload"];
    let root = parts.iter().find_map(|last| root.strip_suffix(last)).unwrap_or(root);
    format!("{root}/simple/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Meaning, String> {
        text.parse().map(|destination: Destination| destination.meaning)
    }

    #[test]
    fn every_form_of_a_target_is_understood() {
        assert!(matches!(parse("gitlab"), Ok(Meaning::Gitlab(None))));
        let Ok(Meaning::Gitlab(Some(registry))) = parse("gitlab:https://git.acme.org/api/v4#a/b")
        else {
            panic!("a registry");
        };
        assert_eq!(
            registry.pypi_upload(),
            "https://git.acme.org/api/v4/projects/a%2Fb/packages/pypi"
        );
        let Ok(Meaning::Directory(path)) = parse("dir:a:b") else { panic!("a directory") };
        assert_eq!(path, PathBuf::from("a:b"));
    }

    #[test]
    fn a_place_is_the_same_in_another_spelling() {
        let same = |a: &str, b: &str| {
            let parse = |text: &str| text.parse::<Destination>().unwrap();
            parse(a).is_same(&parse(b))
        };
        for other in ["dir:a", "dir:./a", "dir:a/", "dir:.//a/."] {
            assert!(same("dir:a", other), "{other}");
        }
        assert!(same("gitlab", "gitlab"));
        for (a, b) in [("dir:a", "dir:b"), ("dir:a", "dir:a/b"), ("dir:gitlab", "gitlab")] {
            assert!(!same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "gitlab:",
            "gitlab:https://git.acme.org/api/v4",
            "gitlab:git.acme.org#a/b",
            "dir:",
            "dir",
            "legacy:",
            "legacy:http://example.org/legacy/",
            "legacy:https://user:secret@example.org/",
            "s3:bucket",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_index_is_derived_from_the_upload_address_or_named() {
        let gitea = "https://gitea.example.org/api/packages/a/pypi";
        let devpi = "https://devpi.example.org/a/rel/";
        for (text, expected) in [
            ("https://pypi.example.org/legacy/", "https://pypi.example.org/simple/"),
            ("https://pypi.example.org/legacy/?a=b", "https://pypi.example.org/simple/"),
            ("https://azure.example.org/a/pypi/upload", "https://azure.example.org/a/pypi/simple/"),
            (gitea, &format!("{gitea}/simple/")),
            ("http://127.0.0.1:80/", "http://127.0.0.1:80/simple/"),
            (&format!("{devpi}#{devpi}+simple/"), &format!("{devpi}+simple/")),
        ] {
            let Ok(Meaning::Legacy { index, .. }) = parse(&format!("legacy:{text}")) else {
                panic!("{text}")
            };
            assert_eq!(index, expected.parse().unwrap());
        }
    }
}
