//! Every service that a program talks to is down, slow, failing, asking to wait, or someone else's
//! page: the run ends with exit 4, names the address, prints nothing and leaves nothing; and the
//! same command succeeds once the service is back, as the exit code promises. For `pysign-sign`, see
//! `signing`.

use std::process::Output;
use std::sync::Arc;
use std::thread;

use crate::golden::furnish;
use crate::place::Place;

const PUBLISH: &str = "pysign-publish -m signed.json --to gitlab --timeout 1";
const VERIFY: &str = "pysign-verify -m signed.json $IDENTITY $TUF --timeout 1";
const FETCH: &str = "pysign-fetch -m published.json --index gitlab -o got --timeout 1";

/// What is wrong with the service.
const FAULTS: [&str; 5] = ["reset", "delay", "status=500", "status=429;retry-after=600", "html"];

/// A page where bytes belong is other bytes; a page where an index belongs is one without files,
/// which to fetch is an answer, and to publish a file that does not show up.
fn status(run: &str, service: &str, fault: &str) -> i32 {
    match (service, fault) {
        ("storage", "html") => 1,
        ("index", "html") if run == FETCH => 3,
        _ => 4,
    }
}

fn job(fixture: &str) -> Place {
    let place = Place::new();
    furnish(&place, fixture);
    if fixture == "published" {
        place.ok("pysign-publish -q -m published.json --to gitlab >gitlab.json && mv gitlab.json published.json");
    }
    place
}

/// One fault at one service; gives what is wrong with how the program took it.
fn differences(fixture: &str, run: &str, service: &str, fault: &str) -> Option<String> {
    let place = job(fixture);
    let names = "find . -type f | sort";
    let before = place.ok(names);
    place.sandbox.fault(&format!("{service}:{fault}")).unwrap();
    let failed = place.sh(run);
    let expected = status(run, service, fault);
    let origin = place.sandbox.url(service.split('/').next().unwrap()).unwrap().to_owned();
    let stderr = String::from_utf8_lossy(&failed.stderr).into_owned();
    let explain = |fact: &str, output: &Output| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        Some(format!("{service}:{fault}: {fact}: {:?}\n{stderr}", output.status.code()))
    };
    if failed.status.code() != Some(expected) {
        return explain(&format!("expected {expected}"), &failed);
    }
    if !failed.stdout.is_empty() {
        return explain("something on standard output", &failed);
    }
    if expected == 4 && !stderr.contains(&origin) {
        return explain(&format!("'{origin}' is not named"), &failed);
    }
    if place.ok(names) != before || !place.litter().is_empty() {
        return explain("something was left behind", &failed);
    }
    place.sandbox.heal();
    let healed = place.sh(run);
    if healed.status.success() { None } else { explain("no success afterwards", &healed) }
}

/// All faults at all of `services`, side by side: nearly all of the time is waiting.
fn check(fixture: &'static str, run: &'static str, services: &[&'static str]) {
    let run = Arc::new(run);
    let mut running = Vec::new();
    for service in services.iter().copied() {
        for fault in FAULTS {
            let run = Arc::clone(&run);
            running.push(thread::spawn(move || differences(fixture, &run, service, fault)));
        }
    }
    let wrong: Vec<String> = running.into_iter().filter_map(|run| run.join().unwrap()).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn publish_survives_its_registries() {
    check("signed", PUBLISH, &["index", "pypi/post", "generic/put"]);
}

#[test]
fn fetch_survives_its_index() {
    check("published", FETCH, &["index", "storage"]);
}

#[test]
fn verify_survives_its_tuf_repository() {
    check("signed", VERIFY, &["tuf"]);
}
