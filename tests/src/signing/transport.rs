//! Each service is down, slow, cut off, endless, busy, failing, or someone else's page.

use super::{AT_ONCE, Case, Job, Row, Shape, check, row};

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
        let fault: &'static str = format!("{service}:{}", known.fault).leak();
        let code = if known.code == "ANSWER" { answer } else { known.code };
        let row = Row { fault, status: known.status, code };
        let cases = shapes.iter().map(move |shape| Case::new(row, *shape, services));
        // Waiting is the same in each shape, and what takes the time.
        cases.filter(|case| !case.row.waits() || shapes.last() == Some(&case.shape))
    })
}

#[test]
fn a_certificate_authority_in_trouble() {
    check(cases("fulcio/post", "fulcio-answer", "$SIGN", AT_ONCE));
}

#[test]
fn a_log_in_trouble() {
    check(cases("rekor/post", "rekor-answer", "$SIGN", &Shape::ALL));
}

/// What it has taken once it does not give again: what is lost is signed anew.
#[test]
fn a_log_of_version_2_in_trouble() {
    check(cases("rekor2/post", "rekor-answer", "$SIGN2", AT_ONCE));
}

#[test]
fn a_timestamp_authority_in_trouble() {
    check(cases("tsa/post", "timestamp-answer", "$SIGN2", AT_ONCE));
}

/// The same of a repository that is only read: nothing can be lost, and it leads nowhere else.
const REPOSITORY: [Row; 10] = [
    row("tuf/get:reset", 4, "http-truncated"),
    row("tuf/get:delay", 4, "http-timeout"),
    row("tuf/get:stall", 4, "http-timeout"),
    row("tuf/get:trickle", 4, "http-timeout"),
    row("tuf/get:truncate", 4, "http-truncated"),
    row("tuf/get:endless", 3, "http-too-large"),
    row("tuf/get:status=429;retry-after=1*1", 0, ""),
    row("tuf/get:status=429;retry-after=600", 4, "http-status-transient"),
    row("tuf/get:status=500", 4, "http-status-transient"),
    row("tuf/get:html", 4, "tuf-incomplete"),
];

#[test]
fn a_tuf_repository_in_trouble() {
    check(
        REPOSITORY
            .into_iter()
            .flat_map(|row| AT_ONCE.iter().map(move |shape| Case::new(row, *shape, "$TUF"))),
    );
}

#[test]
fn a_ci_system_in_trouble() {
    let cases = cases("oidc/get", "token-answer", "$SIGN", &[Shape::One]);
    check(cases.map(|case| Case { job: Job::GitHub, ..case }));
}
