//! Where a test works: a directory of its own, the five programs, and the environment of a job in
//! the sandbox and nothing else.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use pysign_sandbox::{Sandbox, Setup};
use pysign_testkit::Scratch;

/// What a job needs of the machine to reach package indexes; never a secret.
const FROM_THE_MACHINE: [&str; 8] = [
    "PIP_CERT",
    "PIP_INDEX_URL",
    "PIP_DEFAULT_TIMEOUT",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "https_proxy",
    "PYENV_ROOT",
    "PYENV_VERSION",
];

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The directory of the programs, built once.
pub(crate) fn programs() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let built = Command::new(env!("CARGO"))
            .args(["build", "--locked", "--quiet", "-p", "pysign-sandbox"])
            .args(
                ["build", "sign", "verify", "publish", "fetch"]
                    .map(|name| format!("-ppysign-{name}")),
            )
            .current_dir(root())
            .status()
            .unwrap();
        assert!(built.success(), "the programs don't compile");
        // The test itself is in `deps`, beside which the programs are.
        env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned()
    })
}

/// Makes a directory a repository with one commit, the same one each time.
const COMMIT: &str = "export GIT_AUTHOR_DATE=@1700000000 GIT_COMMITTER_DATE=@1700000000
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
    export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
    git init -q -b main && git add -A && git commit -q -m demo";

/// The commit of the demo project, which every pipeline runs for.
fn demo_commit() -> &'static str {
    static COMMITTED: OnceLock<String> = OnceLock::new();
    COMMITTED.get_or_init(|| {
        let (scratch, project) = (Scratch::new(), root().join("tests/demo-offline"));
        let script = format!("cp -R {}/. . && {COMMIT} && git rev-parse HEAD", project.display());
        let mut command = Command::new("sh");
        command.args(["-c", &script]).current_dir(scratch.path()).env("GIT_CONFIG_NOSYSTEM", "1");
        let output = command.env("HOME", scratch.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    })
}

/// A job: a directory, a sandbox, an environment.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) sandbox: Sandbox,
    scratch: Scratch,
    variables: BTreeMap<OsString, OsString>,
}

impl Place {
    /// An empty directory `work` in a job of the default project.
    pub(crate) fn new() -> Self {
        Self::with(Setup::default().commit(demo_commit()).start().unwrap())
    }

    /// The same in a pipeline for a tag.
    pub(crate) fn of_tag(name: &str) -> Self {
        Self::with(Setup::default().commit(demo_commit()).tag(name).start().unwrap())
    }

    pub(crate) fn with(sandbox: Sandbox) -> Self {
        let scratch = Scratch::new();
        for name in ["work", "tmp", "home"] {
            fs::create_dir(scratch.path().join(name)).unwrap();
        }
        let mut variables = BTreeMap::new();
        for name in FROM_THE_MACHINE {
            variables.extend(env::var_os(name).map(|value| (name.into(), value)));
        }
        for (name, value) in sandbox.env() {
            variables.insert(name.into(), value.into());
        }
        let job = |name: &str| variables[&OsString::from(name)].to_str().unwrap().to_owned();
        let directory = sandbox.directory().display();
        let root = format!("--trusted-root {directory}/trusted_root.json");
        let tuf = job("PYSIGN_SANDBOX_TUF");
        let identity = format!(
            "--identity https://{}/{}//.gitlab-ci.yml@refs/heads/{} --issuer {}",
            job("CI_SERVER_FQDN"),
            job("CI_PROJECT_PATH"),
            job("CI_DEFAULT_BRANCH"),
            job("CI_SERVER_URL"),
        );
        let mut path = OsString::from(programs());
        path.push(":");
        path.push(env::var_os("PATH").unwrap());
        let at = |name: &str| scratch.path().join(name).into_os_string();
        for (name, value) in [
            ("SIGN", format!("--signing-config {directory}/signing_config.json {root}").into()),
            ("SIGN2", format!("--signing-config {directory}/signing_config.v2.json {root}").into()),
            ("VERIFY", root.clone().into()),
            ("TUF", format!("--tuf-url {tuf} --tuf-root {directory}/tuf/root.json").into()),
            ("IDENTITY", identity.into()),
            ("PATH", path),
            ("HOME", at("home")),
            ("TMPDIR", at("tmp")),
            ("LANG", "C.UTF-8".into()),
            ("GIT_CONFIG_NOSYSTEM", "1".into()),
        ] {
            variables.insert(name.into(), value);
        }
        Self { sandbox, scratch, variables }
    }

    /// The directory in which scripts run.
    pub(crate) fn work(&self) -> PathBuf {
        self.scratch.path().join("work")
    }

    /// Another directory beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<OsString>) {
        self.variables.insert(name.into(), value.into());
    }

    /// Runs a script under plain `sh`, with nothing on standard input.
    pub(crate) fn sh(&self, script: &str) -> Output {
        self.command(script).output().unwrap()
    }

    /// The same for a test that does not wait for its end.
    pub(crate) fn command(&self, script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]).env_clear().envs(&self.variables);
        command.current_dir(self.work()).stdin(Stdio::null());
        command
    }

    /// Runs a script that must succeed; gives its standard output.
    pub(crate) fn ok(&self, script: &str) -> String {
        let output = self.sh(script);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{script}\n{:?}\n{stderr}", output.status.code());
        String::from_utf8(output.stdout).unwrap()
    }

    /// Copies a directory of the tree's tests to `work`, without its own directory.
    pub(crate) fn copy_project(&self, name: &str) {
        let from = root().join("tests").join(name);
        let copied = Command::new("cp").arg("-R").arg(from.join(".")).arg(self.work()).status();
        assert!(copied.unwrap().success());
        self.ok(COMMIT);
    }

    /// Files that no run may leave behind.
    pub(crate) fn litter(&self) -> Vec<PathBuf> {
        let mut found = names_below(&self.beside("tmp"));
        found.extend(
            names_below(&self.work())
                .into_iter()
                .filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(".pysign-")),
        );
        found
    }
}

/// Every name below `directory`, sorted.
pub(crate) fn names_below(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(directory) else { return found };
    for entry in entries {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(names_below(&entry.path()));
        }
        found.push(entry.path());
    }
    found.sort();
    found
}
