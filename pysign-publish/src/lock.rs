//! One run at a time writes to a directory.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use pysign_host::{Failure, FileError, Host};

use crate::Error;

/// How often the lock is tried.
const PAUSE: Duration = Duration::from_millis(50);

/// The right to write to a directory, until it is dropped. The directory itself is locked: no file
/// is left in it that a server would show.
#[derive(Debug)]
pub(crate) struct Lock {
    /// Closing it releases the lock.
    _directory: File,
    /// Directories that were made for it, deepest first.
    made: Vec<PathBuf>,
}

impl Lock {
    /// Waits for other runs, but not longer than `patience`. A directory that is missing is made.
    pub(crate) fn take(root: &Path, host: &Host, patience: Duration) -> Result<Self, Failure> {
        let unwritable = |cause| FileError::Unwritable { file: root.into(), cause };
        if root.exists() && !root.is_dir() {
            return Err(unwritable(io::ErrorKind::NotADirectory.into()).into());
        }
        let begin = host.clock.instant();
        loop {
            let missing = missing(root);
            // Whoever could write there could put an index of their own in its place.
            DirBuilder::new().recursive(true).mode(0o755).create(root).map_err(unwritable)?;
            let directory = File::open(root).map_err(unwritable)?;
            match directory.try_lock() {
                Ok(()) if is_at(&directory, root) => {
                    return Ok(Self { _directory: directory, made: missing });
                }
                // The run that made the directory has failed and removed it.
                Ok(()) | Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(cause)) => return Err(unwritable(cause).into()),
            }
            if begin.elapsed() >= patience {
                return Err(Error::Locked { directory: root.into() }.into());
            }
            host.notes.progress(format!("waiting for another run on '{}'", root.display()));
            host.clock.sleep(PAUSE);
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        for directory in &self.made {
            // Fails, as it should, if something was put there.
            let _ = fs::remove_dir(directory);
        }
    }
}

/// The directories that do not exist yet, deepest first.
fn missing(root: &Path) -> Vec<PathBuf> {
    let missing = root
        .ancestors()
        .take_while(|directory| !directory.as_os_str().is_empty() && !directory.exists());
    missing.map(Path::to_path_buf).collect()
}

/// Whether `path` still leads to `directory`.
fn is_at(directory: &File, path: &Path) -> bool {
    match (directory.metadata(), fs::metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use pysign_testkit::Scratch;

    use super::*;

    #[test]
    fn a_directory_is_one_runs_at_a_time() {
        let (scratch, host) = (Scratch::new(), Host::test(&[]));
        let take = || Lock::take(scratch.path(), &host, Duration::ZERO);
        let first = take().unwrap();
        let failure = take().unwrap_err();
        assert_eq!(failure.problems().next().unwrap().facts().code, "publish-locked");
        drop(first);
        assert!(take().is_ok());
    }

    #[test]
    fn what_was_made_for_nothing_is_removed() {
        let (scratch, host) = (Scratch::new(), Host::test(&[]));
        let root = scratch.path().join("a/b");
        drop(Lock::take(&root, &host, Duration::ZERO).unwrap());
        assert!(!scratch.path().join("a").exists());
        let lock = Lock::take(&root, &host, Duration::ZERO).unwrap();
        fs::write(root.join("file"), "").unwrap();
        drop(lock);
        assert!(root.join("file").exists());
        fs::create_dir(scratch.path().join("c")).unwrap();
        drop(Lock::take(&scratch.path().join("c"), &host, Duration::ZERO).unwrap());
        assert!(scratch.path().join("c").exists());
    }

    #[test]
    fn a_directory_that_was_removed_meanwhile_is_another_one() {
        let scratch = Scratch::new();
        let path = scratch.path().join("a");
        fs::create_dir(&path).unwrap();
        let opened = File::open(&path).unwrap();
        assert!(is_at(&opened, &path));
        fs::remove_dir(&path).unwrap();
        assert!(!is_at(&opened, &path));
        fs::create_dir(&path).unwrap();
        assert!(!is_at(&opened, &path));
    }
}
