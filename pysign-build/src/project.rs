//! `pyproject.toml`: which backend builds the project, and what it needs (PEP 517, PEP 518).

use std::path::{Component, Path, PathBuf};

use pysign_host::FileError;
use pysign_names::Requirement;
use toml_edit::{DocumentMut, Item, TableLike, Value};

use crate::Error;

/// The largest known `pyproject.toml`, of a monorepo with many tools, has some 100 KiB.
const MAX_BYTES: u64 = 1024 * 1024;

/// The backend of a project that names none: PEP 517, "Source trees".
const LEGACY_BACKEND: &str = "setuptools.build_meta:__legacy__";
const LEGACY_REQUIRES: &[&str] = &["setuptools >= 40.8.0"];

/// A `pyproject.toml` that was read.
#[derive(Debug)]
pub(crate) struct PyProject {
    pub(crate) path: PathBuf,
    pub(crate) document: DocumentMut,
}

impl PyProject {
    /// Reads the file in `directory`; `None` if there is none.
    pub(crate) fn read(directory: &Path) -> Result<Option<Self>, Error> {
        let path = directory.join("pyproject.toml");
        let bytes = match pysign_host::read_regular(&path, MAX_BYTES) {
            Ok(bytes) => bytes,
            Err(FileError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(in_the_project(error).into()),
        };
        let text = str::from_utf8(&bytes);
        let text = text.map_err(|_| Error::pyproject("it is not UTF-8"))?;
        let document = text.parse().map_err(|error: toml_edit::TomlError| {
            let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            // The rest of the message draws the line with carets.
            let message = error.message().lines().next().unwrap_or("it is not TOML").to_owned();
            Error::pyproject(format!("line {line}: {message}"))
        })?;
        Ok(Some(Self { path, document }))
    }
}

/// The error of a file that is read in the private copy, with the name that the user knows.
fn in_the_project(error: FileError) -> FileError {
    let file = PathBuf::from("pyproject.toml");
    match error {
        FileError::NotRegular { .. } => FileError::NotRegular { file },
        FileError::TooLarge { cap, .. } => FileError::TooLarge { file, cap },
        FileError::Unreadable { cause, .. } => FileError::Unreadable { file, cause },
        error => error,
    }
}

/// The table `[build-system]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuildSystem {
    /// What must be installed before the backend can be asked anything.
    pub(crate) requires: Vec<Requirement>,
    /// `module` or `module:object`.
    pub(crate) backend: String,
    /// Directories of the project that the backend is imported from.
    pub(crate) backend_path: Vec<String>,
}

impl BuildSystem {
    /// How the project in `directory` is built.
    pub(crate) fn read(directory: &Path) -> Result<Self, Error> {
        let pyproject = PyProject::read(directory)?;
        let Some(table) = pyproject.as_ref().and_then(|p| p.document.get("build-system")) else {
            return Ok(Self {
                requires: requirements(LEGACY_REQUIRES.iter().copied())?,
                backend: LEGACY_BACKEND.to_owned(),
                backend_path: Vec::new(),
            });
        };
        let table = table.as_table_like();
        let table = table.ok_or_else(|| Error::pyproject("'build-system' is not a table"))?;
        let texts = |name| texts(table, name);
        let requires = texts("requires")?;
        let requires =
            requires.ok_or_else(|| Error::pyproject("'build-system.requires' is missing"))?;
        let backend_path = texts("backend-path")?.unwrap_or_default();
        if !backend_path.iter().all(|path| stays_inside(path)) {
            return Err(Error::pyproject(
                "'build-system.backend-path' points outside of the project",
            ));
        }
        let backend = match table.get("build-backend").map(Item::as_str) {
            None => LEGACY_BACKEND,
            Some(Some(name)) if is_object_path(name) => name,
            Some(_) => {
                return Err(Error::pyproject(
                    "'build-system.build-backend' is not of the form MODULE or MODULE:OBJECT",
                ));
            }
        };
        Ok(Self {
            requires: requirements(requires.iter().map(String::as_str))?,
            backend: backend.to_owned(),
            backend_path,
        })
    }
}

/// Requirements that an installer may be given.
pub(crate) fn requirements<'t>(
    texts: impl IntoIterator<Item = &'t str>,
) -> Result<Vec<Requirement>, Error> {
    texts.into_iter().map(requirement).collect()
}

fn requirement(text: &str) -> Result<Requirement, Error> {
    let refused = |reason| Error::Requirement { text: text.to_owned(), reason };
    let requirement: Requirement =
        text.parse().map_err(|_| refused("it does not begin with a project name"))?;
    match requirement.as_str().split_once('@') {
        Some((_, url)) if !is_wheel(url) => {
            // Anything else would be built, with the installer's environment.
            Err(refused("its URL is not that of a wheel"))
        }
        _ => Ok(requirement),
    }
}

/// Whether an installer takes what is at `url` for a wheel: by the last component of its path.
fn is_wheel(url: &str) -> bool {
    let url = url.trim().split([';', ' ', '#', '?']).next().unwrap_or_default();
    let schemes = ["https://", "http://", "file://"];
    let name = url.rsplit('/').next().unwrap_or_default();
    schemes.iter().any(|scheme| url.starts_with(scheme)) && name.strip_suffix(".whl").is_some()
}

fn texts(table: &dyn TableLike, name: &str) -> Result<Option<Vec<String>>, Error> {
    let Some(item) = table.get(name) else { return Ok(None) };
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let list = item.as_array().and_then(|array| array.iter().map(text).collect());
    match list {
        Some(list) => Ok(Some(list)),
        None => Err(Error::pyproject(format!("'build-system.{name}' is not a list of strings"))),
    }
}

/// PEP 517: paths relative to the project, inside of it. What links do is the hook runner's check.
fn stays_inside(path: &str) -> bool {
    let plain = |part| matches!(part, Component::Normal(_) | Component::CurDir);
    !path.is_empty() && Path::new(path).components().all(plain)
}

/// `package.module` or `package.module:object.attribute`.
fn is_object_path(text: &str) -> bool {
    let is_name = |name: &str| {
        name.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
    };
    let (module, object) = text.split_once(':').unwrap_or((text, "_"));
    module.split('.').all(is_name) && object.split('.').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pyproject: Option<&str>) -> Result<BuildSystem, Error> {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "pysign-project-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Ordering::Relaxed)
        );
        let directory = std::env::temp_dir().join(name);
        std::fs::create_dir(&directory).unwrap();
        if let Some(text) = pyproject {
            std::fs::write(directory.join("pyproject.toml"), text).unwrap();
        }
        let read = BuildSystem::read(&directory);
        std::fs::remove_dir_all(&directory).unwrap();
        read
    }

    #[test]
    fn a_project_without_a_word_about_it_is_built_by_setuptools() {
        for text in [None, Some("[tool.black]\nline-length = 100\n")] {
            let system = read(text).unwrap();
            assert_eq!(system.backend, LEGACY_BACKEND);
            assert_eq!(system.requires[0].project().as_str(), "setuptools");
        }
        let system = read(Some("[build-system]\nrequires = ['setuptools', 'wheel']\n")).unwrap();
        assert_eq!((&*system.backend, system.requires.len()), (LEGACY_BACKEND, 2));
    }

    #[test]
    fn the_backend_and_where_it_is_are_read() {
        let text = "[build-system]\nrequires = []\nbuild-backend = 'a.b:c'\nbackend-path = ['.', 'in/side']\n";
        let system = read(Some(text)).unwrap();
        assert_eq!(system.backend, "a.b:c");
        assert_eq!(system.backend_path, [".", "in/side"]);
    }

    #[test]
    fn a_table_that_breaks_the_rules_is_refused() {
        for text in [
            "build-system = 1",
            "[build-system]\nbuild-backend = 'a'",
            "[build-system]\nrequires = 'setuptools'",
            "[build-system]\nrequires = [1]",
            "[build-system]\nrequires = []\nbuild-backend = 1",
            "[build-system]\nrequires = []\nbuild-backend = 'a b'",
            "[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['../x']",
            "[build-system]\nrequires = []\nbuild-backend = 'a'\nbackend-path = ['/x']",
        ] {
            assert!(matches!(read(Some(text)).unwrap_err(), Error::PyProject { .. }), "{text}");
        }
    }

    #[test]
    fn a_syntax_error_has_its_line() {
        let error = read(Some("a = 1\nb = = 2\n")).unwrap_err();
        assert!(error.to_string().contains("line 2"), "{error}");
    }

    #[test]
    fn a_requirement_that_would_be_built_is_refused() {
        for text in ["flit_core>=3", "a @ https://host/a-1-py3-none-any.whl#sha256=00"] {
            assert_eq!(requirement(text).unwrap().as_str(), text);
        }
        for text in [
            "a @ https://host/a-1.tar.gz",
            "a @ git+https://host/a.whl",
            "a @ https://host/a.git#egg=b.whl",
            "--pre",
            "./a",
        ] {
            assert!(matches!(requirement(text), Err(Error::Requirement { .. })), "{text}");
        }
    }
}
