//! Without the network: what was kept counts as of the day that it was fetched, and nothing tries to
//! connect.

use std::process::Command;

use super::cache::keep_current;
use super::*;

const DAY: i64 = 24 * 3600;

#[test]
fn what_was_kept_counts_as_of_the_day_it_was_fetched() {
    let place = place();
    assert_eq!(verify(&place, "c", ""), good());
    // Metadata lives for a week: this was good until the day before yesterday.
    place.sandbox.move_clock("tuf", -9 * DAY).unwrap();
    keep_current(&place, "c", 4);
    age(&place, "c", 8 * 24);
    assert_eq!(verify(&place, "c", "--offline"), Ending(0, vec!["trust-cached".to_owned()]));
    let said = place
        .sh("XDG_CACHE_HOME=$PWD/../c pysign-verify --offline -m signed.json $IDENTITY \
                         $TUF >proof.json");
    assert!(String::from_utf8_lossy(&said.stderr).contains("fetched 8 days ago"));
    // Fetched yesterday it would have been refused yesterday.
    age(&place, "c", 24);
    assert_eq!(verify(&place, "c", "--offline"), Ending(1, vec!["tuf-cache-invalid".to_owned()]));
    // With the network it is today that counts.
    age(&place, "c", 8 * 24);
    assert_eq!(verify(&place, "c", ""), Ending(4, vec!["tuf-expired".to_owned()]));
    place.sandbox.move_clock("tuf", 0).unwrap();
    assert_eq!(verify(&place, "c", ""), good());
}

#[test]
fn ten_years_ahead_of_the_repository_all_of_it_is_over() {
    let place = place();
    place.sandbox.move_clock("tuf", -3650 * DAY).unwrap();
    assert_eq!(verify(&place, "c", ""), Ending(4, vec!["tuf-expired".to_owned()]));
    // Behind it, it is good: when it was signed, metadata does not say.
    place.sandbox.move_clock("tuf", 3650 * DAY).unwrap();
    assert_eq!(verify(&place, "c", ""), good());
}

#[test]
fn a_repository_that_trickles_has_an_end() {
    let place = place();
    place.sandbox.fault("tuf:trickle").unwrap();
    assert_eq!(verify(&place, "c", ""), Ending(4, vec!["http-timeout".to_owned()]));
}

/// System calls that a run makes to reach anyone.
fn traced(place: &Place, run: &str) -> Vec<String> {
    let trace = place.beside("trace");
    let calls = "socket,socketpair,connect,bind,sendto,sendmsg,sendmmsg,execve";
    place.ok(&format!(
        "strace -qq -f -e signal=none -e trace={calls} -o {} {run} >proof.json",
        trace.display()
    ));
    let trace = fs::read_to_string(trace).unwrap();
    assert!(trace.contains("execve("), "{trace}");
    trace.lines().filter(|line| !line.contains("execve(")).map(str::to_owned).collect()
}

#[test]
fn offline_no_system_call_tries_to_connect() {
    if Command::new("strace").arg("-V").output().is_err() {
        let _ = writeln!(io::stderr(), "skipped: no strace to see system calls with");
        return;
    }
    let place = place();
    let run = "pysign-verify -q -m signed.json $IDENTITY";
    // The trace would show it.
    let online = traced(&place, &format!("{run} $TUF"));
    assert!(online.iter().any(|call| call.contains("connect(")), "{online:?}");
    let none: Vec<String> = Vec::new();
    assert_eq!(traced(&place, &format!("{run} $TUF --offline")), none);
    assert_eq!(traced(&place, &format!("{run} $VERIFY --offline")), none);
    // With what the program was made with the sandbox's log is unknown, and stays so.
    let embedded = traced(&place, &format!("sh -c '{run} --offline || test $? = 1'"));
    assert_eq!(embedded, none);
}
