//! Tokens that a CI system gives when it is asked: how often it is, and that a run survives a system
//! that is busy.

use crate::golden::furnish;
use crate::place::Place;

const SIGN: &str = ". \"$PYSIGN_SANDBOX/systems/github\"; pysign-sign -q -m build.json $SIGN";

/// How often a job of GitHub asks for its token while it signs two files.
fn questions(place: &Place) -> usize {
    furnish(place, "dist");
    place.ok(&format!("{SIGN} >signed.json"));
    let asked = place.sandbox.exchanges();
    asked.iter().filter(|exchange| exchange.path == "/github/token").count()
}

#[test]
fn one_token_is_enough_for_one_certificate() {
    assert_eq!(questions(&Place::new()), 1);
}

#[test]
fn a_token_that_is_about_to_end_is_replaced_before_it_is_sent() {
    let place = Place::new();
    // Tokens last an hour: half a minute of it is left.
    place.sandbox.move_clock("oidc", -3570).unwrap();
    assert_eq!(questions(&place), 2);
}

#[test]
fn a_system_that_is_busy_for_a_moment_is_asked_again() {
    let place = Place::new();
    place.sandbox.fault("oidc:status=503*1").unwrap();
    assert_eq!(questions(&place), 2);
}
