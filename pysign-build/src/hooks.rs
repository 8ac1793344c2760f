//! Calling a backend (PEP 517): each hook in a process of its own, without any secret.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use pysign_host::{Env, FileError, shell_word};
use pysign_json::{Numbers, Value, json};
use pysign_names::Requirement;
use pysign_process::End;

use crate::Error;
use crate::environment::Environment;
use crate::error::HookFault;
use crate::project::{BuildSystem, requirements};
use crate::python::Python;
use crate::tail::Tail;
use crate::workspace::{Ended, Workspace};

const RUNNER: &str = include_str!("hooks.py");

/// An answer is a file name, or a list of requirements that a person wrote.
const MAX_ANSWER: u64 = 1024 * 1024;

/// The user's variables that a backend always sees: where compilers and libraries are. `PATH` is
/// extended.
const PASSED: &[&str] = &[
    "AR",
    "CC",
    "CXX",
    "LD_LIBRARY_PATH",
    "MACOSX_DEPLOYMENT_TARGET",
    "PKG_CONFIG_PATH",
    "SDKROOT",
];

/// Calls the hooks of a build.
#[derive(Debug)]
pub(crate) struct Hooks<'w, 'h> {
    workspace: &'w Workspace<'h>,
    /// The flags that the interpreter was compiled with, and its extensions must be.
    cflags: String,
    epoch: u64,
    runner: PathBuf,
    home: PathBuf,
    temporary: PathBuf,
    settings: Settings,
}

/// The options that concern hooks.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// `--config-setting`: all values of each key.
    pub(crate) config: BTreeMap<String, Vec<String>>,
    /// The names given with `--env-pass`.
    pub(crate) env_pass: Vec<String>,
    /// The limit of `--timeout` for one hook.
    pub(crate) timeout: Option<Duration>,
}

/// The archive that a hook builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Sdist,
    Wheel,
}

impl Target {
    const fn requires_hook(self) -> &'static str {
        match self {
            Self::Sdist => "get_requires_for_build_sdist",
            Self::Wheel => "get_requires_for_build_wheel",
        }
    }

    const fn build_hook(self) -> &'static str {
        match self {
            Self::Sdist => "build_sdist",
            Self::Wheel => "build_wheel",
        }
    }
}

/// A project, and the environment that its backend runs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'c> {
    pub(crate) project: &'c Path,
    pub(crate) system: &'c BuildSystem,
    pub(crate) environment: &'c Environment,
}

impl<'w, 'h> Hooks<'w, 'h> {
    pub(crate) fn new(
        workspace: &'w Workspace<'h>,
        python: &Python,
        epoch: u64,
        settings: Settings,
    ) -> Result<Self, Error> {
        let host = workspace.host;
        for name in settings.env_pass.iter().filter(|name| host.env.os(name).is_none()) {
            let message = format!("'{name}' is not set, so it is not passed to the backend");
            host.notes.warn("env-pass-unset", message);
        }
        Ok(Self {
            workspace,
            cflags: python.cflags.clone(),
            epoch,
            runner: workspace.write("hooks.py", RUNNER.as_bytes())?,
            home: workspace.directory("home")?,
            temporary: workspace.directory("tmp")?,
            settings,
        })
    }

    /// What the backend needs beyond what `pyproject.toml` says.
    pub(crate) fn requires(
        &self,
        call: Call<'_>,
        target: Target,
    ) -> Result<Vec<Requirement>, Error> {
        let hook = target.requires_hook();
        let Some(value) = self.answer(call, hook, &json!([]))? else { return Ok(Vec::new()) };
        let texts = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        let texts: Vec<&str> =
            texts.ok_or_else(|| wrong(call, hook, "did not return a list of strings"))?;
        requirements(texts)
    }

    /// Has the backend build one archive; gives its path in a new directory.
    pub(crate) fn build(&self, call: Call<'_>, target: Target) -> Result<PathBuf, Error> {
        let hook = target.build_hook();
        self.workspace.host.notes.progress(format!("{}: {hook}", call.system.backend));
        let output = self.workspace.directory(self.workspace.fresh("output"))?;
        let value = self.answer(call, hook, &json!([output]))?;
        let value = value.ok_or_else(|| fault(call, hook, HookFault::Missing, None))?;
        let name = value.as_str().filter(|name| is_file_name(name));
        let path =
            output.join(name.ok_or_else(|| wrong(call, hook, "did not return a file name"))?);
        match pysign_host::open_regular(&path) {
            Ok(_) => Ok(path),
            Err(_) => Err(wrong(call, hook, "did not write the file that it named")),
        }
    }

    /// The value that a hook returned; `None` if the backend does not have it.
    fn answer(
        &self,
        call: Call<'_>,
        hook: &'static str,
        arguments: &Value,
    ) -> Result<Option<Value>, Error> {
        let request = json!({
            "backend": call.system.backend,
            "backend_path": call.system.backend_path,
            "hook": hook,
            "arguments": arguments,
            "config_settings": self.config_settings(),
        });
        let workspace = self.workspace;
        let request =
            workspace.write(workspace.fresh("request"), request.to_string().as_bytes())?;
        let answer = workspace.fresh("answer");
        let mut command = self.command(call);
        command.arg(&self.runner).arg(request).arg(&answer);
        let ended = workspace.run(command, self.settings.timeout)?;
        let failed = |what, tail| Err(fault(call, hook, what, tail));
        match ended.end {
            End::TimedOut(limit) => return failed(HookFault::TimedOut(limit), ended.tail),
            End::Exit(status) if status.success() => {}
            _ => return failed(HookFault::Failed, ended.tail),
        }
        let bytes = match pysign_host::read_regular(&answer, MAX_ANSWER) {
            Ok(bytes) => bytes,
            // The process ended well, but not by reaching its end.
            Err(FileError::Missing { .. }) => {
                return failed(HookFault::Answer("exited without a result"), ended.tail);
            }
            Err(_) => {
                return failed(HookFault::Answer("left an answer that can't be read"), ended.tail);
            }
        };
        understand(call, hook, &bytes, ended)
    }

    /// PEP 517 says a dictionary. As with pip, several values for one key become a list.
    fn config_settings(&self) -> Value {
        let value = |values: &Vec<String>| match values.as_slice() {
            [value] => json!(value),
            values => json!(values),
        };
        let config = self.settings.config.iter();
        Value::Object(config.map(|(key, values)| (key.clone(), value(values))).collect())
    }

    /// The environment's interpreter, started in the project with the variables of [`variables`](Self::variables).
    fn command(&self, call: Call<'_>) -> Command {
        let bin = call.environment.place.join("bin");
        let mut command = self.workspace.isolated(bin.join("python"));
        command.current_dir(call.project);
        command.envs(self.variables(&bin, &self.workspace.host.env));
        command.env("VIRTUAL_ENV", &call.environment.place);
        command
    }

    /// All variables that a backend sees: fixed values where a build must not depend on the machine,
    /// and the user's for names in [`PASSED`] and `--env-pass`.
    fn variables(&self, bin: &Path, env: &Env) -> BTreeMap<OsString, OsString> {
        // Flags in the environment replace those that the interpreter was compiled with. The random
        // name of the workspace must not get into debug information; most paths need no quotes, which
        // not every build tool knows.
        let map = format!("-ffile-prefix-map={}=.", self.workspace.path().display());
        let cflags = format!("{} {}", self.cflags, shell_word(&map));
        let cflags = cflags.trim_start();
        let mut path = bin.as_os_str().to_owned();
        if let Some(rest) = env.os("PATH") {
            path.push(":");
            path.push(rest);
        }
        let fixed: [(&str, OsString); 12] = [
            ("CFLAGS", cflags.into()),
            ("CXXFLAGS", cflags.into()),
            ("HOME", self.home.clone().into()),
            ("LANG", "C.UTF-8".into()),
            ("LC_ALL", "C.UTF-8".into()),
            ("PATH", path),
            // No bytecode into the source, from where it would ship.
            ("PYTHONDONTWRITEBYTECODE", "1".into()),
            ("PYTHONHASHSEED", "0".into()),
            ("PYTHONNOUSERSITE", "1".into()),
            ("SOURCE_DATE_EPOCH", self.epoch.to_string().into()),
            ("TMPDIR", self.temporary.clone().into()),
            ("TZ", "UTC".into()),
        ];
        let named = self.settings.env_pass.iter().map(String::as_str);
        let passed = PASSED.iter().copied().chain(named);
        let passed = passed.filter_map(|name| Some((name.into(), env.os(name)?.to_owned())));
        let fixed = fixed.into_iter().map(|(name, value)| (name.into(), value));
        fixed.chain(passed).collect()
    }
}

/// Reads an answer. The backend could have written it itself, so nothing in it is trusted.
fn understand(
    call: Call<'_>,
    hook: &'static str,
    bytes: &[u8],
    ended: Ended,
) -> Result<Option<Value>, Error> {
    let answer = pysign_json::parse(bytes, bytes.len(), Numbers::Any)
        .map_err(|_| wrong(call, hook, "did not answer with JSON"))?;
    let unusable = |what| Err(fault(call, hook, HookFault::Backend(what), ended.tail));
    match (answer.get("value"), answer.get("fault").and_then(Value::as_str)) {
        (Some(value), None) => Ok(Some(value.clone())),
        (None, Some("hook")) => Ok(None),
        (None, Some("import")) => unusable("can't be imported"),
        (None, Some("place")) => unusable("was not loaded from 'backend-path' of pyproject.toml"),
        _ => Err(wrong(call, hook, "exited without a result")),
    }
}

fn fault(call: Call<'_>, hook: &'static str, fault: HookFault, tail: Option<Tail>) -> Error {
    Error::Hook { backend: call.system.backend.clone(), hook, fault, tail }
}

/// An answer that PEP 517 does not allow.
fn wrong(call: Call<'_>, hook: &'static str, what: &'static str) -> Error {
    fault(call, hook, HookFault::Answer(what), None)
}

fn is_file_name(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|last| last == name)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;
    use crate::workspace::Isolate;
    use pysign_host::Host;

    const PAIRS: &[(&str, &str)] = &[
        ("PATH", "/usr/bin:/bin"),
        ("HOME", "/user"),
        ("CC", "clang"),
        ("CI_JOB_TOKEN", "canary"),
        ("PIP_INDEX_URL", "https://u:canary@host"),
        ("WANTED", "yes"),
    ];

    fn python() -> Python {
        let empty = String::new;
        let cflags = "-DNDEBUG -O3".to_owned();
        Python {
            executable: PathBuf::new(),
            version: empty(),
            platform: empty(),
            has_pip: true,
            cflags,
        }
    }

    fn variables(settings: Settings) -> BTreeMap<OsString, OsString> {
        let host = Host::test(PAIRS);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let hooks = Hooks::new(&workspace, &python(), 1, settings).unwrap();
        hooks.variables(Path::new("/env/bin"), &host.env)
    }

    #[test]
    fn a_backend_sees_what_is_listed_and_nothing_else() {
        let variables = variables(Settings::default());
        assert!(variables.values().all(|value| !value.to_string_lossy().contains("canary")));
        let value = |name: &str| variables.get(OsStr::new(name));
        assert_eq!(value("CC").unwrap(), "clang");
        assert_eq!(value("PATH").unwrap(), "/env/bin:/usr/bin:/bin");
        assert_eq!(value("SOURCE_DATE_EPOCH").unwrap(), "1");
        assert_ne!(value("HOME").unwrap(), "/user");
        assert_eq!(value("WANTED"), None);
        for name in ["CFLAGS", "CXXFLAGS"] {
            let flags = value(name).unwrap().to_string_lossy();
            assert!(flags.starts_with("-DNDEBUG -O3 -ffile-prefix-map=/"), "{flags}");
        }
    }

    #[test]
    fn what_is_named_is_passed() {
        let env_pass = vec!["WANTED".to_owned(), "CI_JOB_TOKEN".to_owned(), "ABSENT".to_owned()];
        let variables = variables(Settings { env_pass, ..Settings::default() });
        assert_eq!(variables[OsStr::new("WANTED")], "yes");
        assert_eq!(variables[OsStr::new("CI_JOB_TOKEN")], "canary");
        assert!(!variables.contains_key(OsStr::new("ABSENT")));
    }

    #[test]
    fn several_values_of_one_setting_are_a_list() {
        let host = Host::test(PAIRS);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let texts = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect();
        let config = [("a".to_owned(), texts(&["1"])), ("b".to_owned(), texts(&["1", "2"]))];
        let settings = Settings { config: config.into(), ..Settings::default() };
        let hooks = Hooks::new(&workspace, &python(), 1, settings).unwrap();
        assert_eq!(hooks.config_settings(), json!({"a": "1", "b": ["1", "2"]}));
    }

    #[test]
    fn an_answer_with_a_path_names_no_file() {
        assert!(is_file_name("demo-1.0.tar.gz"));
        for name in ["", ".", "..", "../a", "a/b", "/a", "a/"] {
            assert!(!is_file_name(name), "{name}");
        }
    }
}
