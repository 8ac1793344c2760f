//! A directory that appears whole or not at all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::{FILE, OUTPUT, make_parents, sync_parent, temporary_name};
use crate::{FileError, Sha256, hash_regular};

/// A directory that is being filled is its user's alone, whatever the umask.
const PRIVATE: u32 = 0o700;

/// A private directory beside its target. Dropped before it is committed, it leaves nothing.
#[derive(Debug)]
pub struct NewDirectory {
    path: PathBuf,
    target: PathBuf,
    force: bool,
    /// What it gets in its place.
    mode: Permissions,
}

impl NewDirectory {
    pub(super) fn create(target: &Path, force: bool) -> Result<Self, FileError> {
        let unwritable = |cause| FileError::Unwritable { file: target.into(), cause };
        let target: PathBuf = target.components().collect();
        if target.file_name().is_none() {
            // `.`, `..` and `/` are there already.
            return Err(FileError::Exists { file: target });
        }
        make_parents(&target).map_err(unwritable)?;
        let path = temporary_name(&target);
        let created = DirBuilder::new().mode(OUTPUT).create(&path).and_then(|()| {
            // What the user's umask leaves of it is for later: until then nobody else looks in.
            let mode = fs::symlink_metadata(&path)?.permissions();
            fs::set_permissions(&path, Permissions::from_mode(PRIVATE))?;
            Ok(mode)
        });
        let mode = created.map_err(unwritable)?;
        Ok(Self { path, target, force, mode })
    }

    /// Where its files are until it is committed.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it will become.
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// A new file in it. `name` is one component; anything else is refused as an unwritable name.
    pub fn create_file(&self, name: &str) -> Result<File, FileError> {
        let file = self.path.join(name);
        if Path::new(name).file_name().is_none_or(|last| last != name) {
            let cause = std::io::ErrorKind::InvalidFilename.into();
            return Err(FileError::Unwritable { file: self.target.join(name), cause });
        }
        OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(FILE)
            .open(&file)
            .map_err(|cause| FileError::Unwritable { file: self.target.join(name), cause })
    }

    /// Puts it in place. A target that holds the same files already is left alone; one that holds
    /// others is an error, unless forced: then it is replaced as a whole.
    pub fn commit(self) -> Result<(), FileError> {
        let unwritable = |cause| FileError::Unwritable { file: self.target.clone(), cause };
        let ours = contents(&self.path)?.unwrap_or_default();
        for name in ours.keys() {
            File::open(self.path.join(name))
                .and_then(|file| file.sync_all())
                .map_err(unwritable)?;
        }
        let there = if fs::symlink_metadata(&self.target).is_ok() {
            contents(&self.target)?.ok_or_else(|| self.holds_more())?
        } else {
            BTreeMap::new()
        };
        fs::set_permissions(&self.path, self.mode.clone()).map_err(unwritable)?;
        if there.is_empty() {
            // Over nothing, or over an empty directory.
            fs::rename(&self.path, &self.target).map_err(unwritable)?;
        } else if there == ours {
            return Ok(());
        } else if self.force {
            let old = temporary_name(&self.target);
            fs::rename(&self.target, &old).map_err(unwritable)?;
            fs::rename(&self.path, &self.target).map_err(unwritable)?;
            fs::remove_dir_all(&old).map_err(unwritable)?;
        } else {
            return Err(FileError::Exists { file: self.target.clone() });
        }
        sync_parent(&self.target);
        Ok(())
    }

    /// A target that holds more than files is not replaced, forced or not.
    fn holds_more(&self) -> FileError {
        let file = self.target.clone();
        if self.force {
            let cause = std::io::ErrorKind::DirectoryNotEmpty.into();
            FileError::Unwritable { file, cause }
        } else {
            FileError::Exists { file }
        }
    }
}

impl Drop for NewDirectory {
    fn drop(&mut self) {
        // Gone already when it was committed.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Names and digests of the files directly in `directory`; nothing if it holds anything else, or
/// is none.
fn contents(directory: &Path) -> Result<Option<BTreeMap<OsString, Sha256>>, FileError> {
    let Ok(entries) = fs::read_dir(directory) else { return Ok(None) };
    let mut found = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|cause| FileError::on_open(directory, cause))?;
        if !entry.file_type().is_ok_and(|kind| kind.is_file()) {
            return Ok(None);
        }
        let (digest, _) = hash_regular(&entry.path(), u64::MAX)?;
        found.insert(entry.file_name(), digest);
    }
    Ok(Some(found))
}
