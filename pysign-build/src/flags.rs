//! The command line of `pysign-build`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use pysign_cli::{Flag, Input, Manifest, Matches, Repeat, Spec, Takes, Tool, Usage, flags};
use pysign_host::{Failure, FileError, Host};
use pysign_names::Version;

use crate::archives::Wanted;
use crate::hooks::{Settings, Target};
use crate::installer::Choice;
use crate::overrides::Overrides;
use crate::stage::Request;
use crate::workspace::Isolate;

const fn switch(name: &'static str, about: &'static str, detail: &'static str) -> Flag {
    Flag { name, short: None, value: None, repeat: Repeat::Last, about, detail }
}

const FLAGS: &[Flag] = &[
    Flag { about: "Write the archives into DIR (default: dist)", ..flags::OUTPUT },
    flags::FORCE,
    switch("sdist", "Write only the sdist", "With --wheel too, both are written, as by default."),
    switch("wheel", "Write only the wheel", "It is built from the sdist all the same."),
    Flag {
        name: "set",
        short: None,
        value: Some("KEY=VALUE"),
        repeat: Repeat::Many,
        about: "Set a value of [project] for this build",
        detail: "KEY is description, license, name, requires-python, version or urls.LABEL. It is written into the private copy of pyproject.toml; the result must show it. A key that the project lists as dynamic can't be set.",
    },
    switch(
        "set-from-gitlab",
        "Set name and home page from the GitLab project",
        "The name is CI_PROJECT_NAME with hyphens as underscores, urls.Homepage is CI_SERVER_URL/CI_PROJECT_PATH. A value of --set takes precedence.",
    ),
    Flag {
        name: "expect-version",
        short: None,
        value: Some("VERSION"),
        repeat: Repeat::Once,
        about: "Fail unless this is the version that was built",
        detail: "Compared as versions: 1.0 and 1.0.0 are equal.",
    },
    switch(
        "allow-dirty",
        "Build uncommitted changes of tracked files too",
        "Without it they are an error. The manifest records it. Untracked files are never included.",
    ),
    switch(
        "from-tree",
        "Build the files as they are, without asking git",
        "For a project that is not in a git repository, or whose content git does not have (Git LFS). The manifest then names no commit. The data of version control systems, bytecode and the output directory are left out.",
    ),
    Flag {
        name: "python",
        short: None,
        value: Some("EXE"),
        repeat: Repeat::Last,
        about: "The interpreter to build with (default: python3)",
        detail: "A path, or a name in PATH; 3.8 or newer.",
    },
    Flag {
        name: "installer",
        short: None,
        value: Some("auto|uv|pip"),
        repeat: Repeat::Last,
        about: "What installs the backend: auto (default), uv or pip",
        detail: "auto: uv if it is in PATH, else pip. It uses your configuration and proxies, and installs wheels only: a requirement that has no wheel is an error. With pip the manifest names the file and the SHA-256 of each wheel, with uv only name and version.",
    },
    Flag {
        name: "config-setting",
        short: None,
        value: Some("KEY=VALUE"),
        repeat: Repeat::Many,
        about: "Pass a setting to the backend",
        detail: "Several values for one key become a list.",
    },
    Flag {
        name: "env-pass",
        short: None,
        value: Some("NAME"),
        repeat: Repeat::Many,
        about: "Let the backend see the variable NAME",
        detail: "By default it sees only those listed under ENVIRONMENT.",
    },
    Flag {
        name: "isolate",
        short: None,
        value: Some("auto|require|none"),
        repeat: Repeat::Once,
        about: "Isolate the build from other processes: auto (default), require or none",
        detail: "The build then runs in user, pid and mount namespaces of its own. auto: if the system allows it; otherwise the build fails with exit 3 if a variable that holds a token is set (see ENVIRONMENT). none: the code of the build can read the tokens of this job, so use it only where there are none.",
    },
    Flag {
        about: "Kill a hook of the backend after SECS (default: no limit)",
        detail: "It is killed together with everything that it started. Installers have time limits of their own.",
        ..flags::TIMEOUT
    },
];

/// The program.
#[derive(Debug)]
pub struct Build;

impl Tool for Build {
    const SPEC: Spec = Spec {
        name: "pysign-build",
        about: "Build a Python project into canonical archives",
        description: "Builds the commit that is checked out in SRC, a project directory (default: the current one), or an sdist, with the backend that the project names (PEP 517): an sdist, and a wheel from that sdist. Your checkout is not touched: a private copy is built, in an environment of its own and without your variables. Both archives are rewritten so that equal content gives equal bytes, and written into ./dist. The manifest goes to standard output; it names no time of the build, host or user.\n\nA build writes everything or nothing: after a failure the output directory is as it was, standard output is empty, and the private copy is removed, even if the program was killed. To see what the backend says: -v.\n\nThe exit status is 1 if an archive does not match its name or its RECORD, or does not have the version of --expect-version; 3 if the source has uncommitted changes, a hook fails or takes too long, or an output file already exists with different content; 4 if the installer can't reach its index. Standard input is never read.",
        operands: Some("SRC"),
        input: Takes::Nothing,
        instead: &[],
        flags: FLAGS,
        later: &[
            "build-index",
            "build-lock",
            "build-wheels",
            "check",
            "provenance",
            "repack",
            "require-lock",
            "verify-rebuild",
            "write-build-lock",
        ],
        sections: &[],
        examples: &[
            (
                "Build the commit that is checked out, and keep the manifest",
                "pysign-build >build.json",
            ),
            (
                "Build a tag in a GitLab job that has no id_tokens",
                "pysign-build --set-from-gitlab --expect-version \"${CI_COMMIT_TAG#v}\" >build.json",
            ),
        ],
        environment: &[
            ("PATH", "Where python3, git, uv, unshare and setsid are"),
            (
                "AR, CC, CXX, LD_LIBRARY_PATH, MACOSX_DEPLOYMENT_TARGET, PKG_CONFIG_PATH, SDKROOT",
                "Where compilers and libraries are: the backend sees them, and PATH. CFLAGS and CXXFLAGS are set to the flags that the interpreter was compiled with and -ffile-prefix-map for the private copy; to use yours: --env-pass CFLAGS",
            ),
            (
                "CI_API_V4_URL, CI_PROJECT_NAME, CI_PROJECT_PATH, CI_SERVER_URL",
                "What --set-from-gitlab reads",
            ),
            (
                "CI_JOB_TOKEN, *_ID_TOKEN and others that hold tokens",
                "Never passed to the backend, the installer or git; if one is set and namespaces are not allowed, the build fails and names it",
            ),
            ("GIT_CONFIG_*, HOME, XDG_CONFIG_HOME", "For git, as it documents them"),
            (
                "PIP_*, UV_*, HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE",
                "For the installer, as pip and uv document them; never for the backend",
            ),
            (
                "SOURCE_DATE_EPOCH",
                "The time in the archives, in seconds since 1970, in place of the commit's",
            ),
            ("TMPDIR", "Where the private copy is made (default: /tmp)"),
        ],
        codes: &[
            crate::Error::CODES,
            pysign_archive::Error::CODES,
            pysign_ci::Error::CODES,
            pysign_manifest::Error::CODES,
            FileError::CODES,
        ],
    };

    type Args = Args;

    fn args(m: &Matches) -> Result<Args, Usage> {
        let source = match m.operands() {
            [] => PathBuf::from("."),
            [source] => PathBuf::from(source),
            [_, more, ..] => return Err(Usage::Operand { value: more.display().to_string() }),
        };
        if m.is_set("from-tree") && m.is_set("allow-dirty") {
            return Err(Usage::conflict("--from-tree", "--allow-dirty"));
        }
        Ok(Args {
            request: Request {
                source,
                from_tree: m.is_set("from-tree"),
                allow_dirty: m.is_set("allow-dirty"),
                output: m.path("output").unwrap_or_else(|| PathBuf::from("dist")),
            },
            targets: targets(m),
            overrides: overrides(m)?,
            set_from_gitlab: m.is_set("set-from-gitlab"),
            expect_version: m.parse("expect-version")?,
            python: m.value("python").map(OsString::from),
            installer: installer(m)?,
            isolate: isolate(m)?,
            settings: Settings {
                config: config_settings(m)?,
                env_pass: env_pass(m)?,
                timeout: m.timeout()?,
            },
        })
    }

    fn run(args: Args, _: Input, host: &Host) -> Result<Option<Manifest>, Failure> {
        crate::run::run(args, host).map(Some)
    }
}

/// The command line, parsed.
#[derive(Debug)]
pub struct Args {
    pub(crate) request: Request,
    pub(crate) targets: Vec<Target>,
    pub(crate) overrides: Overrides,
    pub(crate) set_from_gitlab: bool,
    pub(crate) expect_version: Option<Version>,
    pub(crate) python: Option<OsString>,
    pub(crate) installer: Choice,
    pub(crate) isolate: Isolate,
    pub(crate) settings: Settings,
}

impl Args {
    /// The release that was asked for.
    pub(crate) fn wanted(&self) -> Wanted {
        let set = self.overrides.version().map(|version| ("version that --set gives", version));
        let expected = self.expect_version.clone();
        let expected = expected.map(|version| ("version that --expect-version gives", version));
        Wanted { name: self.overrides.name(), versions: set.into_iter().chain(expected).collect() }
    }
}

/// Both, unless one is asked for.
fn targets(m: &Matches) -> Vec<Target> {
    match (m.is_set("sdist"), m.is_set("wheel")) {
        (true, false) => vec![Target::Sdist],
        (false, true) => vec![Target::Wheel],
        _ => vec![Target::Sdist, Target::Wheel],
    }
}

fn overrides(m: &Matches) -> Result<Overrides, Usage> {
    let mut overrides = Overrides::default();
    for text in m.texts("set")? {
        overrides.insert(Overrides::parse(text).map_err(|reason| m.invalid("set", text, reason))?);
    }
    Ok(overrides)
}

fn installer(m: &Matches) -> Result<Choice, Usage> {
    match m.text("installer")? {
        None | Some("auto") => Ok(Choice::Auto),
        Some("pip") => Ok(Choice::Pip),
        Some("uv") => Ok(Choice::Uv),
        Some("native") => Err(Usage::NotOffered { flag: "--installer native".to_owned() }),
        Some(other) => Err(m.invalid("installer", other, "expected auto, uv or pip")),
    }
}

fn isolate(m: &Matches) -> Result<Isolate, Usage> {
    match m.text("isolate")? {
        None | Some("auto") => Ok(Isolate::Auto),
        Some("none") => Ok(Isolate::None),
        Some("require") => Ok(Isolate::Require),
        Some(other) => Err(m.invalid("isolate", other, "expected auto, require or none")),
    }
}

fn config_settings(m: &Matches) -> Result<BTreeMap<String, Vec<String>>, Usage> {
    let mut settings: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for text in m.texts("config-setting")? {
        let (key, value) = text
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| m.invalid("config-setting", text, "expected KEY=VALUE"))?;
        settings.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Ok(settings)
}

/// Names only: a value on the command line would be a secret for everyone to read.
fn env_pass(m: &Matches) -> Result<Vec<String>, Usage> {
    let names = m.texts("env-pass")?.into_iter().map(|name| {
        let is_name = !name.is_empty() && !name.contains(['=', '\0']);
        is_name
            .then(|| name.to_owned())
            .ok_or_else(|| m.invalid("env-pass", name, "expected a name"))
    });
    names.collect()
}
