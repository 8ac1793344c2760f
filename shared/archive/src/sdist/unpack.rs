//! Unpacking an sdist into a directory, and into no other place.

use std::fs::{self, FileTimes, OpenOptions, Permissions};
use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::contents;
use crate::Error;
use crate::blocks;
use crate::error::{Fault, Format};
use crate::tar::{self, Kind, Member, Repeats};
use crate::time::UnixTime;

/// Unpacks the sdist at `path`, open as `source`, beneath the directory `into`, which nobody else
/// writes to, and returns the path of the sdist's own directory. The whole archive is checked, as by
/// [`identity`](crate::identity), before the first file is written (PEP 721 and more: no device, no
/// hard link, no link that leaves the sdist). Modes are 0644 and 0755, times never before 1980.
pub fn unpack(source: &mut (impl Read + Seek), path: &Path, into: &Path) -> Result<PathBuf, Error> {
    let name = crate::metadata::file_name(path)?;
    let top = contents(source, &name, Repeats::None).map_err(Error::of(path))?.top;
    write_all(source, into).map_err(Error::of(path))?;
    Ok(into.join(top))
}

/// Links come last, when no member can be written through them any more.
fn write_all(source: &mut (impl Read + Seek), into: &Path) -> Result<(), Fault> {
    let mut links = Vec::new();
    tar::walk(source, Repeats::None, &mut |member, bytes| {
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use pysign_host::Problem as _;
    use pysign_testkit::Scratch;

    use super::*;
    use crate::samples::{SDIST, Sdist};

    fn unpack_into(scratch: &Scratch, sdist: Sdist) -> Result<PathBuf, Error> {
        unpack(&mut Cursor::new(sdist.bytes()), Path::new(SDIST), scratch.path())
    }

    #[test]
    fn files_modes_times_and_links_are_unpacked() {
        let scratch = Scratch::new();
        let mut sdist = Sdist::new().link("demo_pkg-1.0/link", "sub/run");
        (sdist.mode, sdist.mtime) = (0o700, 7);
        let top = unpack_into(&scratch, sdist.file("demo_pkg-1.0/sub/run", b"run")).unwrap();
        assert_eq!(top, scratch.path().join("demo_pkg-1.0"));
        let run = fs::metadata(top.join("sub/run")).unwrap();
        assert_eq!(run.permissions().mode() & 0o7777, 0o755);
        assert_eq!(run.modified().unwrap(), UNIX_EPOCH + Duration::from_secs(315_532_800));
        let info = fs::metadata(top.join("PKG-INFO")).unwrap();
        assert_eq!(info.permissions().mode() & 0o7777, 0o644);
        assert_eq!(fs::read(top.join("link")).unwrap(), b"run");
    }

    #[test]
    fn nothing_is_written_of_an_archive_that_is_refused() {
        let scratch = Scratch::new();
        let outside = || Sdist::new().link("demo_pkg-1.0/out", "../..");
        let error = unpack_into(&scratch, outside().file("demo_pkg-1.0/out/x", b"")).unwrap_err();
        assert_eq!(error.facts().code, "tar-name");
        assert_eq!(unpack_into(&scratch, outside()).unwrap_err().facts().code, "tar-link");
        assert_eq!(
            unpack_into(&scratch, Sdist::new().file("../x", b"")).unwrap_err().facts().code,
            "tar-name"
        );
        assert!(scratch.names().is_empty());
    }

    #[test]
    fn a_file_that_is_there_already_is_kept() {
        let scratch = Scratch::new();
        unpack_into(&scratch, Sdist::new()).unwrap();
        assert_eq!(
            unpack_into(&scratch, Sdist::new()).unwrap_err().facts().code,
            "output-unwritable"
        );
    }
}
