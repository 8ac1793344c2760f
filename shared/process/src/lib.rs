//! A child process under supervision: with a time limit, its output followed and capped, and ended
//! together with everything that it started.
//!
//! Build backends, installers, git and the programs of CI systems that print tokens all run here, so
//! that what a program we did not write may do to us is decided in one place.
//!
//! ```
//! use pysign_process::{Options, Stdout};
//!
//! let host = pysign_host::Host::test(&[("PATH", "/usr/bin:/bin")]);
//! let sh = pysign_process::find(&host.env, "sh").unwrap();
//! let mut command = std::process::Command::new(sh);
//! command.args(["-c", "echo answer; echo remark >&2"]);
//! let options = Options { stdout: Stdout::Kept(100), ..Options::default() };
//! let ended = pysign_process::run(command, options, host.clock)?;
//! assert!(ended.is_success());
//! assert_eq!((&*ended.stdout, &*ended.log), (&b"answer\n"[..], &b"remark\n"[..]));
//! # Ok::<(), std::io::Error>(())
//! ```

mod output;

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use pysign_host::{Clock, Env};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use output::Output;

pub use output::Stdout;

/// How long the child is left alone between two looks at it, once it has been silent for a while.
const LONGEST_PAUSE: Duration = Duration::from_millis(10);
const SHORTEST_PAUSE: Duration = Duration::from_millis(1);

/// The limits of a child, and who follows it.
pub struct Options<'a> {
    /// The child is killed when it has run for this long.
    pub timeout: Option<Duration>,
    /// What becomes of standard output. Standard error is always the log.
    pub stdout: Stdout,
    /// Called with each line of the log as it comes; with a very long one in pieces.
    pub on_line: &'a dyn Fn(&str),
    /// Called with the child's process group when it has started, and with `None` when it is gone.
    pub on_group: &'a dyn Fn(Option<u32>),
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self { timeout: None, stdout: Stdout::Log, on_line: &|_| (), on_group: &|_| () }
    }
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status.
    Exit(ExitStatus),
    /// It was killed after this long.
    TimedOut(Duration),
    /// It was killed because it wrote more to standard output than is kept.
    TooMuch,
}

/// A child that is gone, and everything that it started with it.
#[derive(Debug)]
pub struct Ended {
    /// How it ended.
    pub end: End,
    /// Its standard output, if that was to be kept.
    pub stdout: Vec<u8>,
    /// The last 64 KiB of its log.
    pub log: Vec<u8>,
}

impl Ended {
    /// Whether it ended by itself with status 0.
    pub fn is_success(&self) -> bool {
        matches!(self.end, End::Exit(status) if status.success())
    }
}

/// Runs `command` to its end in a process group of its own, with nothing on standard input.
pub fn run(mut command: Command, options: Options<'_>, clock: Clock) -> io::Result<Ended> {
    let (mut output, stdout, stderr) = Output::new(options.stdout, options.on_line)?;
    command.process_group(0).stdin(Stdio::null()).stdout(stdout).stderr(stderr);
    let mut child = command.spawn()?;
    // It holds the ends that are written to: while they are open, no pipe comes to its end.
    drop(command);
    (options.on_group)(Some(child.id()));
    let end = follow(&child, &mut output, options.timeout, clock);
    // What it left running must not change files that the caller is about to read.
    let _: Result<(), _> = kill_process_group(Pid::from_child(&child), Signal::KILL);
    let status = child.wait();
    (options.on_group)(None);
    output.read_rest();
    let end = match end? {
        Some(end) => end,
        None if output.is_too_much() => End::TooMuch,
        None => End::Exit(status?),
    };
    let (stdout, log) = output.into_parts();
    Ok(Ended { end, stdout, log })
}

/// Reads what the child writes until it has exited (`None`) or must be killed.
fn follow(
    child: &Child,
    output: &mut Output<'_>,
    timeout: Option<Duration>,
    clock: Clock,
) -> io::Result<Option<End>> {
    let start = clock.instant();
    // The status stays with the system until the group is killed, so that its number stays taken.
    let exited = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    let mut pause = SHORTEST_PAUSE;
    loop {
        if waitid(WaitId::Pid(Pid::from_child(child)), exited)?.is_some() {
            return Ok(None);
        }
        if output.is_too_much() {
            return Ok(Some(End::TooMuch));
        }
        if let Some(timeout) = timeout.filter(|timeout| start.elapsed() >= *timeout) {
            return Ok(Some(End::TimedOut(timeout)));
        }
        output.wait(pause);
        pause = if output.read() { SHORTEST_PAUSE } else { LONGEST_PAUSE.min(pause * 2) };
    }
}

/// The first program of this name in `PATH`. A relative directory there is passed over: it may hold
/// files of someone else.
pub fn find(env: &Env, name: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        let facts = path.metadata();
        facts.is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(env.os("PATH")?)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(is_program)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::{Cell, RefCell};
    use std::fs::{self, File};

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    fn run_shell(script: &str, options: Options<'_>) -> Ended {
        run(shell(script), options, Clock::system()).unwrap()
    }

    /// A pipe with a name, in a directory of the test's own.
    fn named_pipe(name: &str) -> PathBuf {
        let path =
            std::env::temp_dir().join(format!("pysign-process-{}-{name}", std::process::id()));
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    #[test]
    fn the_log_is_told_line_by_line_and_kept_in_order() {
        let lines = RefCell::new(Vec::new());
        let on_line = |line: &str| lines.borrow_mut().push(line.to_owned());
        let options = Options { on_line: &on_line, ..Options::default() };
        let ended = run_shell("echo one; echo two >&2; printf 'three\nfour'; exit 3", options);
        assert!(!ended.is_success());
        assert_eq!(ended.log, b"one\ntwo\nthree\nfour");
        assert_eq!(*lines.borrow(), ["one", "two", "three", "four"]);
    }

    #[test]
    fn of_a_long_log_the_end_is_kept() {
        let longest = Cell::new(0);
        let on_line = |line: &str| longest.set(line.len().max(longest.get()));
        let options = Options { on_line: &on_line, ..Options::default() };
        let ended = run_shell("head -c 1000000 /dev/zero; echo; echo last", options);
        assert!(ended.log.ends_with(b"\0\nlast\n") && ended.log.len() <= output::MAX_LOG);
        assert!((1000..200_000).contains(&longest.get()), "{}", longest.get());
    }

    #[test]
    fn who_writes_more_than_is_kept_is_killed() {
        let kept = |most| Options { stdout: Stdout::Kept(most), ..Options::default() };
        assert_eq!(run_shell("printf 1234", kept(4)).stdout, b"1234");
        assert_eq!(run_shell("exec yes", kept(4)).end, End::TooMuch);
        assert_eq!(run_shell("printf 12345", kept(4)).end, End::TooMuch);
    }

    #[test]
    fn output_can_go_to_a_file() {
        let path = std::env::temp_dir().join(format!("pysign-process-{}", std::process::id()));
        let stdout = Stdout::File(File::create_new(&path).unwrap());
        let ended = run_shell("echo out; echo log >&2", Options { stdout, ..Options::default() });
        assert_eq!((fs::read(&path).unwrap(), &*ended.log), (b"out\n".to_vec(), &b"log\n"[..]));
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn past_its_time_it_is_killed_with_what_it_started() {
        let pipe = named_pipe("late");
        let name = pipe.display().to_string();
        let reader = pipe.clone();
        let open_until_they_are_gone = std::thread::spawn(move || fs::read(reader));
        let limit = Duration::from_millis(500);
        let options = Options { timeout: Some(limit), ..Options::default() };
        let ended = run_shell(&format!("(exec >{name} 2>&1; sleep 1000) & wait"), options);
        assert_eq!(ended.end, End::TimedOut(limit));
        assert!(open_until_they_are_gone.join().unwrap().unwrap().is_empty());
        fs::remove_file(pipe).unwrap();
    }

    #[test]
    fn what_has_left_the_group_with_the_output_open_is_not_waited_for() {
        let pipe = named_pipe("escaped");
        let name = pipe.display().to_string();
        let ended = run_shell(&format!("setsid cat {name} & echo done"), Options::default());
        assert_eq!((ended.is_success(), &*ended.log), (true, &b"done\n"[..]));
        // Opened for reading and writing: nobody may be there any more.
        drop(File::options().read(true).write(true).open(&pipe).unwrap());
        fs::remove_file(pipe).unwrap();
    }

    #[test]
    fn the_group_is_told_while_it_is_there() {
        let groups = RefCell::new(Vec::new());
        let on_group = |group| groups.borrow_mut().push(group);
        let options = Options { on_group: &on_group, ..Options::default() };
        let ended = run_shell("echo $$", options);
        let group = String::from_utf8(ended.log).unwrap().trim().parse().unwrap();
        assert_eq!(*groups.borrow(), [Some(group), None]);
    }

    #[test]
    fn a_relative_directory_in_the_path_is_passed_over() {
        let found = |path: &str| find(&Env::from_pairs(&[("PATH", path)]), "sh");
        assert_eq!(found("/nowhere:/bin"), Some("/bin/sh".into()));
        assert_eq!(found("bin:.:"), None);
        assert_eq!(found("../../../../../../../../bin"), None);
    }
}
