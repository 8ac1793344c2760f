//! Secrets stay where they belong. Each program that is given one runs at its most talkative, goes
//! well and fails in every way that involves a secret, with services that repeat what they were
//! sent; and no piece of a secret is on standard output, standard error, in any file that the run
//! leaves, in a temporary one, or in the arguments of any process.

mod secrets;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;

use crate::golden::furnish;
use crate::place::{Place, names_below};
use secrets::{Canaries, KEYS, secrets};

/// Whether system calls can be watched; said once if not.
fn can_trace() -> bool {
    static TRACE: std::sync::OnceLock<bool> = std::sync::OnceLock::new();
    *TRACE.get_or_init(|| {
        let there = Command::new("strace").arg("-V").output().is_ok();
        if !there {
            // Straight to the stream: what a test prints otherwise is shown only if it fails.
            let _ = writeln!(io::stderr(), "skipped: no strace to see the arguments of processes");
        }
        there
    })
}

/// Runs a script in which `$RUN` stands before the program; gives its output and the trace of the
/// processes it started.
fn traced(place: &mut Place, script: &str, format: &str) -> (Output, PathBuf) {
    let trace = place.beside("trace");
    let watch = "strace -f -qq -e signal=none -e trace=execve,execveat -s 99999 -o";
    let run = if can_trace() { format!("{watch} {}", trace.display()) } else { String::new() };
    place.set("RUN", run);
    place.set("FORMAT", format!("-vv --error-format={format}"));
    (place.sh(script), trace)
}

/// All that a run leaves behind.
fn left(place: &Place) -> Vec<PathBuf> {
    let below = ["work", "tmp", "home"].map(|name| names_below(&place.beside(name)));
    let mut files: Vec<PathBuf> = below.concat();
    files.push(place.sandbox.directory().join("requests.jsonl"));
    files.retain(|path| path.is_file());
    files
}

/// One way for a run to go.
#[derive(Clone, Copy)]
struct Way {
    fixture: &'static str,
    fault: &'static str,
    script: &'static str,
    status: i32,
}

const fn way(fixture: &'static str, fault: &'static str, script: &'static str, status: i32) -> Way {
    Way { fixture, fault, script, status }
}

/// Goes one way, with diagnostics for people and for machines; gives what is wrong.
fn go(way: &Way) -> Vec<String> {
    let mut wrong = Vec::new();
    for format in ["human", "json"] {
        let mut place = Place::new();
        if way.fixture == "uploaded" {
            furnish(&place, "signed");
            place.ok("pysign-publish -q -m signed.json --to gitlab >published.json");
        } else {
            furnish(&place, way.fixture);
        }
        if !way.fault.is_empty() {
            place.sandbox.fault(way.fault).unwrap();
        }
        if way.script.contains("/keys/") {
            place.ok(KEYS);
        }
        let canaries = Canaries::new(secrets(&place));
        let (output, trace) = traced(&mut place, way.script, format);
        let mut say = |what: &str, bytes: &[u8]| {
            if let Some(found) = canaries.found_in(bytes) {
                let stderr = String::from_utf8_lossy(&output.stderr);
                wrong.push(format!("{} {}: {what} has {found}\n{stderr}", way.fault, way.script));
            }
        };
        say("standard output", &output.stdout);
        say("standard error", &output.stderr);
        for path in left(&place) {
            say(&path.display().to_string(), &fs::read(&path).unwrap());
            say("a file's name", path.as_os_str().as_encoded_bytes());
        }
        if can_trace() {
            let arguments = fs::read(trace).unwrap();
            assert!(arguments.windows(7).any(|window| window == b"pysign-"));
            say("the arguments of a process", &arguments);
        }
        if output.status.code() != Some(way.status) {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let found = output.status.code();
            wrong.push(format!("{} {}: {found:?}\n{stderr}", way.fault, way.script));
        }
    }
    wrong
}

fn check(ways: &[Way]) {
    let wrong: Vec<String> = thread::scope(|scope| {
        let running: Vec<_> = ways.iter().map(|way| scope.spawn(move || go(way))).collect();
        running.into_iter().flat_map(|run| run.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Signing with the token of the variable.
const SIGN: &str = "$RUN pysign-sign $FORMAT --timeout 1 $SIGN -m build.json >signed.json";

#[test]
fn sign_keeps_its_token() {
    check(&[
        way("dist", "", SIGN, 0),
        way(
            "dist",
            "",
            "$RUN pysign-sign $FORMAT $SIGN -m build.json --token-file $PYSIGN_SANDBOX/tokens/push.jwt",
            0,
        ),
        way(
            "dist",
            "",
            "$RUN pysign-sign $FORMAT $SIGN -m build.json --token-file - <$PYSIGN_SANDBOX/tokens/push.jwt",
            0,
        ),
        way("dist", "fulcio:echo=200", SIGN, 4),
        way("dist", "fulcio:echo=400", SIGN, 5),
        way("dist", "fulcio:echo=401", SIGN, 5),
        way("dist", "fulcio:echo=500", SIGN, 4),
        way("dist", "fulcio:echo=307", SIGN, 5),
        way("dist", "fulcio:html", SIGN, 4),
        way("dist", "fulcio:reset", SIGN, 4),
        way("dist", "fulcio:wrong-identity", SIGN, 1),
        way("dist", "rekor:echo=200", SIGN, 4),
        way("dist", "rekor:echo=500", SIGN, 4),
        way("dist", "tsa:echo=400", SIGN, 5),
    ]);
}

/// Signing with one of them.
macro_rules! sign_with {
    ($key:literal, $more:literal) => {
        concat!(
            "unset SIGSTORE_ID_TOKEN; $RUN pysign-sign $FORMAT --timeout 1 $SIGN -m build.json",
            " --key $PYSIGN_SANDBOX/keys/",
            $key,
            ".pem ",
            $more,
            " >signed.json"
        )
    };
}

#[test]
fn sign_keeps_its_key() {
    const EC: &str = sign_with!("ec", "");
    check(&[
        way("dist", "", EC, 0),
        way("dist", "", sign_with!("open", ""), 0),
        way("dist", "", sign_with!("ed25519", "--emit release"), 0),
        way("dist", "rekor:echo=200", EC, 4),
        way("dist", "rekor:echo=400", EC, 5),
        way("dist", "rekor:other-entry", EC, 1),
        way("dist", "tsa:echo=500", EC, 4),
        way("dist", "", sign_with!("ec", "--token-file $PYSIGN_SANDBOX/tokens/push.jwt"), 2),
    ]);
}

#[test]
fn sign_keeps_a_key_that_it_refuses() {
    const DER: &str =
        "$RUN pysign-sign $FORMAT $SIGN -m build.json --key $PYSIGN_SANDBOX/keys/ec.der";
    check(&[
        way("dist", "", sign_with!("ed25519", ""), 2),
        way("dist", "", sign_with!("encrypted", ""), 3),
        way("dist", "", sign_with!("rsa", ""), 3),
        way("dist", "", sign_with!("sec1", ""), 3),
        way("dist", "", sign_with!("several", ""), 3),
        way("dist", "", sign_with!("cut", ""), 3),
        way("dist", "", DER, 3),
    ]);
}

const CUT: &str = "cut -c 1-300 $PYSIGN_SANDBOX/tokens/push.jwt | $RUN pysign-sign $FORMAT $SIGN -m build.json --token-file -";
const TWICE: &str = "cat $PYSIGN_SANDBOX/tokens/*.jwt | head -c 16000 | $RUN pysign-sign $FORMAT $SIGN -m build.json --token-file -";

/// Signing with a token that a CI system is asked for.
macro_rules! sign_as_a_job_of {
    ($system:literal) => {
        concat!(
            ". \"$PYSIGN_SANDBOX/systems/",
            $system,
            "\" && $RUN pysign-sign $FORMAT --timeout 1 $SIGN -m build.json >signed.json"
        )
    };
}

#[test]
fn sign_keeps_what_it_asks_a_ci_system_with() {
    const GITHUB: &str = sign_as_a_job_of!("github");
    const TELLS: &str =
        ". \"$PYSIGN_SANDBOX/systems/buildkite\" && mkdir ../bin && PATH=$PWD/../bin:$PATH
        printf '#!/bin/sh\\ncat $PYSIGN_SANDBOX/tokens/*.jwt >&2; exit 1' >../bin/buildkite-agent
        chmod +x ../bin/buildkite-agent
        $RUN pysign-sign $FORMAT --timeout 1 $SIGN -m build.json";
    check(&[
        way("dist", "", GITHUB, 0),
        way("dist", "", sign_as_a_job_of!("google"), 0),
        way("dist", "", sign_as_a_job_of!("buildkite"), 0),
        way("dist", "", sign_as_a_job_of!("circleci"), 0),
        way("dist", "", TELLS, 4),
        way("dist", "oidc/get:echo=200", GITHUB, 4),
        way("dist", "oidc/get:echo=400", GITHUB, 5),
        way("dist", "oidc/get:echo=500", GITHUB, 4),
        way("dist", "oidc/get:echo=302", GITHUB, 5),
        way("dist", "oidc/get:echo=500", sign_as_a_job_of!("google"), 4),
        way("dist", "fulcio:echo=400", GITHUB, 5),
    ]);
}

#[test]
fn sign_keeps_a_token_that_it_refuses() {
    const BAD: [(&str, i32); 6] = [
        ("expired", 5),
        ("other-audience", 5),
        ("email-unverified", 5),
        ("forged", 5),
        ("unknown-issuer", 5),
        ("private", 0),
    ];
    let ways: Vec<Way> = BAD
        .iter()
        .map(|(token, status)| {
            let script = format!(
                "$RUN pysign-sign $FORMAT $SIGN -m build.json --token-file $PYSIGN_SANDBOX/tokens/{token}.jwt"
            );
            way("dist", "", script.leak(), *status)
        })
        .collect();
    check(&ways);
    check(&[way("dist", "", CUT, 5), way("dist", "", TWICE, 5)]);
}

const PUBLISH: &str = "$RUN pysign-publish $FORMAT --timeout 1 -m signed.json --to gitlab";
const LEGACY: &str = "printf '__token__:%s' $PYSIGN_SANDBOX_TOKEN |
    $RUN pysign-publish $FORMAT --timeout 1 --allow-unsigned -m build.json --to legacy:$PYSIGN_SANDBOX_UPLOAD --token-file -";

#[test]
fn publish_keeps_its_tokens() {
    check(&[
        way("signed", "", PUBLISH, 0),
        way("signed", "pypi/post:echo=400", PUBLISH, 5),
        way("signed", "pypi/post:echo=500", PUBLISH, 4),
        way("signed", "pypi/post:echo=307", PUBLISH, 5),
        way("signed", "generic/put:echo=403", PUBLISH, 5),
        way("signed", "generic/put:echo=302", PUBLISH, 5),
        way("signed", "index:echo=500", PUBLISH, 4),
        way("signed", "index:echo=302", PUBLISH, 5),
        way("dist", "", LEGACY, 0),
        way("dist", "public/post:echo=400", LEGACY, 5),
        way("dist", "public/post:echo=307", LEGACY, 5),
    ]);
}

/// What was uploaded before anything went wrong.
const FETCH: &str = "$RUN pysign-fetch $FORMAT --timeout 1 -m published.json --index gitlab -o got";

#[test]
fn fetch_keeps_its_token() {
    check(&[
        way("uploaded", "", FETCH, 0),
        way("uploaded", "generic/get:echo=500", FETCH, 4),
        way("uploaded", "generic/get:echo=403", FETCH, 5),
        way("uploaded", "generic/get:echo=302", FETCH, 5),
        way("uploaded", "storage:echo=400", FETCH, 5),
    ]);
}

#[test]
fn verify_and_build_show_nothing_of_their_environment() {
    check(&[
        way(
            "signed",
            "",
            "$RUN pysign-verify $FORMAT -m signed.json $VERIFY $IDENTITY -o proven",
            0,
        ),
        way(
            "signed",
            "tuf:echo=500",
            "$RUN pysign-verify $FORMAT --timeout 1 -m signed.json $TUF $IDENTITY",
            4,
        ),
        way("project", "", "$RUN pysign-build $FORMAT . --isolate none -o out >build.json", 0),
    ]);
}
