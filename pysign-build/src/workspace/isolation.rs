//! Keeping a backend's code away from the processes around it.
//!
//! A process of the same user may read the environment of another in `/proc`, so an environment
//! without secrets is not enough. In user, pid and mount namespaces of its own (namespaces(7)) a
//! backend sees no other process, and has no rights over one: `ptrace` across user namespaces
//! needs a capability in the other's (ptrace(2), "Ptrace access mode checking").

use std::path::Path;
use std::process::Command;

use pysign_host::{Env, Host};

use crate::Error;

/// All of `unshare`'s options: with `--kill-child`, nothing in the namespace outlives it.
const UNSHARE: [&str; 7] =
    ["--user", "--map-root-user", "--pid", "--fork", "--mount", "--mount-proc", "--kill-child"];

/// The value of `--isolate`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Isolate {
    /// Where the system allows it; where it does not, a build is refused if tokens could be read.
    #[default]
    Auto,
    /// Never.
    None,
    /// Always.
    Require,
}

/// How code that we did not write is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isolation {
    /// In namespaces of its own.
    Namespace,
    /// As an ordinary process of this user.
    None,
}

impl Isolation {
    /// What was asked for, as far as the system allows it. `is_success` runs a command.
    pub(crate) fn choose(
        wanted: Isolate,
        host: &Host,
        is_success: impl FnOnce(Command) -> bool,
    ) -> Result<Self, Error> {
        if wanted == Isolate::None {
            return Ok(Self::None);
        }
        if is_success(Self::Namespace.command("true".as_ref(), &host.env)) {
            return Ok(Self::Namespace);
        }
        let names = pysign_ci::tokens_in(&host.env);
        if wanted == Isolate::Require || !names.is_empty() {
            let variables = names.into_iter().map(str::to_owned).collect();
            return Err(Error::Isolation { variables });
        }
        host.notes.warn(
            "isolation-none",
            "the system allows no namespaces, so the code of the build can see this user's processes"
                .into(),
        );
        Ok(Self::None)
    }

    /// A command for `program` that has only `PATH` in its environment.
    pub(crate) fn command(self, program: &Path, env: &Env) -> Command {
        let mut command = match self {
            Self::Namespace => {
                let mut command = Command::new("unshare");
                // A session of its own: who has the user's terminal can type there (TIOCSTI).
                command.args(UNSHARE).args(["--", "setsid"]).arg(program);
                command
            }
            Self::None => Command::new(program),
        };
        command.env_clear().envs(env.os("PATH").map(|path| ("PATH", path)));
        command
    }

    /// The word for it in the manifest.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::None => "none",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use std::io::Write as _;

    /// What is chosen where there is a shell and no `unshare`.
    fn choose(wanted: Isolate, pairs: &[(&str, &str)]) -> Result<Isolation, Error> {
        let outer = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let outer = Workspace::open(&outer, Isolate::None).unwrap();
        let bin = outer.directory("bin").unwrap();
        for tool in ["sh", "rm", "chmod"] {
            std::os::unix::fs::symlink(format!("/bin/{tool}"), bin.join(tool)).unwrap();
        }
        let mut pairs = pairs.to_vec();
        pairs.push(("PATH", bin.to_str().unwrap()));
        let host = Host::test(&pairs);
        Workspace::open(&host, wanted).map(|workspace| workspace.isolation)
    }

    #[test]
    fn without_namespaces_a_build_with_tokens_around_is_refused() {
        assert_eq!(choose(Isolate::Auto, &[]).unwrap(), Isolation::None);
        let tokens = [("SIGSTORE_ID_TOKEN", "canary")];
        let error = choose(Isolate::Auto, &tokens).unwrap_err();
        assert!(
            matches!(&error, Error::Isolation { variables } if variables == &["SIGSTORE_ID_TOKEN"])
        );
        assert_eq!(choose(Isolate::None, &tokens).unwrap(), Isolation::None);
    }

    #[test]
    fn what_is_required_is_never_left_out() {
        assert!(matches!(choose(Isolate::Require, &[]).unwrap_err(), Error::Isolation { .. }));
    }

    /// What the script answers.
    fn answer(workspace: &Workspace<'_>, script: &str) -> String {
        let mut command = workspace.isolated("sh");
        command.args(["-c", &format!("{script}; true")]);
        let output = workspace.ask(command).unwrap().output(|tail| panic!("{tail:?}")).unwrap();
        String::from_utf8_lossy(&output).into_owned()
    }

    /// A workspace with namespaces, if the system has them.
    fn namespaces(host: &Host) -> Option<Workspace<'_>> {
        let workspace = Workspace::open(host, Isolate::Require).ok();
        if workspace.is_none() {
            // Straight to the stream: what a test prints otherwise is shown only if it fails.
            let _ = writeln!(std::io::stderr(), "skipped: the system has no namespaces");
        }
        workspace
    }

    #[test]
    fn in_namespaces_no_other_environment_is_read() {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        // A process of this user with a token in its environment.
        let mut neighbour = Command::new("sh");
        neighbour.args(["-c", "read -r end"]).env("SIGSTORE_ID_TOKEN", "canary");
        let mut neighbour = neighbour.stdin(std::process::Stdio::piped()).spawn().unwrap();
        let look = "cat /proc/[0-9]*/environ 2>/dev/null";
        assert!(answer(&Workspace::open(&host, Isolate::None).unwrap(), look).contains("canary"));
        if let Some(workspace) = namespaces(&host) {
            assert!(!answer(&workspace, look).contains("canary"));
            // Beneath the private /proc lies the system's: processes, but not to be read.
            assert!(!answer(&workspace, &format!("umount /proc; {look}")).contains("canary"));
        }
        drop(neighbour.stdin.take());
        neighbour.wait().unwrap();
    }

    #[test]
    fn in_namespaces_there_is_no_terminal() {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let Some(workspace) = namespaces(&host) else { return };
        // proc(5): the session, which is named after its leader; 0 is one outside.
        assert_eq!(answer(&workspace, "exec cut '-d ' -f6 /proc/self/stat"), "1\n");
    }
}
