//! pip and uv: how wheels get into an environment.
//!
//! An installer runs with the user's configuration, in an environment that no backend code has run
//! in, and takes wheels only: nothing is built on the way.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use pysign_host::{Env, FileError, Sha256};
use pysign_json::{Numbers, Value};
use pysign_names::{ProjectName, Version};

use crate::Error;
use crate::python::Python;
use crate::workspace::{Workspace, command};

/// Variables, by name or beginning, that configure an installer and the way to its index.
const PASSED: &[&str] = &[
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "DBUS_SESSION_BUS_ADDRESS",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LC_ALL",
    "NETRC",
    "NO_PROXY",
    "PIP_",
    "PYTHON_KEYRING_",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "SSL_CLIENT_CERT",
    "UV_",
    "XDG_",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Of these, settings that would install something else, or to another place.
const DROPPED: &[&str] = &[
    "PIP_BREAK_SYSTEM_PACKAGES",
    "PIP_DRY_RUN",
    "PIP_EDITABLE",
    "PIP_LOG",
    "PIP_NO_BINARY",
    "PIP_ONLY_BINARY",
    "PIP_PREFIX",
    "PIP_PYTHON",
    "PIP_REPORT",
    "PIP_REQUIREMENT",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_ROOT",
    "PIP_TARGET",
    "PIP_USER",
    "UV_LINK_MODE",
    "UV_NO_BINARY",
    "UV_PREFIX",
    "UV_PYTHON",
    "UV_SYSTEM_PYTHON",
    "UV_TARGET",
];

/// How the installers say that the network failed.
const UNREACHABLE: &[&str] = &[
    "Connection refused",
    "ConnectionError",
    "Retrying (Retry(",
    "client error (Connect)",
    "dns error",
    "error sending request",
    "operation timed out",
    "timed out",
];

/// The report of an environment with 10,000 distributions and their metadata is smaller.
const MAX_REPORT: u64 = 256 * 1024 * 1024;

/// The value of `--installer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Choice {
    /// uv if it is there, else pip.
    #[default]
    Auto,
    /// pip, even where uv is installed.
    Pip,
    /// uv, or an error.
    Uv,
}

/// An installer that was found.
#[derive(Debug)]
pub(crate) enum Installer {
    /// `python -m pip`, with this interpreter.
    Pip(PathBuf),
    /// The program `uv`.
    Uv(PathBuf),
}

/// A distribution in an environment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Installed {
    pub(crate) name: ProjectName,
    pub(crate) version: Version,
    pub(crate) filename: Option<String>,
    pub(crate) sha256: Option<Sha256>,
}

impl Installer {
    /// The installer that was asked for. An interpreter without pip gets one from its own `ensurepip`.
    pub(crate) fn find(
        choice: Choice,
        python: &Python,
        workspace: &Workspace<'_>,
    ) -> Result<Self, Error> {
        if choice != Choice::Pip {
            match pysign_process::find(&workspace.host.env, "uv") {
                Some(uv) => return Ok(Self::Uv(uv)),
                None if choice == Choice::Uv => return Err(Error::Installer { wanted: "uv" }),
                None => {}
            }
        }
        if python.has_pip {
            return Ok(Self::Pip(python.executable.clone()));
        }
        let place = workspace.path().join("pip");
        let mut command = command(&python.executable);
        command.args(["-m", "venv"]).arg(&place);
        workspace.run(command, None)?.output(|_| Error::Installer { wanted: "pip" })?;
        Ok(Self::Pip(place.join("bin/python")))
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Pip(_) => "pip",
            Self::Uv(_) => "uv",
        }
    }

    /// Installs `requirements` into the environment at `place`; returns what was installed.
    pub(crate) fn install(
        &self,
        place: &Path,
        requirements: &[&str],
        workspace: &Workspace<'_>,
    ) -> Result<Vec<Installed>, Error> {
        let report = workspace.fresh("report");
        let mut command = match self {
            Self::Pip(python) => {
                let mut command = workspace.isolated(python);
                command.args(["-I", "-m", "pip", "--python"]).arg(place.join("bin/python"));
                // What is imported is compiled then.
                command.args(["install", "--no-input", "--no-compile"]);
                command.args(["--no-warn-script-location", "--disable-pip-version-check"]);
                command.arg("--report").arg(&report);
                command
            }
            Self::Uv(uv) => {
                let mut command = workspace.isolated(uv);
                // Links into uv's cache would let a backend write to it.
                command.args(["pip", "install", "--link-mode", "copy", "--python"]);
                command.arg(place.join("bin/python"));
                command
            }
        };
        command.args(["--only-binary", ":all:", "--"]).args(requirements);
        pass_settings(&mut command, &workspace.host.env);
        workspace.run(command, None)?.output(|tail| {
            let unreachable = tail.as_ref().is_some_and(|tail| tail.mentions(UNREACHABLE));
            Error::Install { installer: self.name(), tail, unreachable }
        })?;
        match self {
            Self::Pip(_) => reported(&report),
            Self::Uv(_) => listed(place),
        }
    }
}

impl Installed {
    /// One element of the manifest's `requires`.
    pub(crate) fn describe(&self) -> pysign_manifest::Installed {
        pysign_manifest::Installed {
            name: Some(self.name.to_string()),
            version: Some(self.version.to_string()),
            filename: self.filename.clone(),
            sha256: self.sha256,
            ..Default::default()
        }
    }
}

/// Passes the user's variables that configure an installer; never a token.
fn pass_settings(command: &mut Command, env: &Env) {
    let is_passed = |name: &str| {
        PASSED.iter().any(|row| name == *row || row.ends_with('_') && name.starts_with(row))
            && !DROPPED.contains(&name)
            && !pysign_ci::holds_token(name)
    };
    command.envs(env.iter().filter(|(name, _)| name.to_str().is_some_and(is_passed)));
}

/// What pip's installation report says ("Installation Report" in pip's documentation).
fn reported(report: &Path) -> Result<Vec<Installed>, Error> {
    let bytes = pysign_host::read_regular(report, MAX_REPORT)?;
    let report = pysign_json::parse(&bytes, bytes.len(), Numbers::Any).unwrap_or_default();
    let items = report.get("install").and_then(Value::as_array).map(Vec::as_slice);
    let mut installed: Vec<Installed> =
        items.unwrap_or_default().iter().filter_map(from_report).collect();
    installed.sort();
    Ok(installed)
}

fn from_report(item: &Value) -> Option<Installed> {
    let text = |pointer: &str| item.pointer(pointer).and_then(Value::as_str);
    let url = text("/download_info/url")?;
    let file = url.split(['?', '#']).next().and_then(|path| path.rsplit('/').next());
    Some(Installed {
        name: text("/metadata/name")?.parse().ok()?,
        version: text("/metadata/version")?.parse().ok()?,
        // A local part's `+` may be escaped.
        filename: file.map(|name| name.replace("%2B", "+").replace("%2b", "+")),
        sha256: text("/download_info/archive_info/hashes/sha256").and_then(|hex| hex.parse().ok()),
    })
}

/// The `.dist-info` directories of an environment ("Recording installed projects",
/// packaging.python.org): uv says nothing of files and digests.
fn listed(place: &Path) -> Result<Vec<Installed>, Error> {
    let mut installed = Vec::new();
    for packages in site_packages(place)? {
        for name in names(&packages)? {
            let stem = name.to_str().and_then(|name| name.strip_suffix(".dist-info"));
            let parts = stem.and_then(|stem| stem.split_once('-'));
            if let Some((Ok(name), Ok(version))) = parts.map(|(n, v)| (n.parse(), v.parse())) {
                installed.push(Installed { name, version, filename: None, sha256: None });
            }
        }
    }
    installed.sort();
    Ok(installed)
}

/// `lib/python3.11/site-packages`, and the same in `lib64` where that is another directory.
fn site_packages(place: &Path) -> Result<Vec<PathBuf>, Error> {
    let lib = place.join("lib");
    let inside = names(&lib)?.into_iter().map(|name| lib.join(name).join("site-packages"));
    Ok(inside.filter(|path| path.is_dir()).collect())
}

fn names(directory: &Path) -> Result<Vec<OsString>, Error> {
    let unreadable = |cause| Error::File(FileError::on_open(directory, cause));
    let entries = std::fs::read_dir(directory).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.file_name()).map_err(unreadable)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Isolate;
    use pysign_host::Host;

    #[test]
    fn an_installer_has_the_users_settings_and_no_token() {
        let env = Env::from_pairs(&[
            ("PIP_INDEX_URL", "https://host/simple"),
            ("PIP_TARGET", "/elsewhere"),
            ("UV_PUBLISH_TOKEN", "canary"),
            ("CI_JOB_TOKEN", "canary"),
            ("https_proxy", "http://proxy"),
            ("HOMER", "x"),
        ]);
        let mut command = Command::new("pip");
        pass_settings(&mut command, &env);
        let names: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(names, ["PIP_INDEX_URL", "https_proxy"].map(OsString::from));
    }

    #[test]
    fn the_report_names_file_and_digest() {
        let item = pysign_manifest::json!({
            "download_info": {
                "url": "https://host/a/demo-1.0%2Blocal-py3-none-any.whl#sha256=00",
                "archive_info": {"hashes": {"sha256": "0".repeat(64)}},
            },
            "metadata": {"name": "Demo", "version": "1.0+local"},
        });
        let installed = from_report(&item).unwrap();
        assert_eq!(installed.name.as_str(), "demo");
        assert_eq!(installed.filename.as_deref(), Some("demo-1.0+local-py3-none-any.whl"));
        assert!(installed.sha256.is_some());
    }

    #[test]
    fn without_uv_and_pip_there_is_no_installer() {
        let host = Host::test(&[("PATH", "/nowhere:/bin")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let python = Python {
            executable: "/bin/false".into(),
            version: String::new(),
            platform: String::new(),
            has_pip: false,
            cflags: String::new(),
        };
        for choice in [Choice::Uv, Choice::Auto] {
            let error = Installer::find(choice, &python, &workspace).unwrap_err();
            assert!(matches!(error, Error::Installer { .. }));
        }
        let with_pip = Python { has_pip: true, ..python };
        assert!(matches!(
            Installer::find(Choice::Auto, &with_pip, &workspace),
            Ok(Installer::Pip(_))
        ));
    }

    #[test]
    fn what_an_environment_holds_is_read_from_its_directories() {
        let host = Host::test(&[("PATH", "/usr/bin:/bin")]);
        let workspace = Workspace::open(&host, Isolate::None).unwrap();
        let packages = workspace.path().join("lib/python3.11/site-packages");
        for name in ["Demo_Pkg-1.0.dist-info", "demo_pkg", "x.egg-info"] {
            std::fs::create_dir_all(packages.join(name)).unwrap();
        }
        let installed = listed(workspace.path()).unwrap();
        assert_eq!(installed.len(), 1);
        let expected = pysign_manifest::Installed {
            name: Some("demo-pkg".to_owned()),
            version: Some("1.0".to_owned()),
            ..Default::default()
        };
        assert_eq!(installed[0].describe(), expected);
    }
}
