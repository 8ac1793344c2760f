//! The private directory that a build happens in. It goes when we go, however we go.

use std::cell::Cell;
use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use pysign_host::{FileError, Host};

use crate::Error;

/// Waits until the process that writes to it is gone, killed or not, then kills the process group
/// that it was told of last and removes the directory. What a backend made read-only goes too.
const KEEPER: &str = r#"trap '' HUP INT TERM
group=
while IFS= read -r line; do group=$line; done
[ -z "$group" ] || kill -s KILL -- "-$group" 2>/dev/null
rm -rf -- "$1" 2>/dev/null && exit
chmod -R u+rwX -- "$1"
rm -rf -- "$1""#;

/// A private directory, and the processes that work in it one after the other.
#[derive(Debug)]
pub(crate) struct Room<'h> {
    pub(crate) host: &'h Host,
    path: PathBuf,
    keeper: Child,
    count: Cell<u32>,
}

impl<'h> Room<'h> {
    /// A new one in `TMPDIR`, for this user alone.
    pub(crate) fn open(host: &'h Host) -> Result<Self, Error> {
        let parent = Path::new(host.env.os("TMPDIR").unwrap_or("/tmp".as_ref()));
        let unwritable = |cause| FileError::Unwritable { file: parent.into(), cause };
        // A backend sees the same path whether it asks for it or resolves it.
        let path = create(&parent.canonicalize().map_err(unwritable)?).map_err(unwritable)?;
        let keeper = Command::new("sh")
            .args(["-c", KEEPER, "sh"])
            .arg(&path)
            .env_clear()
            .envs(host.env.os("PATH").map(|value| ("PATH", value)))
            .current_dir("/")
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn();
        let keeper = keeper.map_err(|cause| {
            // Nobody else will.
            let _ = fs::remove_dir(&path);
            Error::Program { program: "sh".into(), cause }
        })?;
        let room = Self { host, path, keeper, count: Cell::new(0) };
        room.directory("empty")?;
        Ok(room)
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A new directory in it.
    pub(crate) fn directory(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        match fs::create_dir(&path) {
            Ok(()) => Ok(path),
            Err(cause) => Err(FileError::Unwritable { file: path, cause }.into()),
        }
    }

    /// A new file in it.
    pub(crate) fn write(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, Error> {
        let path = self.path.join(name);
        match fs::write(&path, bytes) {
            Ok(()) => Ok(path),
            Err(cause) => Err(FileError::Unwritable { file: path, cause }.into()),
        }
    }

    /// A name in it that was not given before.
    pub(crate) fn fresh(&self, name: &str) -> String {
        self.count.set(self.count.get() + 1);
        format!("{name}-{}", self.count.get())
    }

    /// Tells the keeper which process group must not outlive us.
    pub(crate) fn guard(&self, group: Option<u32>) {
        if let Some(mut pipe) = self.keeper.stdin.as_ref() {
            let group = group.map(|group| group.to_string()).unwrap_or_default();
            // A keeper that was killed can't be told; the build goes well without.
            let _ = writeln!(pipe, "{group}");
        }
    }
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// Makes a directory that only this user can enter, under a name that nobody can guess; always of
/// the same length, for what builds the path into its bytes.
fn create(parent: &Path) -> io::Result<PathBuf> {
    loop {
        let random = RandomState::new().hash_one(parent);
        let path = parent.join(format!("pysign-build-{random:016x}"));
        match DirBuilder::new().mode(0o700).create(&path) {
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_private_and_goes_with_what_is_in_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let room = Room::open(&host).unwrap();
        let path = room.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let inner = room.directory("inner").unwrap();
        fs::write(inner.join("file"), "x").unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o500)).unwrap();
        drop(room);
        assert!(!path.exists());
    }

    #[test]
    fn without_a_shell_there_is_no_room_and_no_rest_of_it() {
        let parent = std::env::temp_dir().join(format!("pysign-room-{}", std::process::id()));
        fs::create_dir(&parent).unwrap();
        let host = Host::test(&[("PATH", "/nowhere"), ("TMPDIR", parent.to_str().unwrap())]);
        assert!(matches!(Room::open(&host).unwrap_err(), Error::Program { .. }));
        fs::remove_dir(&parent).unwrap();
    }
}
