//! Starting a program, following what it says, and ending it when its time is over.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use pysign_host::{FileError, Notes};

use crate::Error;
use crate::room::Room;
use crate::tail::{self, Tail};

/// The longest that an ended process goes unnoticed.
const PAUSE: Duration = Duration::from_millis(10);

/// Far more than the list of all files of the largest repository.
const MAX_OUTPUT: u64 = 64 * 1024 * 1024;

/// What a process may have said and we keep: all that a person would look through, with `-v`.
const MAX_LOG: u64 = 64 * 1024 * 1024;

/// No line that a person reads is longer; what is, is shown in pieces.
const MAX_LINE: usize = 64 * 1024;

/// What is read of a growing file at once.
const BLOCK: u64 = 256 * 1024;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With this status.
    Exit(ExitStatus),
    /// It was killed after this long.
    TimedOut(Duration),
}

/// A process that is over.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) end: End,
    /// The end of its standard error, and of its standard output if that was not asked for.
    pub(crate) tail: Option<Tail>,
}

impl Ended {
    pub(crate) fn is_success(&self) -> bool {
        matches!(self.end, End::Exit(status) if status.success())
    }
}

impl Room<'_> {
    /// A command without any environment, in an empty directory.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().current_dir(self.path().join("empty"));
        command
    }

    /// Runs `command` to its end, with nothing on standard input. What it says is shown with `-v`.
    pub(crate) fn run(
        &self,
        command: &mut Command,
        timeout: Option<Duration>,
    ) -> Result<Ended, Error> {
        let log = self.write(&self.fresh("log"), b"")?;
        let output = append(&log)?;
        self.supervise(command, output, &log, timeout)
    }

    /// Runs `command` and gives what it wrote to standard output.
    pub(crate) fn read(&self, command: &mut Command) -> Result<(Ended, Vec<u8>), Error> {
        let log = self.write(&self.fresh("log"), b"")?;
        let answer = self.write(&self.fresh("output"), b"")?;
        let ended = self.supervise(command, append(&answer)?, &log, None)?;
        Ok((ended, pysign_host::read_regular(&answer, MAX_OUTPUT)?))
    }

    /// Runs `command` with its standard output in the file `to`.
    pub(crate) fn redirect(&self, command: &mut Command, to: &Path) -> Result<Ended, Error> {
        let log = self.write(&self.fresh("log"), b"")?;
        self.supervise(command, append(to)?, &log, None)
    }

    fn supervise(
        &self,
        command: &mut Command,
        output: File,
        log: &Path,
        timeout: Option<Duration>,
    ) -> Result<Ended, Error> {
        let program = command.get_program().to_owned();
        let failed = |cause| Error::Program { program: (&*program).into(), cause };
        // Opened now: the program could put another file in its place.
        let mut follower = Follower::new(log, &self.host.notes)?;
        let started = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(append(log)?)
            .spawn();
        let mut child = started.map_err(failed)?;
        self.guard(Some(child.id()));
        let end = self.wait(&mut child, &mut follower, timeout);
        // Whatever it left running must not change files that we are about to read.
        kill(child.id());
        let _ = child.wait();
        self.guard(None);
        follower.follow(true);
        Ok(Ended { end: end.map_err(failed)?, tail: Tail::of(&follower.tail(), self.path()) })
    }

    fn wait(
        &self,
        child: &mut Child,
        follower: &mut Follower<'_>,
        timeout: Option<Duration>,
    ) -> io::Result<End> {
        let start = self.host.clock.instant();
        let mut pause = Duration::from_millis(1);
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(End::Exit(status));
            }
            if let Some(timeout) = timeout.filter(|timeout| start.elapsed() >= *timeout) {
                return Ok(End::TimedOut(timeout));
            }
            follower.follow(false);
            self.host.clock.sleep(pause);
            pause = PAUSE.min(pause * 2);
        }
    }
}

/// Kills every process of the group, if there is any left.
fn kill(group: u32) {
    let _ = Command::new("sh")
        .args(["-c", r#"kill -s KILL -- "-$1""#, "sh", &group.to_string()])
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
}

/// Appending: standard output and standard error may be one file.
fn append(path: &Path) -> Result<File, FileError> {
    let open = File::options().append(true).create(true).open(path);
    open.map_err(|cause| FileError::Unwritable { file: path.into(), cause })
}

/// Shows a growing file line by line, and keeps it from growing without end.
struct Follower<'n> {
    file: File,
    notes: &'n Notes,
    pending: Vec<u8>,
    read: u64,
}

impl<'n> Follower<'n> {
    fn new(log: &Path, notes: &'n Notes) -> Result<Self, FileError> {
        let open = File::options().read(true).write(true).open(log);
        let file = open.map_err(|cause| FileError::on_open(log, cause))?;
        Ok(Self { file, notes, pending: Vec::new(), read: 0 })
    }

    /// Shows the lines that were added; with `all`, the last one even if it is not complete.
    fn follow(&mut self, all: bool) {
        // No further: whoever writes faster than we read has its time limit all the same.
        let end = self.file.metadata().map_or(0, |facts| facts.len());
        while self.read < end {
            let step = BLOCK.min(end - self.read);
            // What can't be read can't be shown; the build does not depend on it.
            if (&self.file).take(step).read_to_end(&mut self.pending).is_err() {
                break;
            }
            self.read += step;
            self.show();
        }
        if all {
            self.show_to(self.pending.len());
        } else {
            self.forget();
        }
    }

    /// Shows what is complete.
    fn show(&mut self) {
        match self.pending.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => self.show_to(last + 1),
            None if self.pending.len() > MAX_LINE => self.show_to(self.pending.len()),
            None => {}
        }
    }

    fn show_to(&mut self, end: usize) {
        let rest = self.pending.split_off(end);
        for line in String::from_utf8_lossy(&self.pending).lines() {
            self.notes.detail(line.to_owned());
        }
        self.pending = rest;
    }

    /// Empties a file that has become too large. Who writes to it appends.
    fn forget(&mut self) {
        if self.read > MAX_LOG && self.file.set_len(0).is_ok() && self.file.rewind().is_ok() {
            self.read = 0;
        }
    }

    fn tail(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let size = self.file.metadata().map_or(0, |facts| facts.len());
        if self.file.seek(SeekFrom::Start(size.saturating_sub(tail::BYTES))).is_ok() {
            let _ = self.file.take(tail::BYTES).read_to_end(&mut bytes);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pysign_host::{Host, Note};
    use std::io::Write as _;
    use std::sync::{Arc, Mutex};

    const PATH: (&str, &str) = ("PATH", "/usr/bin:/bin");

    fn shell(room: &Room<'_>, script: &str) -> Command {
        let mut command = room.command("sh");
        command.args(["-c", script]).env("PATH", PATH.1);
        command
    }

    #[test]
    fn a_program_has_only_the_environment_it_is_given() {
        let host = Host::test(&[PATH, ("SIGSTORE_ID_TOKEN", "canary")]);
        let room = Room::open(&host).unwrap();
        let (ended, output) = room.read(shell(&room, "env").env("A", "b")).unwrap();
        assert!(ended.is_success());
        let output = String::from_utf8(output).unwrap();
        assert!(output.contains("A=b") && !output.contains("canary"));
    }

    #[test]
    fn its_last_words_are_the_cause() {
        let host = Host::test(&[PATH]);
        let room = Room::open(&host).unwrap();
        let ended = room.run(&mut shell(&room, "echo no; echo way >&2; exit 3"), None).unwrap();
        assert!(!ended.is_success());
        let tail = ended.tail.unwrap();
        assert!(tail.to_string() == "no\nway" && tail.mentions(&["way"]));
    }

    #[test]
    fn all_that_it_says_is_shown_line_by_line() {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut host = Host::test(&[PATH]);
        let listener = Arc::clone(&lines);
        host.notes = Notes::new(Box::new(move |note| {
            if let Note::Detail(line) = note {
                listener.lock().unwrap().push(line);
            }
        }));
        let room = Room::open(&host).unwrap();
        room.run(&mut shell(&room, "echo one; printf 'two\nthree'"), None).unwrap();
        assert_eq!(*lines.lock().unwrap(), ["one", "two", "three"]);
    }

    #[test]
    fn a_line_without_end_is_shown_in_pieces_and_not_kept() {
        let longest = Arc::new(Mutex::new(0));
        let host = Host::test(&[PATH]);
        let room = Room::open(&host).unwrap();
        let listener = Arc::clone(&longest);
        let notes = Notes::new(Box::new(move |note| {
            if let Note::Detail(line) = note {
                let mut longest = listener.lock().unwrap();
                *longest = line.len().max(*longest);
            }
        }));
        let log = room.write("log", b"").unwrap();
        let mut follower = Follower::new(&log, &notes).unwrap();
        append(&log).unwrap().set_len(MAX_LOG + 1).unwrap();
        follower.follow(false);
        assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
        append(&log).unwrap().write_all(b"\nlast").unwrap();
        follower.follow(true);
        assert_eq!(follower.tail(), b"\nlast");
        let longest = *longest.lock().unwrap();
        assert!((MAX_LINE..MAX_LINE + 262_144 + 1).contains(&longest), "{longest}");
    }

    #[test]
    fn past_its_time_it_is_killed_with_what_it_started() {
        let host = Host::test(&[PATH]);
        let room = Room::open(&host).unwrap();
        let pipe = room.path().join("pipe");
        let pipe_name = pipe.display().to_string();
        room.run(&mut shell(&room, &format!("mkfifo {pipe_name}")), None).unwrap();
        let open_until_they_are_gone = std::thread::spawn(move || std::fs::read(pipe));
        let script = format!("(exec >{pipe_name} 2>&1; sleep 1000) & wait");
        let ended = room.run(&mut shell(&room, &script), Some(Duration::from_millis(500))).unwrap();
        assert_eq!(ended.end, End::TimedOut(Duration::from_millis(500)));
        assert!(open_until_they_are_gone.join().unwrap().unwrap().is_empty());
    }

    #[test]
    fn what_is_not_there_is_named() {
        let host = Host::test(&[PATH]);
        let room = Room::open(&host).unwrap();
        let error = room.run(&mut room.command("/nowhere/git"), None).unwrap_err();
        assert_eq!(error.to_string(), "the program '/nowhere/git' can't be started");
    }
}
