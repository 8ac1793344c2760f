//! What only the log can tell of a signature, asked of a log that lies: a pair without a bundle, and
//! cosign's first bundle, which has no proof. Whatever the log answers, only the very entry proves.
//! And every bit of what is asked about counts.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use pysign_sandbox::{Forge, Forged};
use serde_json::{Value, json};

use crate::place::Place;

/// Every lie of a log about what it has, and every way to be of no use; and how a pair and cosign's
/// bundle end. A look-up by index finds one entry, and the promise of cosign's bundle is its own:
/// what does not reach a form is no lie to it.
const LIES: [(&str, [i32; 2]); 11] = [
    ("other-entry", [1, 1]),
    ("other-proof", [1, 1]),
    ("bad-proof", [1, 1]),
    ("bad-checkpoint", [1, 1]),
    ("bad-set", [1, 0]),
    ("unknown-signer", [1, 1]),
    ("many-entries", [3, 0]),
    ("truncate", [4, 4]),
    ("html", [4, 4]),
    ("endless", [3, 3]),
    ("redirect", [5, 5]),
];

const PAIR: &str = "pysign-verify -q --error-format=json --timeout 1 $VERIFY $IDENTITY file";
const LEGACY: &str = "pysign-verify -q --timeout 1 $VERIFY $IDENTITY --bundle legacy.json file";

/// A file with a pair beside it, and with cosign's first bundle.
fn signed() -> (Place, Forged) {
    let place = Place::new();
    let forged = place.sandbox.forge(&Forge::file(b"file\n")).unwrap();
    let put = |name: &str, text: &str| fs::write(place.work().join(name), text).unwrap();
    let (signature, certificate) = forged.pair().unwrap();
    put("file", "file\n");
    put("file.sig", &signature);
    put("file.crt", &certificate);
    put("legacy.json", &forged.legacy().unwrap().to_string());
    (place, forged)
}

fn status(place: &Place, run: &str) -> Option<i32> {
    let output = place.sh(run);
    let status = output.status.code();
    assert_eq!(output.stdout.is_empty(), status != Some(0), "{run}");
    status
}

#[test]
fn no_answer_but_the_very_entry_proves() {
    let mut report = String::new();
    let (mut good, mut all) = (0, 0);
    for (form, run) in [("pair", PAIR), ("legacy", LEGACY)] {
        let (place, _) = signed();
        for (lie, [of_pair, of_legacy]) in LIES {
            let expected = if form == "pair" { of_pair } else { of_legacy };
            place.sandbox.heal();
            let honest = status(&place, run);
            place.sandbox.fault(&format!("rekor:{lie}")).unwrap();
            let lied = status(&place, run);
            all += 1;
            if (honest, lied) == (Some(0), Some(expected)) {
                good += 1;
            } else {
                let _ = writeln!(report, "{form} {lie}: honest {honest:?}, lied {lied:?}");
            }
        }
    }
    let _ = writeln!(std::io::stderr(), "lies of a log: {good}/{all}");
    assert!(report.is_empty(), "\n{report}");
}

/// Anyone can log more about a file: other signatures by other signers, and ten thousand that are
/// none.
#[test]
fn a_crowd_in_the_log_changes_nothing() {
    let (place, _) = signed();
    place.sandbox.forge(&Forge::file(b"file\n")).unwrap();
    place.sandbox.crowd(b"file\n", 10_000).unwrap();
    assert_eq!(status(&place, PAIR), Some(0));
    let other = place.sandbox.forge(&Forge::file(b"file\n")).unwrap();
    fs::write(place.work().join("file.sig"), other.pair().unwrap().0).unwrap();
    assert_eq!(status(&place, PAIR), Some(1));
}

#[test]
fn what_is_signed_and_not_logged_is_refused() {
    let (place, forged) = signed();
    // The signer's other signature of the same file is as good, and in no log.
    let other = Place::new().sandbox.forge(&Forge::file(b"file\n").signer_of(&forged)).unwrap();
    fs::write(place.work().join("file.sig"), other.pair().unwrap().0).unwrap();
    assert_eq!(status(&place, PAIR), Some(1));
}

/// One file for each changed byte, and one run over them all, which names each.
#[test]
fn every_byte_of_a_pair_counts() {
    let (place, forged) = signed();
    let (signature, certificate) = forged.pair().unwrap();
    let flip = |text: &str, at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let all = signature.len() + certificate.len();
    for number in 0..all {
        let put = |suffix: &str, bytes: &[u8]| {
            fs::write(place.work().join(format!("x{number}{suffix}")), bytes).unwrap();
        };
        put("", b"file\n");
        if number < signature.len() {
            put(".sig", &flip(&signature, number));
            put(".crt", certificate.as_bytes());
        } else {
            put(".sig", signature.as_bytes());
            put(".crt", &flip(&certificate, number - signature.len()));
        }
    }
    let files: Vec<String> = (0..all).map(|number| format!("x{number}")).collect();
    let output = place.sh(&format!("{PAIR} {}", files.join(" ")));
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    let stderr = String::from_utf8_lossy(&output.stderr);
    let line = |line: &str| serde_json::from_str::<Value>(line).ok();
    let named: Vec<String> = stderr
        .lines()
        .filter_map(line)
        .filter(|line| line["level"] == "error")
        .filter_map(|line| Some(line["file"].as_str()?.split('.').next()?.to_owned()))
        .collect();
    let missed: Vec<&String> = files.iter().filter(|file| !named.contains(file)).collect();
    let _ = writeln!(std::io::stderr(), "bytes of a pair: {}/{all}", all - missed.len());
    assert!(missed.is_empty() && !named.contains(&"file".to_owned()), "{missed:?}");
}

/// Each value of the document, with what is in it when it is decoded.
fn changes(legacy: &Value) -> Vec<(String, Value)> {
    let mut changes = Vec::new();
    for pointer in [
        "/base64Signature",
        "/cert",
        "/rekorBundle/SignedEntryTimestamp",
        "/rekorBundle/Payload/body",
    ] {
        let text = legacy.pointer(pointer).unwrap().as_str().unwrap();
        let bytes = BASE64.decode(text).unwrap();
        // A step that meets every part of the log entry and of the certificate.
        for at in (0..bytes.len()).step_by(bytes.len().div_ceil(64)) {
            let mut bytes = bytes.clone();
            bytes[at] ^= 1;
            let mut changed = legacy.clone();
            *changed.pointer_mut(pointer).unwrap() = json!(BASE64.encode(bytes));
            changes.push((format!("{pointer}, byte {at}"), changed));
        }
    }
    for name in ["integratedTime", "logIndex"] {
        for step in [-1, 1] {
            let mut changed = legacy.clone();
            let number = &mut changed["rekorBundle"]["Payload"][name];
            *number = json!(number.as_i64().unwrap() + step);
            changes.push((format!("{name} {step:+}"), changed));
        }
    }
    let id = legacy["rekorBundle"]["Payload"]["logID"].as_str().unwrap();
    for at in 0..id.len() {
        let digit = if id.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mut changed = legacy.clone();
        let other = format!("{}{digit}{}", &id[..at], &id[at + 1..]);
        changed["rekorBundle"]["Payload"]["logID"] = json!(other);
        changes.push((format!("logID, digit {at}"), changed));
    }
    changes
}

#[test]
fn every_value_of_cosigns_first_bundle_counts() {
    let (place, forged) = signed();
    let changes = changes(&forged.legacy().unwrap());
    let accepted: Vec<String> = changes
        .iter()
        .filter(|(_, changed)| {
            fs::write(place.work().join("legacy.json"), changed.to_string()).unwrap();
            status(&place, LEGACY) != Some(1)
        })
        .map(|(what, _)| what.clone())
        .collect();
    let (good, all) = (changes.len() - accepted.len(), changes.len());
    let _ = writeln!(std::io::stderr(), "values of cosign's first bundle: {good}/{all}");
    assert!(accepted.is_empty(), "{accepted:?}");
}
