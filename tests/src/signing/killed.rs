//! A run that is killed: between two files, and between two sidecars of one.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::thread;

use super::{Desk, ended, logged};
use crate::place::Place;

const FILES: &[&str] = &["a", "b", "c"];
/// One by one: a file that is being written when another's log entry is waited for leaves its drafts.
const SIGN: &str = "pysign-sign --error-format=json --timeout 30 --jobs 1 $SIGN a b c";

#[test]
fn a_run_that_is_killed_between_two_files_goes_on_where_it_was() {
    let place = Place::new();
    for (signal, number) in [("TERM", 15), ("KILL", 9)] {
        let desk = Desk::new(&place, signal, FILES);
        let before = logged(&place);
        place.sandbox.fault("rekor/post:delay@2").unwrap();
        let mut command = place.command(&format!("cd {signal} && exec {SIGN}"));
        let mut running = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        while logged(&place) < before + 2 {
            assert!(running.try_wait().unwrap().is_none(), "the run ended by itself");
            thread::yield_now();
        }
        assert!(place.sh(&format!("kill -{signal} {}", running.id())).status.success());
        let output = running.wait_with_output().unwrap();
        assert_eq!((output.status.signal(), output.stdout.len()), (Some(number), 0));
        let signed = desk.proven().unwrap();
        let kept = desk.bundles(&signed);
        place.sandbox.heal();
        ended(&desk.sh(SIGN), 0, "").unwrap();
        assert_eq!(desk.proven().unwrap(), FILES);
        assert_eq!((signed.len(), desk.bundles(&signed)), (1, kept), "{signal}");
    }
}

/// Three sidecars are put in their place one after the other, the bundle first; whichever is the
/// last, the next run makes them whole. What can't be removed by a process that is dead is removed
/// by the next.
#[test]
fn a_run_that_is_killed_between_two_sidecars_is_made_whole_by_the_next() {
    if Command::new("strace").arg("-V").output().is_err() {
        let _ = writeln!(io::stderr(), "skipped: no strace to kill a run with at a system call");
        return;
    }
    let place = Place::new();
    for nth in 1..=3 {
        let desk = Desk::new(&place, &format!("link{nth}"), &["a"]);
        let sign = "pysign-sign --error-format=json $SIGN a";
        let killed = desk.sh(&format!(
            "strace -qq -f -e signal=none -o /dev/null -e inject=link,linkat:signal=KILL:when={nth} {sign}"
        ));
        assert!(killed.stdout.is_empty() && !killed.status.success());
        // It is killed before the call does anything.
        let names = desk.names();
        let placed: Vec<_> = names.iter().filter(|name| name.starts_with("a.")).collect();
        let mut expected = ["a.sigstore.json", "a.sig", "a.crt"][..nth - 1].to_vec();
        expected.sort_unstable();
        assert_eq!(placed, expected);
        assert!(names.iter().any(|name| name.starts_with(".pysign-")), "{names:?}");
        if nth > 1 {
            ended(&desk.sh("pysign-verify -q $VERIFY $IDENTITY a"), 0, "").unwrap();
        }
        let bundle = fs::read(desk.path("a.sigstore.json")).ok();
        ended(&desk.sh(sign), 0, "").unwrap();
        assert_eq!(desk.proven().unwrap(), ["a"]);
        let now = fs::read(desk.path("a.sigstore.json")).unwrap();
        assert!(bundle.is_none_or(|bundle| bundle == now));
    }
}
