//! An index in a directory, for any web server or to be read without one.
//!
//! ```text
//! simple/index.{html,json}          the list of projects
//! simple/NAME/index.{html,json}     the page of a project, its links relative
//! files/NAME/VERSION/FILE           a wheel or sdist, its sidecars and the marker beside it
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use pysign_host::{FileError, read_regular};
use pysign_names::{ProjectName, Version};

use crate::Error;
use crate::location::{Base, encode_path};
use crate::page::{MAX_PAGE, Page};

/// The two forms of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// PEP 503.
    Html,
    /// PEP 691.
    Json,
}

impl Form {
    /// The name of a page of this form.
    pub const fn filename(self) -> &'static str {
        match self {
            Self::Html => "index.html",
            Self::Json => "index.json",
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Json => "application/json",
        }
    }
}

/// A directory with an index.
///
/// ```
/// use pysign_index::Directory;
///
/// let (project, version) = ("demo".parse().unwrap(), "1.0".parse().unwrap());
/// let file = Directory::file(&project, &version, "demo-1.0.tar.gz");
/// let path = Directory::new("public".as_ref()).path(&file);
/// assert_eq!(path.to_str(), Some("public/files/demo/1.0/demo-1.0.tar.gz"));
/// ```
#[derive(Clone, Debug)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The index at `root`, which need not exist yet.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The list of projects.
    pub fn projects_path(&self, form: Form) -> PathBuf {
        self.root.join("simple").join(form.filename())
    }

    /// The page of a project.
    pub fn page_path(&self, project: &ProjectName, form: Form) -> PathBuf {
        self.root.join("simple").join(project.as_str()).join(form.filename())
    }

    /// Where a file of a release is, below the root. `version` is the file's own.
    pub fn file(project: &ProjectName, version: &Version, filename: &str) -> String {
        format!("files/{project}/{version}/{filename}")
    }

    /// The path of what is at [`Location::Within`](crate::Location::Within).
    pub fn path(&self, within: &str) -> PathBuf {
        within.split('/').fold(self.root.clone(), |path, name| path.join(name))
    }

    /// The address of [`Location::Within`](crate::Location::Within) on this machine (RFC 8089).
    pub fn url(&self, within: &str) -> String {
        let path = self.path(within);
        let path = std::path::absolute(&path).unwrap_or(path).display().to_string();
        format!("file://{}", encode_path(&path))
    }

    /// The page of a project, its JSON if there is one; `None` if there is neither.
    pub fn page(&self, project: &ProjectName) -> Result<Option<Page>, Error> {
        for form in [Form::Json, Form::Html] {
            let path = self.page_path(project, form);
            match read_regular(&path, MAX_PAGE) {
                Ok(body) => {
                    let shown = path.display().to_string();
                    let base = Base::Directory(&shown);
                    return Page::read(project, &body, Some(form.content_type()), &base).map(Some);
                }
                Err(FileError::Missing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match fs::metadata(&self.root) {
            Ok(facts) if facts.is_dir() => Ok(None),
            Ok(_) => Err(FileError::Missing { file: self.root.join("simple") }.into()),
            Err(cause) => Err(FileError::on_open(&self.root, cause).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use pysign_testkit::Scratch;

    use super::*;
    use crate::Location;

    #[test]
    fn a_file_has_an_address_on_this_machine() {
        let url = Directory::new(Path::new("/a b/./c")).url("files/demo/1!2/x");
        assert_eq!(url, "file:///a%20b/c/files/demo/1%212/x");
        assert!(!Directory::new(Path::new("c")).url("x").starts_with("file://c"));
    }

    /// A directory with these files.
    struct Root(Scratch);

    impl Root {
        fn with(files: &[(&str, &str)]) -> Self {
            let root = Scratch::new();
            for (path, text) in files {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Self(root)
        }

        fn page(&self) -> Result<Option<Page>, Error> {
            Directory::new(self.0.path()).page(&"Demo".parse().unwrap())
        }
    }

    const HTML: &str = "<a href=../../files/x>demo-1.tar.gz</a>";

    #[test]
    fn a_page_is_read_in_either_form_and_json_first() {
        let json = r#"{"meta": {"api-version": "1.0"}, "name": "demo", "files": []}"#;
        let html = ("simple/demo/index.html", HTML);
        let page = Root::with(&[html]).page().unwrap().unwrap();
        assert_eq!(page.files[0].location, Location::Within("files/x".to_owned()));
        let both = Root::with(&[html, ("simple/demo/index.json", json)]);
        assert!(both.page().unwrap().unwrap().files.is_empty());
    }

    #[test]
    fn an_unknown_project_is_absent_and_an_absent_directory_an_error() {
        assert!(Root::with(&[]).page().unwrap().is_none());
        let error = Directory::new(Path::new("/nonexistent")).page(&"demo".parse().unwrap());
        assert!(matches!(error, Err(Error::File(FileError::Missing { .. }))));
        let file = Root::with(&[("file", "")]);
        let error = Directory::new(&file.0.path().join("file")).page(&"demo".parse().unwrap());
        assert!(matches!(error, Err(Error::File(FileError::Missing { .. }))));
    }

    #[test]
    fn a_page_that_is_a_link_is_not_followed() {
        let root = Root::with(&[("simple/demo/real", HTML)]);
        let page = root.0.path().join("simple/demo/index.html");
        std::os::unix::fs::symlink("real", page).unwrap();
        assert!(matches!(root.page(), Err(Error::File(FileError::NotRegular { .. }))));
    }

    #[test]
    fn links_of_a_directory_that_lead_elsewhere_are_ignored() {
        for page in [
            "<a href=https://example.org/x>demo-1.tar.gz</a>",
            "<a href=../../../x>demo-1.tar.gz</a>",
            "<base href=/><a href=../../files/x>demo-1.tar.gz</a>",
        ] {
            let found = Root::with(&[("simple/demo/index.html", page)]).page().unwrap().unwrap();
            assert!(found.files.is_empty() && found.ignored.len() == 1, "{page}");
        }
    }
}
