//! The bytes that a signature must be about, and the name that they must deserve.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use pysign_host::{Failure, FileError, HashingReader, Sha256};
use pysign_manifest::{Artifact, Kind};

use crate::copy::Copy;

/// The largest file that GitLab's registries take is 5 GiB, `PyPI`'s is far below.
pub(crate) const MAX_BYTES: u64 = 16 << 30;

/// An artifact's bytes: everything is read from this one descriptor.
pub(crate) struct Subject {
    file: File,
    path: PathBuf,
    kind: Kind,
    pub(crate) sha256: Sha256,
    /// A copy is ours alone, the original is not.
    copied: bool,
}

impl Subject {
    /// Hashes the artifact, into the copy if there is one, and compares it with what is claimed.
    pub(crate) fn open(artifact: &mut Artifact, copy: Option<&Copy>) -> Result<Self, Failure> {
        let path = artifact.path()?.to_owned();
        let mut file = artifact.open()?;
        let (sha256, size) = match copy {
            None => hash(&mut file, &path)?,
            Some(copy) => {
                let (ours, sha256, size) = copy.take(&file, &artifact.filename, &path)?;
                file = ours;
                (sha256, size)
            }
        };
        artifact.record(sha256, size)?;
        Ok(Self { file, path, kind: artifact.kind, sha256, copied: copy.is_some() })
    }

    /// Whether a wheel or sdist is of the project, version and tags that its name says. Of anything
    /// else a name says nothing.
    pub(crate) fn check_name(&self) -> Result<(), pysign_archive::Error> {
        match self.kind {
            Kind::Sdist | Kind::Wheel => pysign_archive::check_name(&mut &self.file, &self.path),
            Kind::Digest | Kind::File => Ok(()),
        }
    }

    /// Refuses a file that is no longer the one that was hashed: its name was read from other bytes.
    pub(crate) fn check_unchanged(self) -> Result<(), FileError> {
        let Self { mut file, path, sha256, copied, .. } = self;
        if copied || hash(&mut file, &path)?.0 == sha256 {
            Ok(())
        } else {
            Err(FileError::Changed { file: path })
        }
    }
}

/// From the beginning, and leaves the file there.
fn hash(file: &mut File, path: &Path) -> Result<(Sha256, u64), FileError> {
    let failed = |cause| FileError::on_open(path, cause);
    file.rewind().map_err(failed)?;
    let mut reader = HashingReader::new(&*file, MAX_BYTES);
    io::copy(&mut reader, &mut io::sink()).map_err(|cause| too_large(path, cause))?;
    let hashed = reader.finish();
    file.rewind().map_err(failed)?;
    Ok(hashed)
}

/// The error for a failed read of up to [`MAX_BYTES`].
fn too_large(path: &Path, cause: io::Error) -> FileError {
    match cause.kind() {
        io::ErrorKind::FileTooLarge => FileError::TooLarge { file: path.into(), cap: MAX_BYTES },
        _ => FileError::on_open(path, cause),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use pysign_host::{Host, Problem as _};

    use super::*;

    /// A file of its own for each test, and what is thought of it after `change`.
    fn outcome(name: &str, copied: bool, change: impl FnOnce(&Path)) -> Result<(), FileError> {
        let directory = std::env::temp_dir().join(format!("pysign-{name}-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let path = directory.join("notes.txt");
        fs::write(&path, "signed").unwrap();
        let host = Host::test(&[]);
        let copy = Copy::begin(&directory.join("copy"), [], &host).unwrap();
        let mut artifact = Artifact::from_path(&path).unwrap();
        let subject = Subject::open(&mut artifact, copied.then_some(&copy)).unwrap();
        assert_eq!(subject.sha256, Sha256::of(b"signed"));
        change(&path);
        let outcome = subject.check_unchanged();
        drop(copy);
        fs::remove_dir_all(&directory).unwrap();
        outcome
    }

    #[test]
    fn a_file_that_changes_is_not_the_one_that_was_hashed() {
        assert!(outcome("same", false, |_| ()).is_ok());
        let other = |path: &Path| fs::write(path, "SIGNED").unwrap();
        assert_eq!(outcome("other", false, other).unwrap_err().code(), "file-changed");
        let shorter = |path: &Path| fs::write(path, "").unwrap();
        assert_eq!(outcome("shorter", false, shorter).unwrap_err().code(), "file-changed");
    }

    #[test]
    fn a_copy_is_not_touched_by_changes_of_the_original() {
        assert!(outcome("copied", true, |path| fs::write(path, "SIGNED").unwrap()).is_ok());
    }

    #[test]
    fn a_file_that_is_replaced_stays_the_one_that_was_opened() {
        let replace = |path: &Path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "SIGNED").unwrap();
        };
        assert!(outcome("replaced", false, replace).is_ok());
    }
}
