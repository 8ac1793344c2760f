//! sigstore-conformance, by the program: each case with its file, and with the file's digest alone.
//! The library's own test says which rule refuses; this one says what a user sees.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use pysign_host::Sha256;
use pysign_testkit::Scratch;

use crate::place::{programs, root};

const IDENTITY: &str = "https://github.com/sigstore-conformance/\
    extremely-dangerous-public-oidc-beacon/.github/workflows/extremely-dangerous-oidc-beacon.yml\
    @refs/heads/main";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// What is wrong in these cases is what the user gives: a key that is none, and a trusted root.
const INPUT: [&str; 2] =
    ["managed-key-wrong-key_fail", "trust-root-tlog-missing-validity-start_fail"];

/// The suite's cases, beside the workspace or where `PYSIGN_TESTDATA` says.
fn cases() -> Option<PathBuf> {
    let beside = || root().join("../shared/testdata");
    let data = std::env::var_os("PYSIGN_TESTDATA").map_or_else(beside, PathBuf::from);
    let cases = data.join("conformance/bundle-verify");
    if cases.is_dir() {
        return Some(cases);
    }
    say(&format!("skipped: no conformance cases in '{}'", data.display()));
    None
}

/// Straight to the stream: what a test prints otherwise is shown only if it fails.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// The exit code for the case in `directory`.
fn verify(directory: &Path, by_digest: bool, home: &Path) -> i32 {
    let own = |name: &str, common: &str| {
        let own = fs::read_to_string(directory.join(name));
        own.map_or_else(|_| common.to_owned(), |own| own.trim().to_owned())
    };
    let mut command = Command::new(programs().join("pysign-verify"));
    command.env_clear().env("HOME", home).arg("--offline");
    command.arg("--bundle").arg(directory.join("bundle.sigstore.json"));
    let (key, root) = (directory.join("key.pub"), directory.join("trusted_root.json"));
    if key.exists() {
        command.arg("--key").arg(key);
    } else {
        command.arg("--identity").arg(own("identity", IDENTITY));
        command.arg("--issuer").arg(own("issuer", ISSUER));
    }
    if root.exists() {
        command.arg("--trusted-root").arg(root);
    }
    let artifact = match directory.join("artifact") {
        own if own.exists() => own,
        _ => directory.join("../../a.txt"),
    };
    if by_digest {
        let digest = Sha256::of(&fs::read(artifact).unwrap());
        command.arg("--digest").arg(format!("sha256:{digest}"));
    } else {
        command.arg(artifact);
    }
    let run = command.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
    run.code().unwrap()
}

#[test]
fn the_program_judges_every_case_as_the_suite_does() {
    let Some(cases) = cases() else { return };
    let home = Scratch::new();
    let (mut count, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(cases).unwrap() {
        let directory = entry.unwrap().path();
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        if !directory.join("bundle.sigstore.json").exists() {
            continue;
        }
        for by_digest in [false, true] {
            count += 1;
            let status = verify(&directory, by_digest, home.path());
            let refused = if INPUT.contains(&name.as_str()) { 3 } else { 1 };
            let expected = if name.ends_with("_fail") { refused } else { 0 };
            if status != expected {
                wrong.push(format!("{name}, by digest: {by_digest}: {status}"));
            }
        }
    }
    say(&format!("conformance, by pysign-verify: {}/{count}", count - wrong.len()));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 140, "{count} cases");
}
