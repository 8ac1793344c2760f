//! What is wrong with the files to be signed, and with the place of their signatures.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::process::Output;
use std::thread;

use super::{Desk, ended, logged};
use crate::place::Place;

const SIGN: &str = "pysign-sign --error-format=json --timeout 2 $SIGN a b c";
const FILES: &[&str] = &["a", "b", "c"];

/// What a run of the certificate authority's patience gives: it does not answer once, and `change`
/// happens meanwhile.
fn meanwhile(desk: &Desk<'_>, sign: &str, change: impl FnOnce()) -> Output {
    let place = desk.place;
    place.sandbox.fault("fulcio:delay*1").unwrap();
    let before = place.sandbox.exchanges().len();
    thread::scope(|scope| {
        let running = scope.spawn(|| desk.sh(sign));
        while place.sandbox.exchanges().len() == before && !running.is_finished() {
            thread::yield_now();
        }
        change();
        running.join().unwrap()
    })
}

#[test]
fn a_file_that_changes_meanwhile_is_not_signed() {
    let place = Place::new();
    let desk = Desk::new(&place, "changing", FILES);
    let change = || {
        let mut file = File::options().append(true).open(desk.path("b")).unwrap();
        file.write_all(b"more").unwrap();
    };
    ended(&meanwhile(&desk, SIGN, change), 1, "file-changed").unwrap();
    assert!(!desk.proven().unwrap().contains(&"b"));
    // What it is now is as good as what it was.
    ended(&desk.sh(SIGN), 0, "").unwrap();
    assert_eq!(desk.proven().unwrap(), FILES);
}

#[test]
fn a_file_that_becomes_a_link_meanwhile_is_not_signed() {
    let place = Place::new();
    let desk = Desk::new(&place, "linking", FILES);
    let change = || {
        fs::rename(desk.path("b"), desk.path("../moved")).unwrap();
        std::os::unix::fs::symlink("../moved", desk.path("b")).unwrap();
    };
    ended(&meanwhile(&desk, SIGN, change), 3, "file-not-regular").unwrap();
    assert!(!desk.signed().unwrap().contains(&"b"));
    ended(&desk.sh(SIGN), 3, "file-not-regular").unwrap();
    fs::rename(desk.path("../moved"), desk.path("b")).unwrap();
    ended(&desk.sh(SIGN), 0, "").unwrap();
    assert_eq!(desk.proven().unwrap(), FILES);
}

/// What is in the way of the second file's signature, and how the run ends because of it.
const IN_THE_WAY: [(&str, i32, &str); 6] = [
    ("echo x >b.sigstore.json", 3, "output-exists"),
    ("echo x >b.sig", 3, "output-exists"),
    ("echo x >b.crt", 3, "output-exists"),
    ("mkdir b.sig", 3, "output-exists"),
    (
        "pysign-sign -q --token-file $PYSIGN_SANDBOX/tokens/tag.jwt $SIGN b >other.json && rm other.json",
        1,
        "signed-by-another",
    ),
    ("rm b && mkfifo b", 3, "file-not-regular"),
];

#[test]
fn what_is_in_the_way_stays_and_nothing_is_logged() {
    let place = Place::new();
    for (number, (obstacle, status, code)) in IN_THE_WAY.into_iter().enumerate() {
        let desk = Desk::new(&place, &format!("way{number}"), FILES);
        assert!(desk.sh(obstacle).status.success());
        let contents = "ls -l --time-style=full-iso && find . -type f -exec sha256sum {} +";
        let (before, log) = (desk.sh(contents).stdout, logged(&place));
        for _ in 0..2 {
            ended(&desk.sh(SIGN), status, code)
                .unwrap_or_else(|wrong| panic!("{obstacle}: {wrong}"));
        }
        assert_eq!(desk.sh(contents).stdout, before, "{obstacle}");
        assert_eq!(logged(&place), log, "{obstacle}");
        desk.sh("rm -rf b b.*; echo b >b");
        ended(&desk.sh(SIGN), 0, "").unwrap();
        assert_eq!(desk.proven().unwrap(), FILES, "{obstacle}");
    }
}

/// Runs the script in a mount namespace of its own; nothing where there is none to be had.
fn mounted(desk: &Desk<'_>, script: &str) -> Option<Output> {
    if !desk.place.sh("unshare --user --map-root-user --mount true").status.success() {
        // Straight to the stream: what a test prints otherwise is shown only if it fails.
        let _ = writeln!(io::stderr(), "skipped: no mount namespace: {}", desk.name);
        return None;
    }
    fs::write(desk.path("../mounted.sh"), script).unwrap();
    Some(desk.sh("exec unshare --user --map-root-user --mount sh ../mounted.sh"))
}

#[test]
fn a_directory_that_takes_no_files_costs_no_entry_in_the_log() {
    let place = Place::new();
    let desk = Desk::new(&place, "readonly", FILES);
    let script = format!(
        "mount --bind . . && mount -o remount,bind,ro . && cd . && cd ../readonly && {SIGN}"
    );
    let Some(output) = mounted(&desk, &script) else { return };
    ended(&output, 3, "output-unwritable").unwrap();
    assert_eq!(desk.signed().unwrap(), [""; 0]);
    assert_eq!(logged(&place), 0);
    ended(&desk.sh(SIGN), 0, "").unwrap();
    assert_eq!(desk.proven().unwrap(), FILES);
}

#[test]
fn a_disk_that_is_full_for_a_while_is_no_burden_later() {
    let place = Place::new();
    let desk = Desk::new(&place, "full", FILES);
    let script = format!(
        "mkdir ../kept && cp a b c ../kept && mount -t tmpfs -o size=1m full . && cd ../full
        cp ../kept/* .
        dd if=/dev/zero of=filler bs=1k 2>../dd.log
        ls -A >../before
        {SIGN} >../stdout 2>../stderr
        echo $? >../status
        ls -A >../after
        rm filler && {SIGN} && pysign-verify -q $VERIFY $IDENTITY a b c"
    );
    let Some(output) = mounted(&desk, &script) else { return };
    let beside = |name: &str| fs::read_to_string(desk.path(&format!("../{name}"))).unwrap();
    assert_eq!(beside("status"), "3\n", "{}", beside("stderr"));
    assert_eq!((beside("stdout").as_str(), beside("after")), ("", beside("before")));
    assert!(beside("stderr").contains("\"output-unwritable\""), "{}", beside("stderr"));
    ended(&output, 0, "").unwrap();
}
