//! What can make a build fail.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pysign_host::{Evidence, FileError, Problem, Status};

use crate::tail::Tail;

/// Why there is nothing built. Codes are an interface: see the man page's DIAGNOSTICS.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// Tracked files differ from the commit that would be built.
    Dirty {
        /// The top of the work tree.
        repository: PathBuf,
        /// Which, in git's short format.
        files: Vec<String>,
    },
    /// `SOURCE_DATE_EPOCH` is no time.
    Epoch,
    /// A file can't be read or written.
    File(FileError),
    /// Git says no.
    Git {
        /// What it was asked.
        command: &'static str,
        /// Where.
        repository: PathBuf,
        /// What it said.
        tail: Option<Tail>,
    },
    /// A hook of the backend.
    Hook {
        /// The backend.
        backend: String,
        /// The hook.
        hook: &'static str,
        /// What went wrong.
        fault: HookFault,
        /// What the backend said last.
        tail: Option<Tail>,
    },
    /// Content of the commit is not in the checkout.
    Incomplete {
        /// What is missing.
        path: PathBuf,
        /// The command that gets it.
        remedy: &'static str,
    },
    /// The build requirements are not there as wheels, or do not go together.
    Install {
        /// The installer.
        installer: &'static str,
        /// What it said last.
        tail: Option<Tail>,
        /// Whether it could not reach its index.
        unreachable: bool,
    },
    /// There is no installer.
    Installer {
        /// The installer that was looked for.
        wanted: &'static str,
    },
    /// The backend can't be kept from other processes.
    Isolation {
        /// The token variables that it could read.
        variables: Vec<String>,
    },
    /// A link in the source leads out of it.
    Link {
        /// The link, relative to the source.
        path: PathBuf,
    },
    /// The directory holds no project.
    NoProject {
        /// The directory.
        directory: PathBuf,
        /// Whether a commit was looked at.
        committed: bool,
    },
    /// The directory is in no git repository.
    NotGit {
        /// The directory.
        directory: PathBuf,
    },
    /// `--set-from-gitlab` in something else than a GitLab job.
    NotGitLab,
    /// A value can't be set.
    Override {
        /// The key of `--set`.
        key: String,
        /// Why.
        reason: String,
    },
    /// A program that is needed can't be started.
    Program {
        /// The program.
        program: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// `pyproject.toml` breaks its rules.
    PyProject {
        /// How.
        reason: String,
    },
    /// The interpreter can't be used.
    Python {
        /// The interpreter.
        program: OsString,
        /// Why.
        reason: &'static str,
        /// What it said.
        tail: Option<Tail>,
    },
    /// A build requirement that no wheel can meet.
    Requirement {
        /// The requirement.
        text: String,
        /// Why.
        reason: &'static str,
    },
    /// What was built has another name or version than was asked for.
    Version {
        /// What was asked for.
        expected: String,
        /// What was built.
        found: String,
        /// Of what, and which flag said so.
        what: &'static str,
    },
}

/// What went wrong in a hook.
#[derive(Debug)]
#[non_exhaustive]
pub enum HookFault {
    /// It answered something that PEP 517 does not allow, or something else than it made.
    Answer(&'static str),
    /// The backend can't be used.
    Backend(&'static str),
    /// It raised an exception or ended the process.
    Failed,
    /// The backend does not have it.
    Missing,
    /// It took longer than allowed.
    TimedOut(Duration),
}

impl Error {
    /// Every code of this type, without those of [`FileError`].
    pub const CODES: &'static [&'static str] = &[
        "backend-unusable",
        "epoch-invalid",
        "git-failed",
        "hook-answer",
        "hook-failed",
        "hook-timeout",
        "install-failed",
        "install-unreachable",
        "installer-missing",
        "isolation-unavailable",
        "not-a-gitlab-job",
        "override-refused",
        "program-missing",
        "pyproject-malformed",
        "python-unusable",
        "requirement-refused",
        "source-dirty",
        "source-incomplete",
        "source-link",
        "source-not-git",
        "source-not-project",
        "version-mismatch",
    ];

    pub(crate) fn pyproject(reason: &str) -> Self {
        Self::PyProject { reason: reason.to_owned() }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dirty { repository, files } => {
                let shown =
                    files.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("', '");
                let more = if files.len() > 3 { " and others" } else { "" };
                write!(f, "'{}' has uncommitted changes: '{shown}'{more}", repository.display())
            }
            Self::Epoch => f.write_str("SOURCE_DATE_EPOCH is not a number of seconds since 1970"),
            Self::File(error) => error.fmt(f),
            Self::Git { command, repository, .. } => {
                write!(f, "git could not {command} '{}'", repository.display())
            }
            Self::Hook { backend, hook, fault, .. } => match fault {
                HookFault::Answer(what) => write!(f, "the backend '{backend}' {what} in '{hook}'"),
                HookFault::Backend(what) => write!(f, "the backend '{backend}' {what}"),
                HookFault::Failed => write!(f, "the backend '{backend}' failed in '{hook}'"),
                HookFault::Missing => write!(f, "the backend '{backend}' has no hook '{hook}'"),
                HookFault::TimedOut(limit) => {
                    let limit = limit.as_secs_f64();
                    write!(f, "the backend '{backend}' took longer than {limit} s in '{hook}'")
                }
            },
            Self::Incomplete { path, .. } => {
                write!(f, "the content of '{}' is not in the checkout", path.display())
            }
            Self::Install { installer, unreachable: false, .. } => {
                write!(f, "{installer} found no wheels for the build requirements")
            }
            Self::Install { installer, .. } => write!(f, "{installer} could not reach its index"),
            Self::Installer { wanted } => write!(f, "there is no {wanted} to install with"),
            Self::Isolation { variables } if variables.is_empty() => {
                f.write_str("the system has no namespaces to isolate the build with")
            }
            Self::Isolation { variables } => write!(
                f,
                "the build can't be isolated, and could read '{}' of this job",
                variables.join("', '")
            ),
            Self::Link { path } => {
                write!(f, "the link '{}' leads out of the source", path.display())
            }
            Self::NoProject { directory, committed } => {
                let place = if *committed { "the commit in" } else { "the directory" };
                let directory = directory.display();
                write!(f, "{place} '{directory}' has no pyproject.toml and no setup.py")
            }
            Self::NotGit { directory } => {
                write!(f, "'{}' is in no git repository", directory.display())
            }
            Self::NotGitLab => f.write_str("this is not a GitLab job: 'CI_API_V4_URL' is not set"),
            Self::Override { key, reason } => write!(f, "'{key}' can't be set: {reason}"),
            Self::Program { program, .. } => {
                write!(f, "the program '{}' can't be started", program.display())
            }
            Self::PyProject { reason } => write!(f, "'pyproject.toml' is malformed: {reason}"),
            Self::Python { program, reason, .. } => {
                write!(f, "'{}' can't be used: {reason}", program.display())
            }
            Self::Requirement { text, reason } => {
                write!(f, "the build requirement '{text}' is refused: {reason}")
            }
            Self::Version { what, .. } => write!(f, "what was built does not have the {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::Git { tail, .. }
            | Self::Hook { tail, .. }
            | Self::Install { tail, .. }
            | Self::Python { tail, .. } => match tail {
                Some(tail) => Some(tail),
                None => None,
            },
            Self::Program { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Dirty { .. } => "source-dirty",
            Self::Epoch => "epoch-invalid",
            Self::File(error) => error.code(),
            Self::Git { .. } => "git-failed",
            Self::Hook { fault: HookFault::Answer(_), .. } => "hook-answer",
            Self::Hook { fault: HookFault::Backend(_) | HookFault::Missing, .. } => {
                "backend-unusable"
            }
            Self::Hook { fault: HookFault::Failed, .. } => "hook-failed",
            Self::Hook { fault: HookFault::TimedOut(_), .. } => "hook-timeout",
            Self::Incomplete { .. } => "source-incomplete",
            Self::Install { unreachable: false, .. } => "install-failed",
            Self::Install { .. } => "install-unreachable",
            Self::Installer { .. } => "installer-missing",
            Self::Isolation { .. } => "isolation-unavailable",
            Self::Link { .. } => "source-link",
            Self::NoProject { .. } => "source-not-project",
            Self::NotGit { .. } => "source-not-git",
            Self::NotGitLab => "not-a-gitlab-job",
            Self::Override { .. } => "override-refused",
            Self::Program { .. } => "program-missing",
            Self::PyProject { .. } => "pyproject-malformed",
            Self::Python { .. } => "python-unusable",
            Self::Requirement { .. } => "requirement-refused",
            Self::Version { .. } => "version-mismatch",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::File(error) => error.status(),
            Self::Install { unreachable: true, .. } => Status::Unavailable,
            Self::Version { .. } => Status::Refused,
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Dirty { repository: file, .. }
            | Self::Git { repository: file, .. }
            | Self::Incomplete { path: file, .. }
            | Self::Link { path: file }
            | Self::NoProject { directory: file, .. }
            | Self::NotGit { directory: file } => Some(file),
            Self::File(error) => error.file(),
            Self::PyProject { .. } => Some(Path::new("pyproject.toml")),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Dirty { .. } => "to build them as they are: --allow-dirty".to_owned(),
            Self::File(error) => return error.hint(),
            Self::Hook { fault: HookFault::Failed, .. } => {
                "to see all that the backend says: -v".to_owned()
            }
            Self::Incomplete { remedy, .. } => (*remedy).to_owned(),
            Self::Install { unreachable: false, .. } => "to see all that was tried: -v".to_owned(),
            Self::Isolation { variables } if !variables.is_empty() => {
                "build in a job without tokens; or trust the build with them: --isolate=none"
                    .to_owned()
            }
            Self::NotGit { .. } => "to build the files as they are: --from-tree".to_owned(),
            Self::NoProject { committed: true, .. } => {
                "to build what is not committed: --from-tree".to_owned()
            }
            _ => return None,
        })
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Version { expected, found, .. } => {
                Some(Evidence { expected: expected.clone(), found: found.clone() })
            }
            _ => None,
        }
    }
}
