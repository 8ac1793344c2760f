//! Running the program of a CI system that prints a token. What it prints is nobody's business but
//! ours, and what it says of itself may be shown when it fails, without anything secret in it.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pysign_ci::Command;
use pysign_host::{Env, Host, Secret};
use rustix::process::{Pid, Signal, kill_process_group};

/// No token that a header takes is longer.
const MAX_TOKEN: u64 = 16 << 10;

/// What a program says of its failure, as far as it is read.
const MAX_STDERR: u64 = 64 << 10;

/// As much of that as helps, in characters.
const MAX_SAID: usize = 300;

/// The longest that an ended process goes unnoticed.
const PAUSE: Duration = Duration::from_millis(5);

/// Why a program gave no token.
#[derive(Debug)]
pub(crate) enum CommandFault {
    /// It ended with an error, and said this.
    Failed { status: ExitStatus, said: String },
    /// It is in no directory of `PATH`.
    Missing,
    /// The system refuses to run it.
    Start(io::Error),
    /// It was killed after `--timeout`.
    TimedOut,
    /// It prints what is too long for a token, or no text.
    Unreadable,
}

impl fmt::Display for CommandFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { status, said } => {
                match status.code() {
                    Some(code) => write!(f, "ended with status {code}")?,
                    None => f.write_str("was killed")?,
                }
                if said.is_empty() { Ok(()) } else { write!(f, ": {said}") }
            }
            Self::Missing => f.write_str("is in no directory of PATH"),
            Self::Start(_) => f.write_str("can't be started"),
            Self::TimedOut => f.write_str("did not end in time"),
            Self::Unreadable => f.write_str("printed no token"),
        }
    }
}

/// What `command` prints, without the white space around it. It has our environment and an empty
/// standard input.
pub(super) fn run(
    command: &Command,
    host: &Host,
    timeout: Duration,
) -> Result<Secret, CommandFault> {
    let program = find(&host.env, command.program).ok_or(CommandFault::Missing)?;
    let mut child = std::process::Command::new(program)
        .args(&command.arguments)
        .env_clear()
        .envs(host.env.iter())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(CommandFault::Start)?;
    let printed = read(child.stdout.take(), MAX_TOKEN);
    let said = read(child.stderr.take(), MAX_STDERR);
    let end = wait(&mut child, &printed, host, timeout);
    if end.is_err() {
        // With all that it has started, which would hold its output open.
        let _: Result<(), _> = kill_process_group(Pid::from_child(&child), Signal::KILL);
        let _ = child.wait();
    }
    let (status, printed) = end?;
    let printed = String::from_utf8(printed).map_err(|_| CommandFault::Unreadable)?;
    if !status.success() {
        let said = said.recv_timeout(timeout).unwrap_or_default();
        let said = shown(&String::from_utf8_lossy(&said), printed.trim(), &host.env);
        return Err(CommandFault::Failed { status, said });
    }
    Ok(Secret::new(printed.trim().to_owned()))
}

/// The first program of this name in `PATH`. A relative directory there is where someone else's
/// files may be: it is passed over.
fn find(env: &Env, name: &str) -> Option<PathBuf> {
    let is_program = |path: &PathBuf| {
        let facts = path.metadata();
        facts.is_ok_and(|facts| facts.is_file() && facts.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(env.os("PATH")?)
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(is_program)
}

/// Reads up to one byte more than `cap` on a thread of its own: a pipe can't be asked for a time.
fn read(pipe: Option<impl Read + Send + 'static>, cap: u64) -> Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = pipe.map(|pipe| pipe.take(cap + 1).read_to_end(&mut bytes));
        // Of what broke off nothing is taken; who no longer waits has been told why.
        let _ = sender.send(if matches!(read, Some(Ok(_))) { bytes } else { Vec::new() });
    });
    receiver
}

/// The end of the program and all that it printed, if both come in time.
fn wait(
    child: &mut Child,
    printed: &Receiver<Vec<u8>>,
    host: &Host,
    timeout: Duration,
) -> Result<(ExitStatus, Vec<u8>), CommandFault> {
    let start = host.clock.instant();
    let printed = match printed.recv_timeout(timeout) {
        Ok(printed) => printed,
        Err(RecvTimeoutError::Timeout) => return Err(CommandFault::TimedOut),
        Err(RecvTimeoutError::Disconnected) => return Err(CommandFault::Unreadable),
    };
    if u64::try_from(printed.len()).unwrap_or(u64::MAX) > MAX_TOKEN {
        return Err(CommandFault::Unreadable);
    }
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok((status, printed)),
            Ok(None) if start.elapsed() < timeout => host.clock.sleep(PAUSE),
            Ok(None) => return Err(CommandFault::TimedOut),
            Err(cause) => return Err(CommandFault::Start(cause)),
        }
    }
}

/// The beginning of what a program said, on one line, without the words that hold a secret: what it
/// printed, a token variable's value, or anything that looks like a JSON Web Token.
fn shown(said: &str, printed: &str, env: &Env) -> String {
    let secrets = pysign_ci::tokens_in(env).into_iter().filter_map(|name| env.var(name));
    let secrets: Vec<&str> = secrets.chain([printed]).filter(|text| !text.is_empty()).collect();
    let is_secret =
        |word: &str| word.contains("eyJ") || secrets.iter().any(|secret| word.contains(secret));
    let word = |word| if is_secret(word) { "[secret]" } else { word };
    let line = said.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    line.chars().take(MAX_SAID).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_says_is_shown_without_secrets() {
        let env = Env::from_pairs(&[("BUILDKITE_AGENT_ACCESS_TOKEN", "canary"), ("HOME", "/root")]);
        let said = "fatal:\n token=canary x eyJhbGciOiJub25lIn0.e30.AA at /root print";
        let shown = |printed| shown(said, printed, &env);
        assert_eq!(shown(""), "fatal: [secret] x [secret] at /root print");
        assert_eq!(shown("print"), "fatal: [secret] x [secret] at /root [secret]");
    }

    #[test]
    fn a_relative_directory_in_the_path_is_passed_over() {
        let found = |path: &str| find(&Env::from_pairs(&[("PATH", path)]), "sh").is_some();
        assert!(found("/nowhere:/bin"));
        assert!(!found("bin:.:"));
        assert!(!found("../../../../../../../../bin"));
    }
}
