//! Tokens that are not fit, and clocks that do not agree.

use std::fs;

use pysign_sandbox::TokenClaims;

use super::{Desk, ended, logged};
use crate::place::Place;

const HOUR: i64 = 3600;

/// The run with a token of this file below `tokens/`.
fn sign(token: &str) -> String {
    format!(
        "pysign-sign --error-format=json --timeout 1 $SIGN --token-file $PYSIGN_SANDBOX/tokens/{token}.jwt a b c"
    )
}

const FILES: &[&str] = &["a", "b", "c"];

/// A run that is refused ends so each time, logs nothing, leaves nothing, and is no burden to one
/// with a good token.
fn refused(place: &Place, name: &str, token: &str, status: i32, code: &str) -> Result<(), String> {
    let desk = Desk::new(place, name, FILES);
    let before = logged(place);
    for _ in 0..2 {
        ended(&desk.sh(&sign(token)), status, code)?;
    }
    if !desk.signed()?.is_empty() || logged(place) != before {
        return Err("something was signed".to_owned());
    }
    Ok(())
}

#[test]
fn a_token_that_is_not_fit() {
    let place = Place::new();
    for (token, code) in [
        ("expired", "token-expired"),
        ("other-audience", "token-audience"),
        ("email-unverified", "token-claim"),
        ("forged", "http-status-final"),
        ("unknown-issuer", "http-status-final"),
    ] {
        refused(&place, token, token, 5, code).unwrap_or_else(|wrong| panic!("{token}: {wrong}"));
        let desk = Desk::new(&place, token, FILES);
        ended(&desk.sh(&sign("push")), 0, "").unwrap();
        assert_eq!(desk.proven().unwrap(), FILES, "{token}");
    }
}

/// What is an hour off, and how the run ends: with a token that lasts an hour, and with one that
/// lasts three.
const CLOCKS: [(&[&str], i64, [Ending; 2]); 11] = [
    (&["oidc"], HOUR, [Ending(5, "token-not-yet"); 2]),
    (&["oidc"], -HOUR, [Ending(5, "token-expired"), GOOD]),
    (&["fulcio"], HOUR, [Ending(5, "http-status-final"), Ending(3, "clock-behind")]),
    (&["fulcio"], -HOUR, [Ending(5, "http-status-final"); 2]),
    (&["rekor"], HOUR, [Ending(4, "clock-behind"); 2]),
    (&["rekor"], -HOUR, [Ending(1, "certificate-untrusted"); 2]),
    (&["tsa"], HOUR, [Ending(1, "timestamp-invalid"); 2]),
    (&["tsa"], -HOUR, [Ending(1, "timestamp-invalid"); 2]),
    // It only says when the log has promised.
    (&["ct"], HOUR, [GOOD; 2]),
    // It is this machine that is off: an hour behind all of them, or ahead.
    (ALL, HOUR, [Ending(5, "token-not-yet"); 2]),
    (ALL, -HOUR, [Ending(5, "token-expired"), GOOD]),
];

const ALL: &[&str] = &["oidc", "fulcio", "ct", "rekor", "tsa"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Ending(i32, &'static str);

const GOOD: Ending = Ending(0, "");

#[test]
fn clocks_that_are_an_hour_off() {
    let place = Place::new();
    let mut report = Vec::new();
    for (row, (services, offset, endings)) in CLOCKS.iter().enumerate() {
        for (ending, hours) in endings.iter().zip([1, 3]) {
            let desk = Desk::new(&place, &format!("clock{row}-{hours}"), FILES);
            let judged = judge(&desk, services, *offset, *ending, hours);
            if let Err(wrong) = judged {
                report.push(format!("== {services:?} {offset:+}, {hours} h: {wrong}\n"));
            }
        }
    }
    assert!(report.is_empty(), "\n{}", report.join(""));
}

/// A run with clocks that are off and a token of so many hours, and one with clocks that are right.
fn judge(
    desk: &Desk<'_>,
    services: &[&str],
    offset: i64,
    Ending(status, code): Ending,
    hours: i64,
) -> Result<(), String> {
    let sandbox = &desk.place.sandbox;
    let run = |offset: i64| {
        for service in services {
            sandbox.move_clock(service, offset).unwrap();
        }
        let token = sandbox.token(&TokenClaims::gitlab().lifetime(hours * HOUR)).unwrap();
        fs::write(sandbox.directory().join("tokens/own.jwt"), token).unwrap();
        desk.sh(&sign("own"))
    };
    let (off, left, right) = (run(offset), desk.signed(), run(0));
    ended(&off, status, code)?;
    if left?.is_empty() == (status == 0) {
        return Err("what is signed is not what the exit code says".to_owned());
    }
    ended(&right, 0, "").map_err(|wrong| format!("right again: {wrong}"))?;
    let signed = desk.proven()?;
    if signed == FILES { Ok(()) } else { Err(format!("only these are signed: {signed:?}")) }
}

/// The certificate lasts for one file, and the token for as long as the log lets us wait: the first
/// file is signed, the second would need a new certificate.
#[test]
fn a_token_that_ends_in_mid_run() {
    let place = Place::new();
    let desk = Desk::new(&place, "ending", FILES);
    let path = place.sandbox.directory().join("tokens/ending.jwt");
    let token = place.sandbox.token(&TokenClaims::gitlab().lifetime(8)).unwrap();
    fs::write(path, token).unwrap();
    place.sandbox.fault("fulcio:short-lived").unwrap();
    place.sandbox.fault("rekor/post:delay=9*1").unwrap();
    let one_by_one = |token| sign(token).replace("--timeout 1", "--timeout 20 --jobs 1");
    ended(&desk.sh(&one_by_one("ending")), 5, "token-expired").unwrap();
    assert_eq!(desk.proven().unwrap(), ["a"]);
    let kept = desk.bundles(&["a"]);
    ended(&desk.sh(&one_by_one("ending")), 5, "token-expired").unwrap();
    ended(&desk.sh(&one_by_one("push")), 0, "").unwrap();
    assert_eq!((desk.proven().unwrap().as_slice(), desk.bundles(&["a"])), (FILES, kept));
}
