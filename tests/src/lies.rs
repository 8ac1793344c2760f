//! What only the log can tell of a signature, asked of a log that lies: a pair without a bundle, and
//! cosign's first bundle, which has no proof. Whatever the log answers, only the very entry proves.
//! The count is printed.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use pysign_sandbox::{Forge, Forged};

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

const PAIR: &str = "pysign-verify -q --timeout 20 $VERIFY $IDENTITY file";
const LEGACY: &str = "pysign-verify -q --timeout 20 $VERIFY $IDENTITY --bundle legacy.json file";

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
