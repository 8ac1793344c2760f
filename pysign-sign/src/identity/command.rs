//! Running the program of a CI system that prints a token. What it prints is nobody's business but
//! ours, and what it says of itself may be shown when it fails, without anything secret in it.

use std::fmt;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use pysign_ci::Command;
use pysign_host::{Env, Host, SECRET, Secret};
use pysign_http::without_secrets;
use pysign_process::{End, Options, Stdout};

/// No token that a header takes is longer.
const MAX_TOKEN: usize = 16 << 10;

/// As much of what a program says of its failure as helps, in characters.
const MAX_SAID: usize = 300;

/// Why a program gave no token.
#[derive(Debug)]
pub(crate) enum CommandFault {
    /// The program ended with an error, and said this.
    Failed { status: ExitStatus, said: String },
    /// The program is in no directory of `PATH`.
    Missing,
    /// The system refuses to run it.
    Start(io::Error),
    /// The program was killed after `--timeout`.
    TimedOut,
    /// The program printed what is too long for a token, or not text.
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
    let program = pysign_process::find(&host.env, command.program).ok_or(CommandFault::Missing)?;
    let mut child = std::process::Command::new(program);
    child.args(&command.arguments).env_clear().envs(host.env.iter());
    let stdout = Stdout::Kept(MAX_TOKEN);
    let options = Options { timeout: Some(timeout), stdout, ..Options::default() };
    let ended = pysign_process::run(child, options, host.clock).map_err(CommandFault::Start)?;
    let status = match ended.end {
        End::Exit(status) => status,
        End::TimedOut(_) => return Err(CommandFault::TimedOut),
        End::TooMuch => return Err(CommandFault::Unreadable),
    };
    let printed = String::from_utf8(ended.stdout).map_err(|_| CommandFault::Unreadable)?;
    if !status.success() {
        let said = shown(&String::from_utf8_lossy(&ended.log), printed.trim(), &host.env);
        return Err(CommandFault::Failed { status, said });
    }
    Ok(Secret::new(printed.trim().to_owned()))
}

/// The beginning of what a program said, on one line, without what it printed, a token variable's
/// value or a part of either, and without words that look like a JSON Web Token.
fn shown(said: &str, printed: &str, env: &Env) -> String {
    let secrets = pysign_ci::tokens_in(env).into_iter().filter_map(|name| env.var(name));
    let secrets: Vec<&str> = secrets.chain([printed]).collect();
    let said = without_secrets(&secrets, said);
    let word = |word| if str::contains(word, "eyJ") { SECRET } else { word };
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
        assert_eq!(shown(""), "fatal: token=[secret] x [secret] at /root print");
        assert_eq!(shown("print"), "fatal: token=[secret] x [secret] at /root [secret]");
    }
}
