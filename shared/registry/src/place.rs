//! How a command line names a place.

use std::path::{Path, PathBuf};

use pysign_ci::Job;
use pysign_http::Url;

use crate::{Error, GitlabProject};

/// The word for a GitLab project on the command line and in a manifest.
pub const GITLAB: &str = "gitlab";

/// The word for a static index in a directory.
pub const DIRECTORY: &str = "dir";

/// The word for an index that takes uploads as `PyPI` does.
pub const LEGACY: &str = "legacy";

/// The indexes that have a name.
const PYPI: &str = "https://pypi.org/simple";
const TESTPYPI: &str = "https://test.pypi.org/simple";

/// A place as a command line names it.
#[derive(Clone, Debug)]
pub struct Place {
    /// The text as it was typed.
    pub text: String,
    /// What it stands for.
    pub kind: PlaceKind,
}

/// What a place is.
#[derive(Clone, Debug)]
pub enum PlaceKind {
    /// `dir:PATH`, a static index in a directory.
    Directory(PathBuf),
    /// `gitlab:API_URL#PROJECT`, or `gitlab` for the project of the job.
    Gitlab(Option<GitlabProject>),
    /// The root of a simple index.
    Index(Url),
    /// `legacy:UPLOAD_URL[#INDEX_URL]`, an index that takes uploads as `PyPI` does.
    Legacy {
        /// Where a package is posted to.
        upload: Url,
        /// The root of the simple index that shows what was uploaded.
        index: Url,
    },
    /// `pypi` or `testpypi`: the root of its simple index.
    Pypi(Url),
}

impl Place {
    /// Reads a place; `forms` is what the program takes, for the error about anything else.
    ///
    /// ```
    /// use pysign_registry::{Place, PlaceKind};
    ///
    /// let place = Place::parse("dir:public", "dir:PATH").unwrap();
    /// assert!(matches!(place.kind, PlaceKind::Directory(_)));
    /// assert_eq!(Place::parse("public", "dir:PATH").unwrap_err(), "expected dir:PATH");
    /// ```
    pub fn parse(text: &str, forms: &str) -> Result<Self, String> {
        let kind = match text.split_once(':') {
            None if text == GITLAB => PlaceKind::Gitlab(None),
            None if text == "pypi" => PlaceKind::Pypi(url(PYPI)?),
            None if text == "testpypi" => PlaceKind::Pypi(url(TESTPYPI)?),
            Some((GITLAB, place)) => {
                let (api, project) = place.rsplit_once('#').unwrap_or((place, ""));
                let project = GitlabProject::new(url(api)?, project);
                let form = "expected gitlab:https://HOST/api/v4#GROUP/PROJECT";
                PlaceKind::Gitlab(Some(project.ok_or(form)?))
            }
            Some((LEGACY, place)) => {
                let (upload, index) = match place.split_once('#') {
                    Some((upload, index)) => (upload, index.to_owned()),
                    None => (place, index_of(place)),
                };
                PlaceKind::Legacy { upload: url(upload)?, index: url(&index)? }
            }
            Some((DIRECTORY, path)) if !path.is_empty() => PlaceKind::Directory(path.into()),
            Some(("http" | "https", _)) => PlaceKind::Index(url(text)?),
            _ => return Err(format!("expected {forms}")),
        };
        Ok(Self { text: text.to_owned(), kind })
    }

    /// Whether it is on this machine.
    pub fn is_directory(&self) -> bool {
        matches!(self.kind, PlaceKind::Directory(_))
    }

    /// Whether both are one place, as far as their texts tell: a run would wait for its own lock.
    pub fn is_same(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (PlaceKind::Directory(ours), PlaceKind::Directory(theirs)) => {
                let whole = |path: &Path| std::path::absolute(path).unwrap_or(path.to_owned());
                whole(ours).components().eq(whole(theirs).components())
            }
            _ => self.text == other.text,
        }
    }

    /// Finds the place; `gitlab` alone is the project of the job. `flag` is where it was given.
    pub fn resolve(&self, flag: &'static str, job: Option<&Job>) -> Result<Resolved, Error> {
        let server =
            |index: &Url| Resolved::Server { index: index.clone(), upload: None, gitlab: None };
        Ok(match (&self.kind, job) {
            (PlaceKind::Directory(path), _) => Resolved::Directory(path.clone()),
            (PlaceKind::Gitlab(Some(project)), _) => Resolved::gitlab(project.clone()),
            (PlaceKind::Gitlab(None), Some(job)) => Resolved::gitlab(GitlabProject::of_job(job)?),
            (PlaceKind::Gitlab(None), None) => return Err(Error::NoJob { flag }),
            (PlaceKind::Index(index) | PlaceKind::Pypi(index), _) => server(index),
            (PlaceKind::Legacy { upload, index }, _) => Resolved::Server {
                index: index.clone(),
                upload: Some(upload.clone()),
                gitlab: None,
            },
        })
    }
}

/// Where a place is.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has a few of them")]
pub enum Resolved {
    /// On this machine.
    Directory(PathBuf),
    /// On a server.
    Server {
        /// The root of the simple index.
        index: Url,
        /// Where a package is posted to, if that is known.
        upload: Option<Url>,
        /// The project that the index belongs to, if it is GitLab's.
        gitlab: Option<GitlabProject>,
    },
}

impl Resolved {
    fn gitlab(project: GitlabProject) -> Self {
        let (index, upload) = (project.index(), Some(project.upload()));
        Self::Server { index, upload, gitlab: Some(project) }
    }
}

fn url(text: &str) -> Result<Url, String> {
    text.parse().map_err(|error: pysign_http::ParseUrlError| error.to_string())
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

    fn parse(text: &str) -> Result<PlaceKind, String> {
        Place::parse(text, "").map(|place| place.kind)
    }

    #[test]
    fn every_form_of_a_place_is_understood() {
        assert!(matches!(parse("gitlab"), Ok(PlaceKind::Gitlab(None))));
        let Ok(PlaceKind::Gitlab(Some(project))) = parse("gitlab:https://git.acme.org/api/v4#a/b")
        else {
            panic!("a project");
        };
        assert_eq!(project.api().to_string(), "https://git.acme.org/api/v4");
        assert!(matches!(parse("dir:a:b"), Ok(PlaceKind::Directory(path)) if path == *"a:b"));
        for (text, root) in [("pypi", PYPI), ("testpypi", TESTPYPI)] {
            assert!(matches!(parse(text), Ok(PlaceKind::Pypi(url)) if url.to_string() == root));
        }
        assert!(matches!(parse("http://127.0.0.1:1/s"), Ok(PlaceKind::Index(_))));
    }

    #[test]
    fn a_place_is_the_same_in_another_spelling() {
        let same = |a: &str, b: &str| {
            let parse = |text| Place::parse(text, "").unwrap();
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
            "simple",
            "gitlab:",
            "gitlab:https://git.acme.org/api/v4",
            "gitlab:git.acme.org#a/b",
            "gitlab:http://git.acme.org/api/v4#a/b",
            "dir:",
            "dir",
            "legacy:",
            "legacy:http://example.org/legacy/",
            "legacy:https://user:secret@example.org/",
            "http://example.org/simple",
            "https://user:secret@example.org/simple",
            "file:///simple",
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
            let Ok(PlaceKind::Legacy { index, .. }) = parse(&format!("legacy:{text}")) else {
                panic!("{text}")
            };
            assert_eq!(index, expected.parse().unwrap());
        }
    }
}
