//! Unpacking an sdist into a directory, and into no other place.

use std::fs::{self, File, FileTimes, OpenOptions, Permissions};
use std::io::Read;
use std::ops::ControlFlow;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use pysign_host::open_regular;

use super::{contents, file_name};
use crate::Error;
use crate::blocks;
use crate::canonical::UnixTime;
use crate::fault::{Fault, Format};
use crate::tar::{self, Kind, Member};

/// Unpacks the sdist at `path` beneath the directory `into`, which nobody else writes to, and
/// returns the path of the sdist's own directory. The whole archive is checked, as by
/// [`identity`](super::identity), before the first file is written (PEP 721 and more: no device, no
/// hard link, no link that leaves the sdist). Modes are 0644 and 0755, times never before 1980.
pub fn unpack(path: &Path, into: &Path) -> Result<PathBuf, Error> {
    let name = file_name(path)?;
    let mut source = open_regular(path)?;
    let top = contents(&mut source, &name).map_err(Error::of(path))?.top;
    let written = write_all(&mut source, into);
    written.map_err(Error::of(path))?;
    Ok(into.join(top))
}

/// Links come last, when no member can be written through them any more.
fn write_all(source: &mut File, into: &Path) -> Result<(), Fault> {
    let mut links = Vec::new();
    tar::walk(source, &mut |member, bytes| {
        let place = into.join(member.path.as_str());
        match &member.kind {
            Kind::Directory => fs::create_dir_all(&place).map_err(Fault::Write)?,
            Kind::File { .. } => write_file(&place, member, bytes)?,
            Kind::Link { target } => links.push((place, target.clone())),
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (place, target) in links {
        create_parent(&place)?;
        symlink(target, place).map_err(Fault::Write)?;
    }
    Ok(())
}

fn write_file(place: &Path, member: &Member, mut bytes: &mut dyn Read) -> Result<(), Fault> {
    create_parent(place)?;
    let executable = matches!(member.kind, Kind::File { executable: true, .. });
    let mode = if executable { 0o755 } else { 0o644 };
    let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(place);
    let mut file = file.map_err(Fault::Write)?;
    blocks::copy(Format::Tar, &mut bytes, &mut file)?;
    // Whatever the umask is: a wheel is built from these modes.
    file.set_permissions(Permissions::from_mode(mode)).map_err(Fault::Write)?;
    let time = UNIX_EPOCH + Duration::from_secs(UnixTime::clamp(member.mtime).0);
    file.set_times(FileTimes::new().set_modified(time)).map_err(Fault::Write)
}

fn create_parent(place: &Path) -> Result<(), Fault> {
    place.parent().map_or(Ok(()), fs::create_dir_all).map_err(Fault::Write)
}
