//! The program `pysign-sandbox`: starts a sandbox, runs one command in it, and ends as the command
//! did.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, ExitStatus};
use std::{env, io};

use crate::{Error, Setup};

const HELP: &str = "\
pysign-sandbox: run a command as a GitLab job that has a whole Sigstore on this machine

usage: pysign-sandbox [FLAG…] -- COMMAND [ARGUMENT…]

The pipeline runs for the commit $CI_COMMIT_SHA, else for the one that is checked out here.
The command gets the variables of a job (CI_API_V4_URL, CI_JOB_TOKEN, SIGSTORE_ID_TOKEN…) and
PYSIGN_SANDBOX, a directory with
  trusted_root.json, signing_config.json (Rekor v1), signing_config.v2.json, trust_config.json
  tuf/root.json     what to begin with at the TUF repository $PYSIGN_SANDBOX_TUF
  systems/NAME      a script to source: the job is then one of github, buildkite, circleci or google
  tokens/NAME.jwt   other tokens: tag, fork-merge-request, expired, other-audience…
  requests.jsonl    every request so far, a line each
  *.pem             what cosign 2 and openssl take instead of the trusted root
$PYSIGN_SANDBOX_INDEX/simple/ is a public index; PYSIGN_SANDBOX_UPLOAD and PYSIGN_SANDBOX_TOKEN are
its upload URL and password, and the token is a personal one in GitLab. All of it ends with the
command, whose exit status is the program's.

  --project GROUP/PROJECT   the job's project (acme/demo)
  --branch NAME             the job's branch (main)
  --tag NAME                the job's tag, instead of a branch
  --private                 the project is private
  --github                  the job is one of GitHub, with ACTIONS_ID_TOKEN_REQUEST_URL
  --fault FAULT             something goes wrong: SERVICE[/METHOD]:KIND[*COUNT][@FIRST], as
                            fulcio:html or generic/put:status=503*2; repeatable
  --clock SERVICE=SECONDS   a service's clock is ahead (behind, when negative); repeatable
  --direct-downloads        GitLab serves files itself, not by way of the object store
  --no-forwarding           GitLab doesn't forward unknown projects to the public index
  --no-generic-duplicates   the generic registry takes a file name once
  --simple-json             GitLab's simple pages come as JSON too
  -h, --help                this text
";

/// Runs the command line.
pub fn main() -> ExitCode {
    let run = Arguments::parse(env::args_os().skip(1)).and_then(|arguments| {
        let Some(arguments) = arguments else {
            // Nobody is left to be told that standard output is closed.
            let _ = io::stdout().write_all(HELP.as_bytes());
            return Ok(ExitCode::SUCCESS);
        };
        arguments.run()
    });
    run.unwrap_or_else(|error| {
        let _ = writeln!(io::stderr(), "pysign-sandbox: {error}");
        let mut cause = std::error::Error::source(&error);
        while let Some(error) = cause {
            let _ = writeln!(io::stderr(), "  {error}");
            cause = error.source();
        }
        ExitCode::from(2)
    })
}

/// What was typed.
struct Arguments {
    setup: Setup,
    faults: Vec<String>,
    clocks: Vec<(String, i64)>,
    command: OsString,
    operands: Vec<OsString>,
}

impl Arguments {
    /// `None` when help was asked for.
    fn parse(mut words: impl Iterator<Item = OsString>) -> Result<Option<Self>, Error> {
        let mut setup = Setup::default();
        let (mut faults, mut clocks) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            let flag = word.to_string_lossy().into_owned();
            let mut value = || {
                let value = words.next().and_then(|word| word.into_string().ok());
                value.ok_or_else(|| wrong(&flag, "followed by its value"))
            };
            setup = match flag.as_str() {
                "--" => {
                    let command =
                        words.next().ok_or_else(|| wrong("--", "followed by a command"))?;
                    let operands = words.collect();
                    return Ok(Some(Self { setup, faults, clocks, command, operands }));
                }
                "-h" | "--help" => return Ok(None),
                "--project" => setup.project(&checked_project(value()?)?),
                "--branch" => setup.branch(&value()?),
                "--tag" => setup.tag(&value()?),
                "--private" => setup.private(),
                "--github" => setup.github(),
                "--fault" => {
                    faults.push(value()?);
                    setup
                }
                "--clock" => {
                    clocks.push(clock(&value()?)?);
                    setup
                }
                "--direct-downloads" => setup.direct_downloads(),
                "--no-forwarding" => setup.no_forwarding(),
                "--no-generic-duplicates" => setup.no_generic_duplicates(),
                "--simple-json" => setup.simple_json(),
                other => return Err(wrong(other, "a flag; the command comes after '--'")),
            };
        }
        Err(wrong("", "a command; it comes after '--'"))
    }

    fn run(self) -> Result<ExitCode, Error> {
        let setup = match commit() {
            Some(commit) => self.setup.commit(&commit),
            None => self.setup,
        };
        let sandbox = setup.start()?;
        for fault in &self.faults {
            sandbox.fault(fault)?;
        }
        for (service, seconds) in &self.clocks {
            sandbox.move_clock(service, *seconds)?;
        }
        let mut command = Command::new(self.command);
        // The sandbox may itself run in a job, whose facts and tokens are not this job's.
        for (name, _) in env::vars_os().filter(|(name, _)| is_of_a_job(&name.to_string_lossy())) {
            command.env_remove(name);
        }
        let status = command.args(self.operands).envs(sandbox.env()).status();
        Ok(exit_code(status.map_err(Error::io("run the command"))?))
    }
}

/// The commit of the job around us, else the one that is checked out here.
fn commit() -> Option<String> {
    let of_job = env::var("CI_COMMIT_SHA").ok();
    let of_directory = || {
        let head = Command::new("git").args(["rev-parse", "--verify", "--quiet", "HEAD"]).output();
        String::from_utf8(head.ok()?.stdout).ok()
    };
    let commit = of_job.or_else(of_directory)?.trim().to_owned();
    (!commit.is_empty()).then_some(commit)
}

/// Whether a variable is one that CI systems set.
fn is_of_a_job(name: &str) -> bool {
    let prefixes = ["ACTIONS_", "CI_", "GITHUB_", "GITLAB_", "SIGSTORE_"];
    name == "CI" || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

fn wrong(found: &str, expected: &'static str) -> Error {
    Error::Argument { found: found.to_owned(), expected }
}

fn checked_project(path: String) -> Result<String, Error> {
    match path.split_once('/') {
        Some((group, project)) if !group.is_empty() && !project.is_empty() => Ok(path),
        _ => Err(wrong(&path, "GROUP/PROJECT")),
    }
}

fn clock(text: &str) -> Result<(String, i64), Error> {
    let parts = text.split_once('=');
    let parsed = parts.and_then(|(service, seconds)| Some((service, seconds.parse().ok()?)));
    let (service, seconds) = parsed.ok_or_else(|| wrong(text, "SERVICE=SECONDS"))?;
    Ok((service.to_owned(), seconds))
}

/// As a shell would say it: 128 and the signal for a command that was killed.
fn exit_code(status: ExitStatus) -> ExitCode {
    let signal = status.signal().map(|signal| signal.saturating_add(128));
    let code = status.code().or(signal).and_then(|code| u8::try_from(code).ok());
    ExitCode::from(code.unwrap_or(u8::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Option<Arguments>, Error> {
        Arguments::parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn flags_end_where_the_command_begins() {
        let line = "--tag v1 --fault tsa:html --clock rekor=-60 -- env --private";
        let arguments = parse(line).unwrap().unwrap();
        assert_eq!(arguments.setup.git_ref, "refs/tags/v1");
        assert_eq!(arguments.setup.visibility, "public");
        assert_eq!(arguments.faults, ["tsa:html"]);
        assert_eq!(arguments.clocks, [("rekor".to_owned(), -60)]);
        assert_eq!(
            (arguments.command, arguments.operands),
            ("env".into(), vec!["--private".into()])
        );
        assert!(parse("--private --help").unwrap().is_none());
    }

    #[test]
    fn variables_of_another_job_are_known() {
        for name in ["CI", "CI_COMMIT_TAG", "GITHUB_REF", "SIGSTORE_ID_TOKEN"] {
            assert!(is_of_a_job(name), "{name}");
        }
        assert!(!is_of_a_job("CIRCLE") && !is_of_a_job("PATH"));
    }

    #[test]
    fn a_line_without_a_command_or_with_a_wrong_word_is_refused() {
        for line in ["", "--", "env", "--nothing -- env", "--tag", "--project demo -- env"] {
            assert!(parse(line).is_err(), "{line}");
        }
        for line in ["--clock rekor -- env", "--clock rekor=x -- env"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
