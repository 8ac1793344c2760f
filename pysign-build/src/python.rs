//! The interpreter that a build runs on.

use std::ffi::OsString;
use std::path::PathBuf;

use pysign_json::{Numbers, Value};

use crate::Error;
use crate::workspace::{Workspace, command};

/// Prints what we want to know, as JSON. `pip` may be too old to install into another environment
/// (`--python` came with 22.3) and counts as missing then. Installers and backends no
/// longer support Python 3.7.
const QUESTIONS: &str = r"
import json, platform, sys, sysconfig
try:
    import pip
    major, minor = pip.__version__.split('.')[:2]
    has_pip = (int(major), int(minor)) >= (22, 3)
except Exception:
    has_pip = False
print(json.dumps({
    'executable': sys.executable,
    'version': platform.python_version(),
    'supported': sys.version_info >= (3, 8),
    'platform': sysconfig.get_platform(),
    'pip': has_pip,
    'cflags': sysconfig.get_config_var('CFLAGS') or '',
}))
";

/// An interpreter, as it describes itself.
#[derive(Clone, Debug)]
pub(crate) struct Python {
    /// Its real path: what is found in `PATH` may be a script that chooses one.
    pub(crate) executable: PathBuf,
    /// Such as `3.11.7`.
    pub(crate) version: String,
    /// Such as `linux-x86_64`.
    pub(crate) platform: String,
    /// Whether it comes with a pip that can install into another environment.
    pub(crate) has_pip: bool,
    /// The flags for its compiler, which its extensions are compiled with too.
    pub(crate) cflags: String,
}

impl Python {
    /// Asks `program`, by default the `python3` in `PATH`, in the user's own environment: the
    /// interpreter is the user's choice, and no code of the project runs here.
    pub(crate) fn find(
        program: Option<OsString>,
        workspace: &Workspace<'_>,
    ) -> Result<Self, Error> {
        let program = program.unwrap_or_else(|| "python3".into());
        let mut command = command(&program);
        // Where the user is, `EXE` may be relative.
        command.current_dir(".").envs(workspace.host.env.iter());
        command.args(["-I", "-c", QUESTIONS]);
        let refused = |reason, tail| Error::Python { program: program.clone(), reason, tail };
        let unusable = |reason| refused(reason, None);
        let answer = workspace.ask(command)?.output(|tail| refused("it does not run", tail))?;
        let answer = pysign_json::parse(&answer, answer.len(), Numbers::Any)
            .map_err(|_| unusable("it is not a Python interpreter"))?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let is = |name: &str| answer.get(name).and_then(Value::as_bool).unwrap_or_default();
        if !is("supported") {
            return Err(unusable("it is older than 3.8"));
        }
        match (text("executable"), text("version"), text("platform")) {
            (Some(executable), Some(version), Some(platform)) if !executable.is_empty() => {
                Ok(Self {
                    executable: executable.into(),
                    version,
                    platform,
                    has_pip: is("pip"),
                    cflags: text("cflags").unwrap_or_default(),
                })
            }
            _ => Err(unusable("it does not tell its path, version and platform")),
        }
    }
}
