//! Each service is down, slow, cut off, endless, busy, failing, or someone else's page.

use super::{Case, Row, Shape, check, row};

/// What goes wrong on the way to a service and back, `SERVICE` aside; `ANSWER` is the code for an
/// answer that is none.
static FAULTS: [Row; 14] = [
    row("reset", 4, "http-truncated"),
    row("delay", 4, "http-timeout"),
    row("stall", 4, "http-timeout"),
    row("trickle", 4, "http-timeout"),
    row("truncate", 4, "http-truncated"),
    row("endless", 3, "http-too-large"),
    row("status=429;retry-after=1*1", 0, ""),
    row("status=429;retry-after=600", 4, "http-status-transient"),
    row("status=500", 4, "http-status-transient"),
    row("status=403", 5, "http-status-final"),
    row("html", 4, "ANSWER"),
    row("redirect=307", 5, "http-redirect"),
    row("delay*1", 0, ""),
    row("lost-reply*1", 0, ""),
];

/// All of that at one service.
fn cases(
    service: &'static str,
    answer: &'static str,
    services: &'static str,
    shapes: &'static [Shape],
) -> impl Iterator<Item = Case> {
    FAULTS.iter().flat_map(move |known| {
        let fault: &'static str = format!("{service}/post:{}", known.fault).leak();
        let code = if known.code == "ANSWER" { answer } else { known.code };
        let row = Row { fault, status: known.status, code };
        let cases = shapes.iter().map(move |shape| Case { row, shape: *shape, services });
        // One after the other or at once, waiting is the same.
        cases.filter(|case| !case.row.waits() || case.shape != Shape::Second)
    })
}

#[test]
fn a_certificate_authority_in_trouble() {
    check(cases("fulcio", "fulcio-answer", "$SIGN", &[Shape::One, Shape::SecondAtOnce]));
}

#[test]
fn a_log_in_trouble() {
    check(cases("rekor", "rekor-answer", "$SIGN", &Shape::ALL));
}

#[test]
fn a_log_of_version_2_in_trouble() {
    // What it has taken once it does not give again.
    let is_lost = |case: &Case| {
        ["stall", "truncate", "lost-reply"].iter().any(|kind| case.row.fault.contains(kind))
    };
    let cases = cases("rekor2", "rekor-answer", "$SIGN2", &Shape::ALL);
    check(cases.filter(|case| !is_lost(case)));
}

#[test]
fn a_timestamp_authority_in_trouble() {
    check(cases("tsa", "timestamp-answer", "$SIGN2", &Shape::ALL));
}
