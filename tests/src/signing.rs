//! Signing while something goes wrong. Whatever it is, afterwards there are the files that were
//! finished before, with all of their sidecars, and nothing else: no half of a signature, none that
//! `pysign-verify` would not take, nothing on standard output. The exit code says whether the same
//! command is worth another try: what ends with 4 succeeds when the service is back, what ends with
//! 1, 3 or 5 ends so again. Nothing that a fault leaves behind, here or in a log, is in the way of
//! the run that goes well.
//!
//! Messages are the golden cases' business.

mod files;
mod forms;
mod identity;
mod keys;
mod killed;
mod lies;
mod transport;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::process::Output;
use std::sync::Mutex;
use std::thread;

use serde_json::Value;

use crate::place::Place;
use forms::Form;

/// What is signed at once, and which of it the fault hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    One,
    /// Of three files the second, and what comes after it.
    Second,
    /// So, with all three under way at the same time.
    SecondAtOnce,
}

impl Shape {
    const ALL: [Self; 3] = [Self::One, Self::Second, Self::SecondAtOnce];

    /// Of these files the first, or all.
    fn of(self, files: &'static [&'static str]) -> &'static [&'static str] {
        if self == Self::One { &files[..1] } else { files }
    }

    fn flags(self) -> &'static str {
        match self {
            Self::One => "",
            Self::Second => "--jobs 1",
            Self::SecondAtOnce => "--jobs 3",
        }
    }

    /// The request of a kind that each file makes once, counted from 1.
    fn first_hit(self) -> u32 {
        if self == Self::One { 1 } else { 2 }
    }
}

/// Enough where files one after the other say no more than files at once: that is told of one log.
const AT_ONCE: &[Shape] = &[Shape::One, Shape::SecondAtOnce];

/// One thing that goes wrong, and how the run must end.
#[derive(Clone, Copy, Debug)]
struct Row {
    /// In the sandbox's grammar, but for `@FIRST`: that depends on the shape.
    fault: &'static str,
    status: i32,
    /// The code of a diagnostic; nothing is looked for when the run ends well.
    code: &'static str,
}

impl Row {
    /// Whether the client has to wait for what does not come.
    fn waits(&self) -> bool {
        ["delay", "stall", "trickle"].iter().any(|kind| self.fault.contains(kind))
    }

    /// Seconds for one request: a machine that is busy needs more than one.
    fn timeout(&self) -> u32 {
        if self.waits() { 2 } else { 5 }
    }
}

const fn row(fault: &'static str, status: i32, code: &'static str) -> Row {
    Row { fault, status, code }
}

/// Whose job it is: where its token comes from, and whom its signatures name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Job {
    GitLab,
    GitHub,
}

impl Job {
    fn setup(self) -> &'static str {
        match self {
            Self::GitLab => "true",
            Self::GitHub => ". \"$PYSIGN_SANDBOX/systems/github\"",
        }
    }

    fn policy(self) -> &'static str {
        match self {
            Self::GitLab => "$IDENTITY",
            Self::GitHub => {
                "--issuer $CI_SERVER_URL/github --identity \
                 https://github.com/acme/demo/.github/workflows/release.yml@refs/heads/main"
            }
        }
    }
}

/// A row in a shape, with the services that `$SIGN` (Rekor v1) or `$SIGN2` (v2) names.
#[derive(Clone, Copy, Debug)]
struct Case {
    row: Row,
    shape: Shape,
    services: &'static str,
    job: Job,
    form: Form,
}

impl Case {
    /// As a job of GitLab, with what is written of a file unless it is said.
    fn new(row: Row, shape: Shape, services: &'static str) -> Self {
        Self { row, shape, services, job: Job::GitLab, form: Form::Files }
    }

    fn service(&self) -> &'static str {
        self.row.fault.split(['/', ':']).next().unwrap()
    }

    /// Trust, token and certificate are for the whole run.
    fn is_for_the_run(&self) -> bool {
        ["tuf", "oidc", "fulcio"].contains(&self.service())
    }

    /// Whether what the fault hits is asked for once.
    fn is_for_all_files(&self) -> bool {
        self.is_for_the_run() || self.form.is_for_all_files()
    }

    /// How many files are finished before the fault hits.
    fn finished(&self) -> usize {
        usize::from(self.shape != Shape::One && !self.is_for_all_files())
    }

    fn fault(&self) -> String {
        let first = if self.is_for_all_files() { 1 } else { self.shape.first_hit() };
        format!("{}@{first}", self.row.fault)
    }

    /// What must not be in the log when the run fails: what the log was not asked to take.
    fn is_before_the_log(&self) -> bool {
        self.is_for_the_run() || self.service() == "tsa"
    }
}

/// A directory below `work` with files to be signed.
struct Desk<'p> {
    place: &'p Place,
    name: String,
    files: &'static [&'static str],
    job: Job,
    form: Form,
}

impl<'p> Desk<'p> {
    fn new(place: &'p Place, name: &str, files: &'static [&'static str]) -> Self {
        let name = name.to_owned();
        let desk = Self { place, name, files, job: Job::GitLab, form: Form::Files };
        let directory = desk.path("");
        fs::create_dir_all(&directory).unwrap();
        for file in files {
            fs::write(desk.path(file), format!("{file} of {}\n", desk.name)).unwrap();
        }
        desk
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.place.work().join(&self.name).join(name)
    }

    fn sh(&self, script: &str) -> Output {
        self.place.sh(&format!("cd {} && {script}", self.name))
    }

    /// The names in the directory, sorted.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("")).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> =
            entries.map(|entry| name(entry).into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The files that have a signature; an error for whatever else is there.
    fn signed(&self) -> Result<Vec<&'static str>, String> {
        let names: BTreeSet<String> = self.names().into_iter().collect();
        let is_signed =
            |file: &&str| self.form.sidecars(file).iter().all(|name| names.contains(name));
        let signed: Vec<_> = self.files.iter().copied().filter(is_signed).collect();
        let mut expected: BTreeSet<String> = self.files.iter().map(ToString::to_string).collect();
        expected.extend(signed.iter().flat_map(|file| self.form.sidecars(file)));
        let litter = self.place.litter();
        if names != expected || !litter.is_empty() {
            return Err(format!("left behind: {names:?} {litter:?}"));
        }
        Ok(signed)
    }

    /// What says most of each file's signature.
    fn bundles(&self, files: &[&str]) -> Vec<Vec<u8>> {
        let bundle = |file: &&str| self.form.sidecars(file).swap_remove(0);
        files.iter().map(|file| fs::read(self.path(&bundle(file))).unwrap()).collect()
    }

    /// So, and each signature is the job's.
    fn proven(&self) -> Result<Vec<&'static str>, String> {
        let signed = self.signed()?;
        if !signed.is_empty() {
            let files = signed.join(" ");
            let (policy, form) = (self.job.policy(), self.form.policy());
            let verified = self.sh(&format!("pysign-verify -q $VERIFY {policy} {form} {files}"));
            ended(&verified, 0, "")?;
        }
        Ok(signed)
    }
}

/// Whether a run ended with this status, with this code among its diagnostics.
fn ended(output: &Output, status: i32, code: &str) -> Result<(), String> {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let explain = |fact: &str| Err(format!("{fact}: {:?}\n{stderr}", output.status.code()));
    if output.status.code() != Some(status) {
        return explain(&format!("expected {status}"));
    }
    if output.stdout.is_empty() == (status == 0) {
        return explain("standard output");
    }
    if status != 0 && !codes(&output.stderr).iter().any(|found| found == code) {
        return explain(&format!("expected {code}"));
    }
    Ok(())
}

/// The codes of diagnostics, in JSON.
fn codes(stderr: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(stderr);
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| Some(line.get("code")?.as_str()?.to_owned())).collect()
}

/// How often a service was asked to log something.
fn logged(place: &Place) -> usize {
    let exchanges = place.sandbox.exchanges();
    exchanges.iter().filter(|one| one.method == "POST" && one.service.starts_with("rekor")).count()
}

/// One case in a directory of its own; gives what is wrong with how it ended.
fn run(place: &Place, name: &str, case: &Case) -> Result<(), String> {
    let Case { row, shape, services, job, form } = *case;
    let desk = Desk { job, form, ..Desk::new(place, name, shape.of(form.files())) };
    form.prepare(&desk);
    let sign = format!(
        "{} && XDG_CACHE_HOME=$PWD.cache pysign-sign --error-format=json --timeout {} {} {} {services} {}",
        job.setup(),
        row.timeout(),
        shape.flags(),
        form.flags(),
        desk.files.join(" ")
    );
    let before = logged(place);
    place.sandbox.fault(&case.fault()).unwrap();
    let first = ended(&desk.sh(&sign), row.status, row.code);
    first.map_err(|wrong| format!("with the fault: {wrong}"))?;
    let signed = desk.proven()?;
    let expected = if row.status == 0 { desk.files.len() } else { case.finished() };
    if signed.len() != expected {
        return Err(format!("expected {expected} signed files: {signed:?}"));
    }
    if row.status != 0 && case.is_before_the_log() && logged(place) != before + expected {
        return Err("something was logged in vain".to_owned());
    }
    if ![0, 4].contains(&row.status) {
        let again = ended(&desk.sh(&sign), row.status, row.code);
        again.map_err(|wrong| format!("the second time: {wrong}"))?;
    }
    let kept: Vec<Vec<u8>> = desk.bundles(&signed);
    place.sandbox.heal();
    ended(&desk.sh(&sign), 0, "").map_err(|wrong| format!("healed: {wrong}"))?;
    if desk.bundles(&signed) != kept {
        return Err("what was finished is signed anew".to_owned());
    }
    let signed = desk.proven()?;
    if signed == desk.files { Ok(()) } else { Err(format!("only these are signed: {signed:?}")) }
}

/// How many cases run side by side: most of their time is waiting for a service that fails.
const WORKERS: usize = 12;

/// Runs all cases, each worker in a sandbox of its own; the report names what went otherwise.
fn check(cases: impl IntoIterator<Item = Case>) {
    let only = std::env::var("CASE").unwrap_or_default();
    let cases = cases.into_iter().filter(|case| format!("{case:?}").contains(&only));
    let left: Mutex<VecDeque<Case>> = Mutex::new(cases.collect());
    let workers = WORKERS.min(left.lock().unwrap().len());
    let wrong = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                let place = Place::new();
                let next = || left.lock().unwrap().pop_front();
                let mut count = 0;
                while let Some(case) = next() {
                    count += 1;
                    place.sandbox.heal();
                    if let Err(fact) = run(&place, &format!("case{count}"), &case) {
                        wrong.lock().unwrap().insert(format!("{case:?}"), fact);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let report: Vec<String> =
        wrong.iter().map(|(case, fact)| format!("== {case}\n{fact}\n")).collect();
    assert!(report.is_empty(), "\n{}", report.join(""));
}
