//! What can make a build fail.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use pysign_host::FileError;

use crate::tail::Tail;

/// Why there is nothing built. Codes are an interface: see the man page's DIAGNOSTICS.
#[derive(Debug)]
pub(crate) enum Error {
    /// Tracked files, given in git's short format, differ from the commit that would be built.
    Dirty { repository: PathBuf, files: Vec<String> },
    /// `SOURCE_DATE_EPOCH` is not a time.
    Epoch,
    /// A file can't be read or written.
    File(FileError),
    /// Git failed in what it was told to do.
    Git { command: &'static str, repository: PathBuf, tail: Option<Tail> },
    /// A hook of the backend went wrong.
    Hook { backend: String, hook: &'static str, fault: HookFault, tail: Option<Tail> },
    /// Content of the commit is not in the checkout; the remedy is a command that gets it.
    Incomplete { path: PathBuf, remedy: &'static str },
    /// The build requirements are not there as wheels, or conflict, or the index can't be reached.
    Install { installer: &'static str, tail: Option<Tail>, unreachable: bool },
    /// The installer that is wanted does not exist here.
    Installer { wanted: &'static str },
    /// The backend can't be kept from other processes, and could read these token variables.
    Isolation { variables: Vec<String> },
    /// A link in the source, relative to it, points outside.
    Link { path: PathBuf },
    /// The directory, or the commit in it, holds no project.
    NoProject { directory: PathBuf, committed: bool },
    /// The directory is not in a git repository.
    NotGit { directory: PathBuf },
    /// `--set-from-gitlab` outside of a GitLab job.
    NotGitLab,
    /// A value can't be set.
    Override { key: String, reason: String },
    /// A program that is needed can't be started.
    Program { program: PathBuf, cause: io::Error },
    /// `pyproject.toml` breaks its rules.
    PyProject { reason: String },
    /// The interpreter can't be used.
    Python { program: OsString, reason: &'static str, tail: Option<Tail> },
    /// A build requirement that no wheel can meet.
    Requirement { text: String, reason: &'static str },
    /// What was built has another name or version than was asked for; `what` says by which flag.
    Version { expected: String, found: String, what: &'static str },
}

/// What went wrong in a hook.
#[derive(Debug)]
pub(crate) enum HookFault {
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
    pub(crate) fn pyproject(reason: impl Into<String>) -> Self {
        Self::PyProject { reason: reason.into() }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

pysign_host::problem! { Error {
    Self::Dirty { repository, files } => Input "source-dirty"
        ("'{}' has uncommitted changes: {}", repository.display(), first_three(files)),
        file(repository), hint("to build the commit alone: git stash");
    Self::Epoch => Input "epoch-invalid"
        ("SOURCE_DATE_EPOCH is not a number of seconds since 1970");
    Self::Git { command, repository, tail } => Input "git-failed"
        ("git could not {command} '{}'", repository.display()), file(repository), cause_if(tail);
    Self::Hook { backend, hook, fault: HookFault::Answer(what), tail } => Input "hook-answer"
        ("in '{hook}', the backend '{backend}' {what}"), cause_if(tail);
    Self::Hook { backend, hook, fault: HookFault::Backend(what), tail } => Input "backend-unusable"
        ("the backend '{backend}' {what}"), cause_if(tail);
    Self::Hook { backend, hook, fault: HookFault::Failed, tail } => Input "hook-failed"
        ("the backend '{backend}' failed in '{hook}'"),
        hint("to see everything that the backend says: -v"), cause_if(tail);
    Self::Hook { backend, hook, fault: HookFault::Missing, .. } => Input "backend-unusable"
        ("the backend '{backend}' has no hook '{hook}'");
    Self::Hook { backend, hook, fault: HookFault::TimedOut(limit), tail } => Input "hook-timeout"
        ("the backend '{backend}' took longer than {} s in '{hook}'", limit.as_secs_f64()),
        cause_if(tail);
    Self::Incomplete { path, remedy } => Input "source-incomplete"
        ("the content of '{}' is not in the checkout", path.display()), file(path), hint(*remedy);
    Self::Install { installer, tail, unreachable: false } => Input "install-failed"
        ("{installer} found no wheels for the build requirements"),
        hint("to see everything that was tried: -v"), cause_if(tail);
    Self::Install { installer, tail, .. } => Unavailable "install-unreachable"
        ("{installer} could not reach its index"), cause_if(tail);
    Self::Installer { wanted } => Input "installer-missing" ("no {wanted} was found to install with");
    Self::Isolation { variables } if variables.is_empty() => Input "isolation-unavailable"
        ("the system allows no namespaces to isolate the build in");
    Self::Isolation { variables } => Input "isolation-unavailable"
        ("the build can't be isolated and could read '{}'", variables.join("', '")),
        hint("run the job where user namespaces are allowed");
    Self::Link { path } => Input "source-link"
        ("the link '{}' points outside of the source", path.display()), file(path);
    Self::NoProject { directory, committed: true } => Input "source-not-project"
        ("the commit in '{}' has neither pyproject.toml nor setup.py", directory.display()),
        file(directory), hint("to build what is not committed: --from-tree");
    Self::NoProject { directory, .. } => Input "source-not-project"
        ("'{}' has neither pyproject.toml nor setup.py", directory.display()), file(directory);
    Self::NotGit { directory } => Input "source-not-git"
        ("'{}' is not in a git repository", directory.display()),
        file(directory), hint("to build the files as they are: --from-tree");
    Self::NotGitLab => Input "not-a-gitlab-job"
        ("--set-from-gitlab works only inside a GitLab CI job: 'CI_API_V4_URL' is not set");
    Self::Override { key, reason } => Input "override-refused" ("'{key}' can't be set: {reason}");
    Self::Program { program, cause } => Input "program-missing"
        ("the program '{}' can't be started", program.display()), cause(cause);
    Self::PyProject { reason } => Input "pyproject-malformed"
        ("'pyproject.toml' is malformed: {reason}"), file("pyproject.toml");
    Self::Python { program, reason, tail } => Input "python-unusable"
        ("'{}' can't be used: {reason}", program.display()), cause_if(tail);
    Self::Requirement { text, reason } => Input "requirement-refused"
        ("the build requirement '{text}' is refused: {reason}");
    Self::Version { what, expected, found } => Refused "version-mismatch"
        ("the built package does not have the {what}"), evidence(expected, found);
} from {
    Self::File(error) => error;
} }

fn first_three(files: &[String]) -> String {
    let shown = files.iter().take(3).map(String::as_str).collect::<Vec<_>>().join("', '");
    format!("'{shown}'{}", if files.len() > 3 { " and others" } else { "" })
}
