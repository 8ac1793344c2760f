//! An sdist as the source of a build.

use std::fs;
use std::path::Path;
use std::time::UNIX_EPOCH;

use pysign_host::{Failure, FileError, hash_regular};
use pysign_manifest::Artifact;

use super::{Epoch, Origin, Stage};
use crate::Error;
use crate::archives::unpack;
use crate::workspace::Workspace;

pub(super) fn stage(path: &Path, workspace: &Workspace<'_>) -> Result<Stage, Failure> {
    let (sha256, _) = hash_regular(path, Artifact::MAX_BYTES)?;
    let project = unpack(path, path, sha256, &workspace.directory("source")?)?;
    let filename = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let newest = newest(&project)?.map(|time| (time, "sdist"));
    Ok(Stage {
        project,
        origin: Origin::Sdist { path: path.to_owned(), filename, sha256 },
        epoch: Epoch::choose(workspace.host, newest)?,
    })
}

/// The time of the newest file, which unpacking has kept.
fn newest(directory: &Path) -> Result<Option<u64>, Error> {
    let unreadable = |cause| FileError::on_open(directory, cause);
    let mut newest = None;
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let facts = entry.metadata().map_err(unreadable)?;
        let time = if facts.is_dir() {
            self::newest(&entry.path())?
        } else if facts.is_file() {
            let since = facts.modified().map_err(unreadable)?.duration_since(UNIX_EPOCH);
            since.ok().map(|since| since.as_secs())
        } else {
            None
        };
        newest = newest.max(time);
    }
    Ok(newest)
}
