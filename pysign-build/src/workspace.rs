//! The private directory that a build happens in, and the programs that run in it. It is removed
//! when we exit, however we exit.

mod isolation;

use std::cell::Cell;
use std::fs::{self, DirBuilder};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use pysign_host::{FileError, Host};
use pysign_process::{End, Options, Stdout};

use crate::Error;
use crate::tail::Tail;

pub(crate) use isolation::{Isolate, Isolation};

/// Far more than the list of all files of the largest repository.
const MAX_OUTPUT: usize = 64 << 20;

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
pub(crate) struct Workspace<'h> {
    pub(crate) host: &'h Host,
    pub(crate) isolation: Isolation,
    path: PathBuf,
    keeper: Child,
    count: Cell<u32>,
}

/// A process that is gone.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    /// The end of its standard error, and of its standard output if that was not asked for.
    pub(crate) tail: Option<Tail>,
    stdout: Vec<u8>,
}

impl Ended {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self.end, End::Exit(status) if status.success())
    }

    /// Its standard output, unless it failed: then what `error` makes of its last lines.
    pub(crate) fn output(
        self,
        error: impl FnOnce(Option<Tail>) -> Error,
    ) -> Result<Vec<u8>, Error> {
        if self.is_success() { Ok(self.stdout) } else { Err(error(self.tail)) }
    }
}

impl<'h> Workspace<'h> {
    /// A new directory in `TMPDIR`, for this user alone, whose programs are isolated as `isolate`
    /// says.
    pub(crate) fn open(host: &'h Host, isolate: Isolate) -> Result<Self, Error> {
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
        let isolation = Isolation::None;
        let mut workspace = Self { host, isolation, path, keeper, count: Cell::new(0) };
        workspace.directory("empty")?;
        let is_success =
            |command| workspace.run(command, None).is_ok_and(|ended| ended.is_success());
        workspace.isolation = Isolation::choose(isolate, host, is_success)?;
        Ok(workspace)
    }

    /// The directory itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A path in it that was not given before.
    pub(crate) fn fresh(&self, name: &str) -> PathBuf {
        self.count.set(self.count.get() + 1);
        self.path.join(format!("{name}-{}", self.count.get()))
    }

    /// A new directory in it.
    pub(crate) fn directory(&self, name: impl AsRef<Path>) -> Result<PathBuf, FileError> {
        let path = self.path.join(name);
        match fs::create_dir(&path) {
            Ok(()) => Ok(path),
            Err(cause) => Err(FileError::Unwritable { file: path, cause }),
        }
    }

    /// A new file in it.
    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) -> Result<PathBuf, FileError> {
        let path = self.path.join(name);
        match fs::write(&path, bytes) {
            Ok(()) => Ok(path),
            Err(cause) => Err(FileError::Unwritable { file: path, cause }),
        }
    }

    /// A command that runs code of others: isolated, with only `PATH` in its environment.
    pub(crate) fn isolated(&self, program: impl AsRef<Path>) -> Command {
        self.isolation.command(program.as_ref(), &self.host.env)
    }

    /// Runs `command` to its end. What it says is shown with `-v`.
    pub(crate) fn run(&self, command: Command, timeout: Option<Duration>) -> Result<Ended, Error> {
        self.supervise(command, timeout, Stdout::Log)
    }

    /// Runs `command` and keeps its standard output.
    pub(crate) fn ask(&self, command: Command) -> Result<Ended, Error> {
        self.supervise(command, None, Stdout::Kept(MAX_OUTPUT))
    }

    /// Runs `command` with its standard output in a new file.
    pub(crate) fn redirect(&self, command: Command, to: &Path) -> Result<Ended, Error> {
        let file = fs::File::create_new(to);
        let file = file.map_err(|cause| FileError::Unwritable { file: to.into(), cause })?;
        self.supervise(command, None, Stdout::File(file))
    }

    fn supervise(
        &self,
        mut command: Command,
        timeout: Option<Duration>,
        stdout: Stdout,
    ) -> Result<Ended, Error> {
        if command.get_current_dir().is_none() {
            // Where nothing can be imported from, or taken for configuration.
            command.current_dir(self.path.join("empty"));
        }
        let program = command.get_program().into();
        let options = Options {
            timeout,
            stdout,
            on_line: &|line| self.host.notes.detail(line.to_owned()),
            on_group: &|group| self.guard(group),
        };
        let ended = pysign_process::run(command, options, self.host.clock);
        let ended = ended.map_err(|cause| Error::Program { program, cause })?;
        let tail = Tail::of(&ended.log, &self.path);
        Ok(Ended { end: ended.end, tail, stdout: ended.stdout })
    }

    /// Tells the keeper which process group must not outlive us.
    fn guard(&self, group: Option<u32>) {
        if let Some(mut pipe) = self.keeper.stdin.as_ref() {
            let group = group.map(|group| group.to_string()).unwrap_or_default();
            // A keeper that was killed can't be told; the build goes well without.
            let _ = writeln!(pipe, "{group}");
        }
    }
}

impl Drop for Workspace<'_> {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// A command for a program that the user has chosen, with an empty environment.
pub(crate) fn command(program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command.env_clear();
    command
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
    fn a_workspace_is_private_and_removed_with_all_that_is_in_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let path = workspace.path().to_owned();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        let inner = workspace.directory("inner").unwrap();
        fs::write(inner.join("file"), "x").unwrap();
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o500)).unwrap();
        drop(workspace);
        assert!(!path.exists());
    }

    #[test]
    fn without_a_shell_there_is_no_workspace_and_nothing_is_left_of_it() {
        let parent = std::env::temp_dir().join(format!("pysign-workspace-{}", std::process::id()));
        fs::create_dir(&parent).unwrap();
        let host = Host::test(&[("PATH", "/nowhere"), ("TMPDIR", parent.to_str().unwrap())]);
        let error = Workspace::open(&host, Isolate::None).unwrap_err();
        assert!(matches!(error, Error::Program { .. }));
        fs::remove_dir(&parent).unwrap();
    }

    #[test]
    fn a_program_has_only_the_environment_it_is_given() {
        let host = Host::test(&[("PATH", "/usr/bin:/bin"), ("SIGSTORE_ID_TOKEN", "canary")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let mut command = workspace.isolated("env");
        command.env("A", "b");
        let output = workspace.ask(command).unwrap().output(|tail| panic!("{tail:?}")).unwrap();
        let output = String::from_utf8(output).unwrap();
        assert!(output.contains("A=b") && !output.contains("canary"));
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let error = workspace.run(command("/nowhere/git"), None).unwrap_err();
        assert_eq!(error.to_string(), "the program '/nowhere/git' can't be started");
    }
}
