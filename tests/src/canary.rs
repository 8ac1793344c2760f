//! Secrets stay where they belong. Each program that is given one runs at its most talkative, goes
//! well and fails in every way that involves a secret, with services that repeat what they were
//! sent; and no piece of a secret is on standard output, standard error, in any file that the run
//! leaves, in a temporary one, or in the arguments of any process.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::golden::furnish;
use crate::place::{Place, names_below};

/// What is looked for: each piece of this length of a secret, as it is, in base64 and in an address.
const PIECE: usize = 14;

/// The pieces of the secrets of one place.
struct Canaries {
    pieces: HashSet<Vec<u8>>,
    /// Whose they are, for the report.
    names: Vec<(String, String)>,
}

impl Canaries {
    fn new(secrets: &[(String, String)]) -> Self {
        let mut canaries = Self { pieces: HashSet::new(), names: secrets.to_vec() };
        for (_, secret) in secrets {
            canaries.add(secret.trim().as_bytes());
        }
        canaries
    }

    fn add(&mut self, secret: &[u8]) {
        assert!(secret.len() >= PIECE);
        let mut forms = vec![secret.to_vec(), percent(secret).into_bytes()];
        // In base64 a text looks in three ways, by where in the whole it begins; its first and last
        // characters depend on what is around it.
        for before in 0..3 {
            let whole = [&[b' '; 3][..before], secret].concat();
            for encoded in [STANDARD.encode(&whole), URL_SAFE_NO_PAD.encode(&whole)] {
                let inner = encoded.as_bytes().get(4..encoded.len() - 4);
                forms.push(inner.unwrap_or_default().to_vec());
            }
        }
        let pieces = forms.iter().flat_map(|form| form.windows(PIECE)).map(<[u8]>::to_vec);
        self.pieces.extend(pieces);
    }

    /// The first piece that `bytes` holds.
    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let found = bytes.windows(PIECE).find(|window| self.pieces.contains(*window))?;
        let text = String::from_utf8_lossy(found).into_owned();
        let whose = self.names.iter().find(|(_, secret)| secret.contains(&text));
        Some(format!("'{text}' of {}", whose.map_or("an encoded secret", |(name, _)| name)))
    }
}

fn percent(bytes: &[u8]) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encode = |byte: &u8| {
        if is_plain(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    bytes.iter().map(encode).collect()
}

/// The secrets that the sandbox and the job have: all tokens for scripts, and the variables.
fn secrets(place: &Place) -> Vec<(String, String)> {
    let mut secrets = Vec::new();
    for path in names_below(&place.sandbox.directory().join("tokens")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        secrets.extend(of_token(&name, &fs::read_to_string(&path).unwrap()));
    }
    secrets.extend(of_token("the job's token", &place.ok("printenv SIGSTORE_ID_TOKEN")));
    let asking = "grep -o 'REQUEST_TOKEN=[^ ]*' $PYSIGN_SANDBOX/systems/github | cut -d = -f 2";
    secrets.push(("what a job asks GitHub with".to_owned(), place.ok(asking)));
    // All begin alike, those that are made for a run as well.
    let job = place.ok("printenv SIGSTORE_ID_TOKEN");
    secrets.push(("any token".to_owned(), job.split('.').next().unwrap().to_owned()));
    for name in ["CI_JOB_TOKEN", "PYSIGN_SANDBOX_TOKEN"] {
        secrets.push((name.to_owned(), place.ok(&format!("printenv {name}"))));
    }
    secrets
}

/// Of a JSON Web Token the signature is the secret. What the token says is in the certificate, too,
/// and looks there like a piece of it; that it was shown is told by what is around its dots.
fn of_token(name: &str, token: &str) -> Vec<(String, String)> {
    const AROUND: usize = 8;
    let parts: Vec<&str> = token.trim().split('.').collect();
    let joints = parts.windows(2).map(|pair| {
        let end = pair[0].get(pair[0].len() - AROUND..).unwrap();
        format!("{end}.{}", pair[1].get(..AROUND).unwrap())
    });
    let signature = parts[2].to_owned();
    joints.chain([signature]).map(|secret| (name.to_owned(), secret)).collect()
}

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
        let canaries = Canaries::new(&secrets(&place));
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

/// What the rest of the module relies on.
#[test]
fn a_piece_of_a_secret_is_found_in_every_form() {
    let secret = "glcbt-0123456789abcdef/+";
    let canaries = Canaries::new(&[("one".to_owned(), secret.to_owned())]);
    for text in [
        format!("token={secret};"),
        secret.get(5..20).unwrap().to_owned(),
        STANDARD.encode(format!("user:{secret}")),
        STANDARD.encode(format!("a:{secret}")),
        URL_SAFE_NO_PAD.encode(format!("__token__:{secret}!")),
        percent(secret.as_bytes()),
    ] {
        assert!(canaries.found_in(text.as_bytes()).is_some(), "{text}");
    }
    assert_eq!(canaries.found_in(b"glcbt-0123456 and nothing more of it"), None);
}
