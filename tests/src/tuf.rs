//! A TUF repository that lies, in each of the ways of `tuf_lie`: who has trusted it before, and who
//! asks for the first time, both trust none of it, keep none of it, and trust it again once it is
//! honest.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;

use serde_json::Value;

use crate::golden::furnish;
use crate::place::{Place, names_below};

mod cache;
mod offline;

/// A lie; the code for who has seen the repository before; the code for who has not. None: it is
/// good.
type Attack = (&'static str, Option<&'static str>, Option<&'static str>);

const fn both(lie: &'static str, code: &'static str) -> Attack {
    (lie, Some(code), Some(code))
}

/// What only the one notices who has seen a later version.
const fn seen(lie: &'static str, code: &'static str, new: Option<&'static str>) -> Attack {
    (lie, Some(code), new)
}

const ATTACKS: [Attack; 55] = [
    both("bad-root", "tuf-signature"),
    both("broken-snapshot", "tuf-signature"),
    both("broken-targets", "tuf-signature"),
    both("broken-timestamp", "tuf-signature"),
    ("changed-target", None, Some("tuf-mismatch")),
    both("deep", "tuf-incomplete"),
    ("delegated", None, None),
    both("delegated-expired", "tuf-expired"),
    both("delegated-taken", "tuf-target-missing"),
    both("delegated-unsigned", "tuf-signature"),
    both("delegation-depth", "tuf-target-missing"),
    both("delegation-loop", "tuf-target-missing"),
    seen("drop-targets", "tuf-mismatch", Some("tuf-malformed")),
    both("duplicate-id", "tuf-malformed"),
    both("duplicate-key", "tuf-malformed"),
    both("duplicate-signature", "tuf-signature"),
    both("endless", "http-too-large"),
    both("endless-roots", "tuf-incomplete"),
    both("expired-root", "tuf-expired"),
    both("expired-snapshot", "tuf-expired"),
    both("expired-targets", "tuf-expired"),
    both("expired-timestamp", "tuf-expired"),
    both("fraction-version", "tuf-malformed"),
    both("html", "tuf-incomplete"),
    both("huge-version", "tuf-malformed"),
    both("long-target", "tuf-mismatch"),
    both("many-signatures", "tuf-malformed"),
    both("mix-snapshot", "tuf-mismatch"),
    both("mix-targets", "tuf-mismatch"),
    both("negative-version", "tuf-malformed"),
    both("next-spec", "tuf-malformed"),
    both("no-meta", "tuf-malformed"),
    both("no-target", "tuf-target-missing"),
    both("null", "tuf-malformed"),
    both("null-meta", "tuf-malformed"),
    both("odd-digest", "tuf-malformed"),
    ("odd-names", None, None),
    both("old-root", "tuf-mismatch"),
    both("other-key", "tuf-signature"),
    both("other-role", "tuf-malformed"),
    both("other-snapshot", "tuf-mismatch"),
    both("other-targets", "tuf-mismatch"),
    seen("rollback-snapshot", "tuf-rollback", None),
    seen("rollback-targets", "tuf-rollback", None),
    seen("rollback-timestamp", "tuf-rollback", None),
    both("self-root", "tuf-signature"),
    both("skipped-root", "tuf-mismatch"),
    both("status=404", "tuf-incomplete"),
    both("text-version", "tuf-malformed"),
    both("threshold-0", "tuf-malformed"),
    both("threshold-root", "tuf-signature"),
    both("truncate", "http-truncated"),
    both("unsigned-snapshot", "tuf-signature"),
    both("unsigned-targets", "tuf-signature"),
    both("unsigned-timestamp", "tuf-signature"),
];

/// A place with a signed file, whose programs keep what they trust in `cache`.
fn place() -> Place {
    let place = Place::new();
    furnish(&place, "signed");
    place
}

/// How a run ended: its status, and the codes of its errors and warnings.
#[derive(Debug, PartialEq, Eq)]
struct Ending(i32, Vec<String>);

/// Verifies with the repository's trusted root, and with what `cache` has kept of it.
fn verify(place: &Place, cache: &str, more: &str) -> Ending {
    let output = place.sh(&format!(
        "XDG_CACHE_HOME=$PWD/../{cache} exec pysign-verify --error-format=json -m signed.json \
         $IDENTITY $TUF --timeout 1 {more} >proof.json"
    ));
    let stderr = String::from_utf8_lossy(&output.stderr);
    let notes = stderr.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let codes = notes.filter(|note| note["level"] != "info");
    let codes = codes.filter_map(|note| note["code"].as_str().map(str::to_owned));
    Ending(output.status.code().unwrap_or(-1), codes.collect())
}

fn good() -> Ending {
    Ending(0, Vec::new())
}

/// The files of a cache with their bytes.
fn kept(place: &Place, cache: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = names_below(&place.beside(cache)).into_iter().filter(|path| path.is_file());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

/// Changes the document in which things are kept.
fn edit(place: &Place, cache: &str, change: impl FnOnce(&mut Value)) {
    let (file, bytes) = kept(place, cache).pop_first().unwrap();
    let mut document = serde_json::from_slice(&bytes).unwrap();
    change(&mut document);
    fs::write(file, document.to_string()).unwrap();
}

/// Makes what is kept so many hours old, as if it had been fetched then.
fn age(place: &Place, cache: &str, hours: u32) {
    let then = place.ok(&format!("date -u -d '{hours} hours ago' +%FT%TZ"));
    edit(place, cache, |document| document["refreshed"] = then.trim().into());
}

/// What the run before has taken its trust from.
fn source(place: &Place) -> String {
    let proof = fs::read(place.work().join("proof.json")).unwrap();
    let proof: Value = serde_json::from_slice(&proof).unwrap();
    proof["artifacts"][0]["verified"][0]["trust"]["source"].as_str().unwrap().to_owned()
}

/// How many requests the repository has had.
fn asked(place: &Place) -> usize {
    place.sandbox.exchanges().iter().filter(|one| one.service == "tuf").count()
}

/// What of it may decide anything: a failed refresh adds the roots that it has verified, which is
/// what keeps a replaced root replaced.
fn decisive(place: &Place, cache: &str) -> Vec<Value> {
    let read = |(_, bytes): (PathBuf, Vec<u8>)| -> Value {
        let mut kept: Value = serde_json::from_slice(&bytes).unwrap();
        kept["files"].as_object_mut().unwrap().retain(|name, _| !name.starts_with("root_history/"));
        kept
    };
    let all = kept(place, cache).into_iter().map(read);
    all.filter(|kept| !kept["refreshed"].is_null()).collect()
}

/// Goes through one attack; says what was not as it should be.
fn differences(place: &Place, (lie, seen, new): Attack) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut expect = |what: &str, code: Option<&str>, found: Ending| {
        let fits = match code {
            None => found == good(),
            Some(code) => found.0 != 0 && found.1 == [code],
        };
        if !fits {
            wrong.push(format!("{lie}: {what}: expected {code:?}, found {found:?}"));
        }
    };
    for (who, code) in [("seen", seen), ("new", new)] {
        let cache = format!("{who}-{lie}");
        if who == "seen" {
            expect("an honest repository", None, verify(place, &cache, ""));
            age(place, &cache, 25);
        }
        let before = decisive(place, &cache);
        place.sandbox.fault(&format!("tuf:{lie}")).unwrap();
        expect(who, code, verify(place, &cache, ""));
        expect("a second run", code, verify(place, &cache, ""));
        place.sandbox.heal();
        if code.is_some() && decisive(place, &cache) != before {
            expect("what is kept", None, Ending(-1, Vec::new()));
        }
        // A root that the root's own keys have signed is there to stay.
        if !["expired-root", "duplicate-signature"].contains(&lie) {
            expect("an honest one again", None, verify(place, &cache, ""));
        }
    }
    wrong
}

#[test]
fn a_repository_that_lies_is_refused() {
    let place = place();
    let wrong: Vec<String> =
        ATTACKS.into_iter().flat_map(|attack| differences(&place, attack)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // Straight to the stream: what a test prints otherwise is shown only if it fails.
    let _ = writeln!(io::stderr(), "TUF: {0}/{0} lies, seen before or not", ATTACKS.len());
}

/// Whom to trust and what to sign with come of one refresh, with a place to keep them or without;
/// what was kept is enough for the next run.
#[test]
fn signing_asks_once_for_both_files() {
    let place = Place::new();
    furnish(&place, "dist");
    let timestamps = || {
        let exchanges = place.sandbox.exchanges();
        exchanges.iter().filter(|one| one.service == "tuf" && one.path == "/timestamp.json").count()
    };
    for (variables, refreshes) in
        [("-u HOME", 1), ("XDG_CACHE_HOME=$PWD/../cache", 2), ("XDG_CACHE_HOME=$PWD/../cache", 2)]
    {
        place.ok(&format!("env {variables} pysign-sign -q -m build.json $TUF >signed.json"));
        assert_eq!(timestamps(), refreshes, "{variables}");
    }
    // A run that has only verified has nothing to sign with.
    place.ok(
        "XDG_CACHE_HOME=$PWD/../other pysign-verify -q -m signed.json $IDENTITY $TUF >proof.json",
    );
    place.ok("XDG_CACHE_HOME=$PWD/../other pysign-sign -q -m build.json $TUF >signed.json");
    assert_eq!(timestamps(), 4);
}
