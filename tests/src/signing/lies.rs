//! Each service answers well-formed and signed, and wrong in one thing. What it says is refused
//! before the next service is asked as far as that can be told by then: what is logged stays.

use super::{AT_ONCE, Case, Row, Shape, check, row};

const FULCIO: [Row; 6] = [
    row("fulcio:wrong-key", 1, "certificate-key"),
    row("fulcio:wrong-identity", 1, "certificate-identity"),
    row("fulcio:wrong-issuer", 1, "certificate-identity"),
    row("fulcio:no-sct", 1, "certificate-untrusted"),
    row("fulcio:bad-sct", 1, "certificate-untrusted"),
    row("fulcio:unknown-signer", 1, "certificate-untrusted"),
];

const REKOR: [Row; 8] = [
    row("rekor:bad-set", 1, "log-invalid"),
    row("rekor:bad-proof", 1, "log-invalid"),
    row("rekor:bad-checkpoint", 1, "log-invalid"),
    row("rekor:behind", 4, "rekor-behind"),
    row("rekor:no-proof", 4, "rekor-behind"),
    row("rekor:other-proof", 1, "log-invalid"),
    row("rekor:other-entry", 1, "signature-invalid"),
    row("rekor:unknown-signer", 1, "log-unknown"),
];

const REKOR2: [Row; 5] = [
    row("rekor2:bad-proof", 1, "log-invalid"),
    row("rekor2:bad-checkpoint", 1, "log-invalid"),
    row("rekor2:other-proof", 1, "log-invalid"),
    row("rekor2:other-entry", 1, "signature-invalid"),
    row("rekor2:unknown-signer", 1, "log-unknown"),
];

const TSA: [Row; 4] = [
    row("tsa:wrong-nonce", 1, "timestamp-mismatch"),
    row("tsa:wrong-imprint", 1, "timestamp-mismatch"),
    row("tsa:bad-signature", 1, "timestamp-invalid"),
    row("tsa:unknown-signer", 1, "timestamp-invalid"),
];

fn cases(
    rows: &'static [Row],
    shapes: &'static [Shape],
    services: &'static str,
) -> impl Iterator<Item = Case> {
    rows.iter()
        .flat_map(move |row| shapes.iter().map(move |shape| Case::new(*row, *shape, services)))
}

#[test]
fn a_certificate_that_is_not_the_one_asked_for() {
    check(cases(&FULCIO, AT_ONCE, "$SIGN"));
}

#[test]
fn an_entry_that_is_not_the_one_proposed() {
    check(cases(&REKOR, &Shape::ALL, "$SIGN"));
}

#[test]
fn an_entry_of_version_2_that_is_not_the_one_proposed() {
    check(cases(&REKOR2, AT_ONCE, "$SIGN2"));
}

#[test]
fn a_timestamp_that_is_not_the_one_asked_for() {
    // Where it is the only time that there is, and beside a log that gives one.
    check(cases(&TSA, AT_ONCE, "$SIGN2").chain(cases(&TSA, &[Shape::One], "$SIGN")));
}
