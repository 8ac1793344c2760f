//! Paths of a document: read relative to where it lies, written relative to where we are.

use std::path::{Component, Path, PathBuf};

use crate::Error;

/// The current directory as an absolute path.
pub(crate) fn current_directory() -> Result<PathBuf, Error> {
    std::env::current_dir().map_err(|cause| Error::CurrentDirectory { cause })
}

/// The path `text` of a document that lies in `base`. `/` separates on every system; `..` and
/// control characters are refused, and so is a last component other than `name`.
pub(crate) fn read(text: &str, name: &str, base: &Path) -> Result<PathBuf, Error> {
    let refused = |reason| Error::Path { path: text.to_owned(), reason };
    if text.chars().any(char::is_control) {
        return Err(refused("it holds a control character"));
    }
    if text.split('/').any(|part| part == "..") {
        return Err(refused("it holds '..'"));
    }
    if text.rsplit('/').next() != Some(name) {
        return Err(refused("its last component is not the file name"));
    }
    Ok(base.join(text))
}

/// `path` as a document has it: relative if it lies beneath `here`, else absolute.
pub(crate) fn write(path: &Path, here: &Path) -> Result<String, Error> {
    let refused = |reason| Error::Path { path: path.display().to_string(), reason };
    let absolute = plain(&here.join(path));
    let written = absolute.strip_prefix(here).unwrap_or(&absolute);
    let text = written.to_str().ok_or_else(|| refused("it is not UTF-8"))?;
    if text.chars().any(char::is_control) {
        return Err(refused("it holds a control character"));
    }
    Ok(text.to_owned())
}

/// Without `.`; and without `..`, whose parent is asked of the file system, which knows of links.
fn plain(path: &Path) -> PathBuf {
    if path.components().any(|part| part == Component::ParentDir)
        && let (Some(parent), Some(name)) = (path.parent(), path.file_name())
        && let Ok(parent) = parent.canonicalize()
    {
        return parent.join(name);
    }
    path.components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_relative_to_its_document() {
        let read = |text| read(text, "a.whl", Path::new("sub")).unwrap();
        assert_eq!(read("dist/a.whl"), Path::new("sub/dist/a.whl"));
        assert_eq!(read("/abs/a.whl"), Path::new("/abs/a.whl"));
    }

    #[test]
    fn paths_that_lie_are_refused() {
        for text in ["../a.whl", "x/../a.whl", "dist/b.whl", "dist/a.whl/", "di\nst/a.whl", ""] {
            assert!(read(text, "a.whl", Path::new("")).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_path_is_written_relative_to_the_current_directory() {
        let here = Path::new("/a/b");
        for (path, written) in [
            ("dist/x", "dist/x"),
            ("./dist/x", "dist/x"),
            ("/a/b/dist/x", "dist/x"),
            ("/a/c/x", "/a/c/x"),
        ] {
            assert_eq!(write(Path::new(path), here).unwrap(), written);
        }
        assert!(write(Path::new("a\u{1b}"), here).is_err());
    }
}
