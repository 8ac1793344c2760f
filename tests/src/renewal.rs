//! Many files in one run: as few certificates as do, and what happens when one of the services fails
//! in the middle.

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use serde_json::Value;

use crate::place::Place;

/// As many as there are jobs by default: all of them are begun before the first is done.
const FILES: [&str; 8] = ["a", "b", "c", "d", "e", "f", "g", "h"];

fn job() -> Place {
    let place = Place::new();
    for name in FILES {
        fs::write(place.work().join(name), name).unwrap();
    }
    place
}

fn requests(place: &Place, service: &str) -> usize {
    place.sandbox.exchanges().iter().filter(|one| one.service == service).count()
}

/// The certificates in the bundles of these files; a file without one is an error.
fn certificates(place: &Place, files: &[&str]) -> BTreeSet<String> {
    let certificate = |name: &&str| {
        let bundle = fs::read(place.work().join(format!("{name}.sigstore.json"))).unwrap();
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        bundle["verificationMaterial"]["certificate"]["rawBytes"].as_str().unwrap().to_owned()
    };
    files.iter().map(certificate).collect()
}

fn signed(place: &Place) -> Vec<&'static str> {
    let is_signed = |name: &&str| place.work().join(format!("{name}.sigstore.json")).exists();
    FILES.into_iter().filter(is_signed).collect()
}

fn verify(place: &Place) {
    place.ok(&format!("pysign-verify -q $VERIFY $IDENTITY {} >proof.json", FILES.join(" ")));
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn threads_share_one_certificate_and_the_order_is_that_of_the_files() {
    let place = job();
    let reversed: Vec<_> = FILES.into_iter().rev().collect();
    let line = place.ok(&format!("pysign-sign -q $SIGN {}", reversed.join(" ")));
    let many: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((requests(&place, "fulcio"), requests(&place, "rekor")), (1, 8));
    assert_eq!(certificates(&place, &FILES).len(), 1);
    verify(&place);
    // What is kept is listed as it was signed, by one thread too.
    let line = place.ok(&format!("pysign-sign -q --jobs 1 $SIGN {}", reversed.join(" ")));
    let one: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(one["artifacts"], many["artifacts"]);
    assert_eq!(requests(&place, "rekor"), 8);
}

#[test]
fn a_certificate_near_its_end_is_renewed_once_for_all_threads() {
    let place = job();
    place.sandbox.fault("fulcio:short-lived*1").unwrap();
    place.ok(&format!("pysign-sign -q $SIGN {}", FILES.join(" ")));
    assert_eq!(requests(&place, "fulcio"), 2);
    assert_eq!(certificates(&place, &FILES).len(), 2);
    verify(&place);
}

#[test]
fn each_file_has_its_own_certificate_where_none_lasts_for_two() {
    for jobs in [1, 3] {
        let place = job();
        place.sandbox.fault("fulcio:short-lived").unwrap();
        place.ok(&format!("pysign-sign -q --jobs {jobs} $SIGN {}", FILES.join(" ")));
        assert_eq!(requests(&place, "fulcio"), FILES.len());
        assert_eq!(certificates(&place, &FILES).len(), FILES.len());
        verify(&place);
    }
}

#[test]
fn a_renewal_that_is_denied_ends_the_run_and_the_next_one_goes_on() {
    let place = job();
    for fault in ["fulcio:short-lived*1", "fulcio:status=401"] {
        place.sandbox.fault(fault).unwrap();
    }
    let sign = format!("pysign-sign $SIGN {}", FILES.join(" "));
    let failed = place.sh(&sign);
    assert_eq!(failed.status.code(), Some(5), "{}", stderr(&failed));
    assert!(failed.stdout.is_empty());
    // One file had the first certificate; of seven that waited for the second, one has asked.
    assert_eq!((requests(&place, "fulcio"), requests(&place, "rekor")), (2, 1));
    let done = signed(&place);
    assert_eq!(done.len(), 1);
    assert!(stderr(&failed).contains("1 of 8 signatures are made"), "{}", stderr(&failed));
    assert_eq!(stderr(&failed).matches("error[").count(), 1, "{}", stderr(&failed));
    for name in FILES {
        assert_eq!(stderr(&failed).contains(&format!("'{name}'")), !done.contains(&name));
    }
    place.sandbox.heal();
    place.ok(&sign);
    assert_eq!(requests(&place, "rekor"), FILES.len());
    verify(&place);
}

#[test]
fn after_a_refusal_no_other_file_is_begun() {
    let place = job();
    place.sandbox.fault("rekor/post:status=403@3").unwrap();
    let failed = place.sh(&format!("pysign-sign --jobs 1 $SIGN {}", FILES.join(" ")));
    assert_eq!(failed.status.code(), Some(5));
    assert!(failed.stdout.is_empty());
    assert_eq!(requests(&place, "rekor"), 3);
    assert_eq!(signed(&place), ["a", "b"]);
}

#[test]
fn a_file_that_fails_alone_is_named_and_the_others_are_signed() {
    let place = job();
    // Replaced between the first look and the signing: while the log lets the first file wait.
    let script = format!(
        "pysign-sign --jobs 1 $SIGN {} 2>err & signing=$!
        until grep -q fulcio \"$PYSIGN_SANDBOX/requests.jsonl\"; do :; done
        echo other >b
        wait $signing; status=$?; cat err >&2; exit $status",
        FILES.join(" ")
    );
    place.sandbox.fault("rekor/post:delay=3*1").unwrap();
    let failed = place.sh(&script);
    assert_eq!(failed.status.code(), Some(1), "{}", stderr(&failed));
    assert!(failed.stdout.is_empty());
    assert!(stderr(&failed).contains("'b'"), "{}", stderr(&failed));
    assert_eq!(signed(&place), ["a", "c", "d", "e", "f", "g", "h"]);
}
