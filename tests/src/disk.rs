//! A full disk: every program that writes says so with exit 3, prints nothing and leaves nothing.
//!
//! The disk is a small tmpfs in a mount namespace of the test's own, filled to its last byte.

use std::io::Write as _;
use std::process::Output;

use crate::golden::furnish;
use crate::place::Place;

fn can_mount(place: &Place) -> bool {
    place.sh("unshare --user --map-root-user --mount true").status.success()
}

/// Runs `script` with `directory` on a full disk that holds what was in it.
fn on_a_full_disk(place: &Place, directory: &str, script: &str) -> Output {
    let inner = format!(
        "set -e
        mkdir -p {directory} && cp -R {directory} ../kept
        mount -t tmpfs -o size=1m full {directory}
        cp -R ../kept/. {directory}
        dd if=/dev/zero of={directory}/filler bs=1k 2>../dd.log || :
        ls -A {directory} >../before
        set +e
        {script}
        status=$?
        ls -A {directory} >../after
        exit $status"
    );
    std::fs::write(place.beside("full.sh"), inner).unwrap();
    place.sh("exec unshare --user --map-root-user --mount sh ../full.sh")
}

/// A run that fails as it should.
fn fails(fixture: &str, directory: &str, script: &str) {
    let place = Place::new();
    if !can_mount(&place) {
        // Straight to the stream: what a test prints otherwise is shown only if it fails.
        let _ =
            writeln!(std::io::stderr(), "skipped: no mount namespace for a full disk: {script}");
        return;
    }
    furnish(&place, fixture);
    let output = on_a_full_disk(&place, directory, script);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert!(output.stdout.is_empty());
    assert!(stderr.contains("\"code\":\"output-unwritable\""), "{stderr}");
    assert!(stderr.contains(directory), "{stderr}");
    let listing = |name: &str| std::fs::read_to_string(place.beside(name)).unwrap();
    assert_eq!(listing("after"), listing("before"));
    assert!(place.litter().is_empty(), "{:?}", place.litter());
}

#[test]
fn build_on_a_full_disk_leaves_nothing() {
    let job = "unset SIGSTORE_ID_TOKEN CI_JOB_TOKEN";
    fails("project", "out", &format!("{job}; pysign-build --error-format=json . -o out"));
}

#[test]
fn sign_on_a_full_disk_leaves_nothing() {
    fails("dist", "dist", "pysign-sign --error-format=json -m build.json $SIGN");
}

#[test]
fn verify_on_a_full_disk_leaves_nothing() {
    let verify = "pysign-verify --error-format=json -m signed.json $VERIFY $IDENTITY";
    fails("signed", "out", &format!("{verify} -o out/proven"));
}

#[test]
fn publish_on_a_full_disk_leaves_nothing() {
    let publish = "pysign-publish --error-format=json -m signed.json";
    fails("signed", "out", &format!("{publish} --to dir:out/index"));
}

#[test]
fn fetch_on_a_full_disk_leaves_nothing() {
    let fetch = "pysign-fetch --error-format=json -m published.json --index dir:index";
    fails("published", "out", &format!("{fetch} -o out/got"));
}
