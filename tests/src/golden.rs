//! Golden cases: what a user types, and to the letter what is answered.
//!
//! A case is a TOML file in `cmd/<program>/`. `run` is plain `sh`; the case's status is the status
//! of its last command. With `BLESS=1` in the environment, what is answered is written into the
//! files, to be read before it is committed.
//!
//! | member | |
//! |---|---|
//! | `about` | what the case shows |
//! | `fixture` | what the directory holds at first: `empty` (default), `project`, `dist`, `signed`, `published` |
//! | `setup` | a script that must succeed |
//! | `forge` | signatures that `pysign-sign` does not write, made after `setup`: see [`forge`] |
//! | `faults` | what goes wrong with the services from then on |
//! | `run`, `status`, `stdout`, `stderr` | the script, and its answer |
//! | `code` | the code that one of its diagnostics has |

mod forge;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

use regex_lite::Regex;
use toml_edit::DocumentMut;

use crate::place::{Place, root};

/// One file of `cmd/`.
pub(crate) struct Case {
    path: PathBuf,
    document: DocumentMut,
}

impl Case {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap();
        let document = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, document }
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.document.get(key)?.as_str()
    }

    pub(crate) fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap().display().to_string()
    }

    fn status(&self) -> i64 {
        self.document.get("status").and_then(toml_edit::Item::as_integer).unwrap_or(0)
    }

    fn faults(&self) -> Vec<&str> {
        let list = self.document.get("faults").and_then(|faults| faults.as_array());
        list.into_iter().flatten().map(|fault| fault.as_str().unwrap()).collect()
    }

    /// The place in which it runs, after `setup` and with its faults.
    fn place(&self) -> Place {
        let place = Place::new();
        furnish(&place, self.text("fixture").unwrap_or("empty"));
        if let Some(setup) = self.text("setup") {
            place.ok(&format!("set -e\n{setup}"));
        }
        forge::write(&place, &self.document);
        for fault in self.faults() {
            place.sandbox.fault(fault).unwrap();
        }
        place
    }
}

/// Puts what a case starts from into the directory it runs in.
pub(crate) fn furnish(place: &Place, fixture: &str) {
    if fixture == "empty" {
        return;
    }
    if fixture == "project" {
        place.copy_project("demo-offline");
        return;
    }
    place.ok(&format!("cp -R {}/. .", dist().display()));
    if fixture == "dist" {
        return;
    }
    place.ok("pysign-sign -q -m build.json $SIGN >signed.json");
    match fixture {
        "signed" => {}
        "published" => {
            place.ok("pysign-publish -q -m signed.json --to dir:index >published.json");
        }
        other => panic!("no fixture '{other}'"),
    }
}

/// The demo project's packages with their manifest, built once.
pub(crate) fn dist() -> &'static Path {
    static BUILT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    BUILT.get_or_init(|| {
        let place = Place::new();
        place.copy_project("demo-offline");
        place.ok("unset SIGSTORE_ID_TOKEN CI_JOB_TOKEN; pysign-build -q . >build.json");
        let beside = crate::place::programs();
        forget_dists_of_the_dead(beside);
        let kept = beside.join(format!("{DIST}{}", std::process::id()));
        place.ok(&format!("mkdir -p {0} && cp -R dist build.json {0}", kept.display()));
        kept
    })
}

/// What the name of a process's own copy of the packages begins with.
const DIST: &str = "pysign-dist-";

/// A static value is never dropped: each run removes what ended runs have left.
fn forget_dists_of_the_dead(directory: &Path) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let owner = name.strip_prefix(DIST);
        if owner.is_some_and(|owner| !Path::new("/proc").join(owner).exists()) {
            // Another run may be about the same.
            let _ = fs::remove_dir_all(&path);
        }
    }
}

pub(crate) fn cases(program: &str) -> Vec<Case> {
    let directory = root().join("tests/cmd").join(program);
    let Ok(entries) = fs::read_dir(&directory) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    paths.sort();
    paths.into_iter().map(Case::read).collect()
}

/// What differs from run to run, replaced.
fn stable(text: &[u8], place: &Place) -> String {
    let scratch = place.work().parent().unwrap().display().to_string();
    let work = place.work().display().to_string();
    let sandbox = place.sandbox.directory().display().to_string();
    let mut text = String::from_utf8_lossy(text)
        .replace(&sandbox, "[SANDBOX]")
        .replace(&work, "[DIR]")
        .replace(&scratch, "[SCRATCH]")
        .replace(&root().display().to_string(), "[TREE]");
    for (pattern, name) in [
        (r"127\.0\.0\.1:\d+", "[HOST]"),
        (r"\b[0-9a-f]{64}\b", "[SHA256]"),
        (r"\b[0-9a-f]{40}\b", "[COMMIT]"),
        (r"\.pysign-\d+-\d+-[0-9a-f]{8}\.tmp", "[TEMPORARY]"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, name).into_owned();
    }
    text
}

/// Runs a case; gives what differs from what it says.
fn differences(case: &mut Case) -> String {
    let place = case.place();
    let output = place.sh(case.text("run").unwrap());
    let found = [("stdout", &output.stdout), ("stderr", &output.stderr)]
        .map(|(name, bytes)| (name, stable(bytes, &place)));
    let mut wrong = String::new();
    let status = i64::from(output.status.code().unwrap_or(-1));
    if status != case.status() {
        let _ = writeln!(wrong, "status: expected {}, found {status}", case.status());
    }
    for litter in place.litter() {
        let _ = writeln!(wrong, "left behind: {}", litter.display());
    }
    let bless = std::env::var_os("BLESS").is_some();
    for (name, found) in found {
        let expected = match case.text(name) {
            Some(expected) => expected.to_owned(),
            None if name == "stdout" && case.status() == 0 => continue,
            None => String::new(),
        };
        if found != expected && bless && name == "stderr" && wrong.is_empty() {
            case.document[name] = literal(&found);
            fs::write(&case.path, case.document.to_string()).unwrap();
        } else if found != expected {
            let _ = writeln!(wrong, "{name}: expected\n{expected}{name}: found\n{found}");
        }
    }
    let code = case.text("code").unwrap_or_default();
    let shown = stable(&output.stderr, &place);
    if ![format!("[{code}]:"), format!(r#""code":"{code}""#)].iter().any(|way| shown.contains(way))
        && !code.is_empty()
    {
        let _ = writeln!(wrong, "code: no diagnostic has {code}");
    }
    wrong
}

/// A TOML string as people read it.
fn literal(text: &str) -> toml_edit::Item {
    let written = if text.contains("'''") || text.chars().any(|c| c.is_control() && c != '\n') {
        format!("x = {text:?}")
    } else if text.is_empty() {
        "x = ''".to_owned()
    } else {
        format!("x = '''\n{text}'''")
    };
    written.parse::<DocumentMut>().unwrap()["x"].clone()
}

/// How many cases run at once: most of their time is waiting for a service that fails.
const AT_ONCE: usize = 6;

fn check(program: &str) {
    let cases = cases(program);
    assert!(!cases.is_empty(), "no cases in cmd/{program}");
    let only = std::env::var("CASE").unwrap_or_default();
    let left = Mutex::new(cases.into_iter().filter(|case| case.name().contains(&only)));
    let wrong = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || left.lock().unwrap().next();
                while let Some(mut case) = next() {
                    let differences = differences(&mut case);
                    if !differences.is_empty() {
                        wrong.lock().unwrap().insert(case.name(), differences);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let report = wrong.iter().fold(String::new(), |mut report, (name, text)| {
        let _ = writeln!(report, "== {name}\n{text}");
        report
    });
    assert!(report.is_empty(), "\n{report}");
}

#[test]
fn build_answers_as_written() {
    check("build");
}

#[test]
fn sign_answers_as_written() {
    check("sign");
}

#[test]
fn verify_answers_as_written() {
    check("verify");
}

#[test]
fn publish_answers_as_written() {
    check("publish");
}

#[test]
fn fetch_answers_as_written() {
    check("fetch");
}
