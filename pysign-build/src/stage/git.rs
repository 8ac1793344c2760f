//! The commit that is checked out, cloned: files that git does not know of never ship.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use pysign_host::{FileError, read_regular};

use super::{Epoch, Origin, Request, Stage, shown, tree};
use crate::Error;
use crate::tail::Tail;
use crate::workspace::Workspace;

/// Variables, by name or prefix, that git sees. Filters and programs that the repository's
/// configuration names are run with them too, so no token is among them, and none that points at
/// another repository ("The Git Repository" in git(1)).
const PASSED: &[&str] = &["GIT_CONFIG_", "HOME", "PATH", "SUDO_UID", "TMPDIR", "XDG_CONFIG_HOME"];

/// Settings that give the bytes of the commit and the answers that we expect, whatever the user has
/// configured; and that neither write to the checkout nor run its programs.
const SETTINGS: &[&str] = &[
    "advice.detachedHead=false",
    "clone.defaultRemoteName=origin",
    "clone.rejectShallow=false",
    "core.attributesFile=/dev/null",
    "core.autocrlf=false",
    "core.eol=lf",
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "diff.autoRefreshIndex=false",
    "log.showSignature=false",
];

/// What a clone asks for objects. It does not see `GIT_CONFIG_*`, where a user may say that this
/// checkout is safe; git has checked its owner when it was opened.
const UPLOAD_PACK: &str = "git -c 'safe.directory=*' upload-pack";

/// The name of the clone in the private directory.
const CLONE: &str = "source";

/// A pointer of Git LFS is a few lines.
const MAX_POINTER: u64 = 1024;

pub(super) fn stage(request: &Request, workspace: &Workspace<'_>) -> Result<Stage, Error> {
    let git = Git(workspace);
    let (top, subdirectory) = git.work_tree(&request.source)?;
    let commit = git.commit(&top)?;
    let changes = git.changes(&top)?;
    if !changes.is_empty() && !request.allow_dirty {
        return Err(Error::Dirty { repository: request.source.clone(), files: changes });
    }
    let clone = workspace.path().join(CLONE);
    git.clone(&top, &clone, &commit, !changes.is_empty())?;
    let project = clone.join(&subdirectory);
    tree::check_links(&project, &clone)?;
    let time = git.time(&clone, &commit)?;
    Ok(Stage {
        project,
        origin: Origin::Git {
            commit,
            dirty: !changes.is_empty(),
            subdirectory: (!subdirectory.is_empty()).then_some(subdirectory),
        },
        epoch: Epoch::choose(workspace.host, Some((time, "commit")))?,
    })
}

/// Lets git assume that `pyproject.toml` in a clone is as in the commit.
pub(super) fn assume_unchanged(project: &Path, workspace: &Workspace<'_>) -> Result<(), Error> {
    let args = ["update-index", "--assume-unchanged", "--", "pyproject.toml"];
    Git(workspace).ask(project, "update the index of", &args).map(drop)
}

struct Git<'w>(&'w Workspace<'w>);

impl Git<'_> {
    /// `git` in `directory`, with the user's configuration. It runs as a backend does: a checkout's
    /// configuration may name programs, and a work tree that others wrote may have one.
    fn command(&self, directory: &Path) -> Command {
        let mut command = self.0.isolated("git");
        let is_passed = |name: &str| {
            PASSED.iter().any(|row| name == *row || row.ends_with('_') && name.starts_with(row))
        };
        let env = self.0.host.env.iter();
        command.envs(env.filter(|(name, _)| name.to_str().is_some_and(is_passed)));
        // Without optional locks, looking at a checkout does not write its index. A clone that
        // lacks objects is not completed over the network.
        command.envs([
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("LC_ALL", "C"),
        ]);
        command.arg("-C").arg(absolute(directory));
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command
    }

    /// The answer of `git ARGS…` in `directory`; `doing` says what it was for.
    fn ask(&self, directory: &Path, doing: &'static str, args: &[&str]) -> Result<String, Error> {
        let mut command = self.command(directory);
        command.args(args);
        let output = self.0.ask(command)?.output(|tail| failed(doing, directory, tail))?;
        // Paths that are not UTF-8 can't be in an archive either.
        Ok(String::from_utf8_lossy(&output).into_owned())
    }

    fn tell(&self, directory: &Path, doing: &'static str, args: &[&OsStr]) -> Result<(), Error> {
        let mut command = self.command(directory);
        command.args(args);
        self.0.run(command, None)?.output(|tail| failed(doing, directory, tail)).map(drop)
    }

    /// The top of the work tree that `directory` is in, and the path from there.
    fn work_tree(&self, directory: &Path) -> Result<(PathBuf, String), Error> {
        let args = ["rev-parse", "--show-toplevel", "--show-prefix"];
        let answer = self.ask(directory, "open", &args).map_err(|error| match error {
            Error::Git { tail: Some(tail), .. } if tail.mentions(&["not a git repository"]) => {
                Error::NotGit { directory: directory.to_owned() }
            }
            error => error,
        })?;
        let mut lines = answer.lines();
        let top = PathBuf::from(lines.next().unwrap_or_default());
        let prefix = lines.next().unwrap_or_default().trim_end_matches('/');
        Ok((top, prefix.to_owned()))
    }

    fn commit(&self, top: &Path) -> Result<String, Error> {
        let args = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        Ok(self.ask(top, "find a commit in", &args)?.trim_end().to_owned())
    }

    /// Seconds since 1970. Before that there were no commits.
    fn time(&self, clone: &Path, commit: &str) -> Result<u64, Error> {
        let args = ["show", "--no-patch", "--format=%ct", commit];
        let answer = self.ask(clone, "read the commit of", &args)?;
        Ok(answer.trim_end().parse().unwrap_or_default())
    }

    /// Tracked files that differ from the commit, with git's two letters before each.
    fn changes(&self, top: &Path) -> Result<Vec<String>, Error> {
        let args = ["status", "--porcelain=v1", "--untracked-files=no", "--ignore-submodules=none"];
        let answer = self.ask(top, "check for changes in", &args)?;
        Ok(answer.lines().map(|line| line.trim().to_owned()).collect())
    }

    /// Clones `commit` of the checkout `from`, its submodules and, if wanted, its changes.
    fn clone(&self, from: &Path, to: &Path, commit: &str, dirty: bool) -> Result<(), Error> {
        // Through git's own protocol: no file of the checkout's object store is shared or trusted.
        let clone = ["clone", "--quiet", "--no-local", "--no-checkout", "--template="];
        let mut args: Vec<&OsStr> = clone.iter().map(OsStr::new).collect();
        args.extend(["--upload-pack", UPLOAD_PACK, "--"].map(OsStr::new));
        args.extend([from.as_os_str(), to.as_os_str()]);
        self.tell(from, "clone", &args)?;
        // Detached, as in CI, and without a way back: the same in every clone of this commit.
        let on = |args: &[&str]| {
            self.tell(to, "check out", &args.iter().map(OsStr::new).collect::<Vec<_>>())
        };
        on(&["checkout", "--quiet", "--force", "--detach", commit])?;
        on(&["remote", "remove", "origin"])?;
        if dirty {
            self.copy_changes(from, to, commit)?;
        }
        for (path, commit) in self.submodules(to, commit)? {
            let remedy = "git submodule update --init --recursive";
            let there = from.join(&path);
            if !there.join(".git").exists() {
                return Err(Error::Incomplete { path: path.into(), remedy });
            }
            let place = to.join(&path);
            // Git made an empty directory for it, which a clone may take.
            self.clone(&there, &place, &commit, dirty)?;
        }
        self.check_pointers(to)
    }

    /// Repeats in `to` what differs between `commit` and the work tree of `from`.
    fn copy_changes(&self, from: &Path, to: &Path, commit: &str) -> Result<(), Error> {
        let patch = self.0.fresh("changes");
        let mut diff = self.command(from);
        diff.args(["diff", "--binary", "--full-index", "--no-color", "--no-ext-diff"]);
        diff.args(["--no-textconv", "--no-renames", "--ignore-submodules=all"]);
        diff.args(["--unified=3", "--src-prefix=a/", "--dst-prefix=b/", commit, "--"]);
        let ended = self.0.redirect(diff, &patch)?;
        ended.output(|tail| failed("read the changes of", from, tail))?;
        let apply = ["apply", "--index", "--allow-empty", "--whitespace=nowarn", "--"];
        let mut args: Vec<&OsStr> = apply.iter().map(OsStr::new).collect();
        args.push(patch.as_os_str());
        self.tell(to, "copy the changes of", &args)
    }

    /// Path and commit of every submodule (gitsubmodules(7): an entry of mode 160000).
    fn submodules(&self, clone: &Path, commit: &str) -> Result<Vec<(String, String)>, Error> {
        let answer = self.ask(clone, "list", &["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let parse = |line: &str| {
            let (facts, path) = line.split_once('\t')?;
            let commit = facts.strip_prefix("160000 commit ")?;
            Some((path.to_owned(), commit.to_owned()))
        };
        Ok(answer.split('\0').filter_map(parse).collect())
    }

    /// Refuses files that Git LFS has left as pointers: what they stand for would be missing.
    fn check_pointers(&self, clone: &Path) -> Result<(), Error> {
        let args = ["ls-files", "-z", "--", ":(top,attr:filter=lfs)"];
        let answer = self.ask(clone, "list", &args)?;
        for path in answer.split('\0').filter(|path| !path.is_empty()) {
            let path = clone.join(path);
            match read_regular(&path, MAX_POINTER) {
                Ok(bytes) if bytes.starts_with(b"version https://git-lfs") => {
                    let remedy = "git lfs pull, then --from-tree";
                    let path = shown(&path, &self.0.path().join(CLONE));
                    return Err(Error::Incomplete { path, remedy });
                }
                Ok(_) | Err(FileError::TooLarge { .. } | FileError::Missing { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }
}

fn failed(command: &'static str, repository: &Path, tail: Option<Tail>) -> Error {
    Error::Git { command, repository: repository.to_owned(), tail }
}

/// An absolute path, since git runs in another directory.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
