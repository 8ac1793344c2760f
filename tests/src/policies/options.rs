//! Every option of a policy decides by itself: with one value a good file is accepted, with another
//! it is refused, and nothing else is different. An option without such values here fails the test.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;

use pysign_cli::Tool as _;
use pysign_sandbox::{Forge, Forged, KeyKind, Leaf, TokenClaims};
use serde_json::{Value, json};

use super::{GITHUB, GITLAB, GOOD, MAIN, leaf, push};
use crate::golden::furnish;
use crate::place::Place;

/// Options that say what is verified, whom to trust and where things are; each is tested elsewhere.
const NO_POLICY: [&str; 18] = [
    "bundle",
    "cacert",
    "certificate",
    "digest",
    "dry-run",
    "force",
    "jobs",
    "manifest",
    "offline",
    "output",
    "rekor-url",
    "signature",
    "staging",
    "timeout",
    "trusted-root",
    "tuf-root",
    "tuf-url",
    "verbose",
];

/// What an option can make of one command: `{}` is where the values go, of which the first is
/// accepted and the second refused.
struct Row {
    flag: &'static str,
    command: String,
    values: [&'static str; 2],
}

fn row(flag: &'static str, command: &str, values: [&'static str; 2]) -> Row {
    Row { flag, command: command.to_owned(), values }
}

const WHEEL: &str = "dist/demo_offline-1.0.0-py3-none-any.whl";
const SDIST: &str = "dist/demo_offline-1.0.0.tar.gz";
const ISSUER: &str = "https://gitlab.com";
const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

/// The options of one name and its issuer, in each spelling: ours, sigstore-python's and cosign's.
fn names() -> Vec<Row> {
    let spellings = [
        ["identity", "identity-regexp", "issuer", "issuer-regexp"],
        ["cert-identity", "identity-regexp", "cert-oidc-issuer", "issuer-regexp"],
        [
            "certificate-identity",
            "certificate-identity-regexp",
            "certificate-oidc-issuer",
            "certificate-oidc-issuer-regexp",
        ],
    ];
    let of = |[identity, identity_regexp, issuer, issuer_regexp]: [&'static str; 4]| {
        let named = format!("--{identity} {GOOD}");
        let vouched = format!("--{issuer} {ISSUER}");
        let option = |flag, rest: &str, values| {
            row(flag, &format!("--{flag} {{}} {rest} --bundle com.json file"), values)
        };
        let demo = r"'https://gitlab\.com/acme/demo//.*'";
        let other = r"'https://gitlab\.com/acme/other//.*'";
        let either = r"'https://gitlab\.(com|org)'";
        [
            option(identity, &vouched, [GOOD, "https://gitlab.com/x"]),
            option(identity_regexp, &vouched, [demo, other]),
            option(issuer, &named, [ISSUER, "https://gitlab.org"]),
            option(issuer_regexp, &named, [either, r"'https://gitlab\.org'"]),
        ]
    };
    spellings.into_iter().flat_map(of).collect()
}

fn presets() -> Vec<Row> {
    let gitlab = format!("--gitlab {{}} {MAIN} --issuer $CI_SERVER_URL");
    let github = format!("--github {{}} {MAIN} --issuer $CI_SERVER_URL/github");
    let plain = "--bundle plain.json file";
    let hub = "--bundle github.json file";
    let here = "https://$CI_SERVER_FQDN/acme/demo";
    vec![
        row("gitlab", &format!("{gitlab} {plain}"), [here, "acme/demo"]),
        row("github", &format!("{github} {hub}"), ["acme/demo", "acme/other"]),
        row("ref", &format!("{GITLAB} --ref {{}} {plain}"), ["refs/heads/main", "refs/tags/main"]),
        row(
            "config",
            &format!("{GITLAB} {MAIN} --config {{}} {plain}"),
            [".gitlab-ci.yml", "ci.yml"],
        ),
        row(
            "workflow",
            &format!("{GITHUB} {MAIN} --workflow {{}} {hub}"),
            ["release.yml", "test.yml"],
        ),
        row(
            "claim",
            &format!("{GITLAB} {MAIN} --claim {{}} {plain}"),
            ["runner-environment=gitlab-hosted", "runner-environment=self-hosted"],
        ),
    ]
}

/// What narrows a policy, or is one without a name.
fn conditions() -> Vec<Row> {
    let named = format!("{GITLAB} {MAIN}");
    let of = |flag: &str, rest: &str| format!("{named} --{flag} {{}} {rest}");
    vec![
        row("key", "--key {} --bundle key.json file", ["key.pub", "other.pub"]),
        row("policy", "--policy {} --bundle com.json file", ["good.policy", "bad.policy"]),
        row(
            "signed-after",
            &of("signed-after", "--bundle plain.json file"),
            ["2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"],
        ),
        row(
            "signed-before",
            &of("signed-before", "--bundle plain.json file"),
            ["2999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"],
        ),
        row(
            "require-tsa",
            &format!("{named} --require-tsa --bundle {{}} file"),
            ["stamped.json", "plain.json"],
        ),
        row("project", &of("project", WHEEL), ["demo-offline==1.0.0", "demo-offline==2.0.0"]),
        row(
            "predicate-type",
            &of("predicate-type", WHEEL),
            [PUBLISH, "https://slsa.dev/provenance/v1"],
        ),
        row("only", &of("only", WHEEL), ["attestation", "pair"]),
        row("complete", &format!("{named} --complete {{}}"), ["dist", WHEEL]),
    ]
}

/// The files that the commands name.
fn prepare(place: &Place) {
    furnish(place, "dist");
    let work = place.work();
    let put = |name: &str, text: String| fs::write(work.join(name), text).unwrap();
    let make = |forge: Forge| place.sandbox.forge(&forge).unwrap();
    let write = |name: &str, value: Value| put(name, value.to_string());
    let bundle = |name: &str, forged: &Forged| write(name, forged.bundle().unwrap());
    put("file", "file\n".to_owned());
    let file = || Forge::file(b"file\n");
    bundle("plain.json", &make(file().token(push())));
    bundle("stamped.json", &make(file().token(push()).timestamps(1)));
    bundle("com.json", &make(file().certificate(leaf().on_gitlab_com())));
    bundle(
        "github.json",
        &make(file().certificate(Leaf::of(TokenClaims::github().branch("main")))),
    );
    let key = make(file().key(KeyKind::P256));
    bundle("key.json", &key);
    put("key.pub", key.public_key().unwrap());
    put("other.pub", make(file().key(KeyKind::P256)).public_key().unwrap());
    for (name, identity) in [("good.policy", GOOD), ("bad.policy", "https://gitlab.com/x")] {
        let signers = json!([{"identity": identity, "issuer": ISSUER}]);
        let files = json!([{"file": "*", "signers": signers}]);
        write(name, json!({"schema": "pysign-policy/1", "projects": files}));
    }
    let bytes = |path: &str| fs::read(work.join(path)).unwrap();
    let name = |path: &str| path.trim_start_matches("dist/").to_owned();
    for path in [WHEEL, SDIST] {
        let attestation = make(Forge::publish_attestation(&name(path), &bytes(path)));
        write(&format!("{path}.publish.attestation"), attestation.attestation().unwrap());
    }
    let subjects = [WHEEL, SDIST].map(|path| {
        let digest = pysign_host::Sha256::of(&bytes(path)).to_string();
        json!({"digest": {"sha256": digest}, "name": name(path)})
    });
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "predicate": {},
        "predicateType": "https://in-toto.io/attestation/release/v0.2",
        "subject": subjects,
    });
    let release = make(Forge::statement(&statement.to_string()));
    bundle("dist/demo-offline-1.0.0.release.sigstore.json", &release);
}

/// What is wrong with how a command ends.
fn difference(place: &Place, command: &str, expected: i32) -> Option<String> {
    let output = place.sh(&format!("pysign-verify $VERIFY {command}"));
    let status = output.status.code();
    let stderr = String::from_utf8_lossy(&output.stderr);
    (status != Some(expected))
        .then(|| format!("{command}: expected {expected}: {status:?}\n{stderr}"))
}

#[test]
fn every_option_alone_can_refuse() {
    let rows: Vec<Row> = names().into_iter().chain(presets()).chain(conditions()).collect();
    let tried: BTreeSet<&str> = rows.iter().map(|row| row.flag).collect();
    let flags = pysign_verify::Verify::SPEC.flags;
    let policy: BTreeSet<&str> =
        flags.iter().map(|flag| flag.name).filter(|name| !NO_POLICY.contains(name)).collect();
    assert_eq!(tried, policy, "an option that is tried, and one that there is");

    let place = Place::new();
    prepare(&place);
    let (mut decisive, mut report) = (0, String::new());
    for Row { flag, command, values: [good, bad] } in &rows {
        let option = format!("--{flag} ");
        assert!(command.contains(&option), "{command}");
        let mut wrong = vec![
            difference(&place, &command.replace("{}", good), 0),
            difference(&place, &command.replace("{}", bad), 1),
        ];
        if flags.iter().any(|known| known.name == *flag && known.value.is_none()) {
            // It has no value: without it, what it refuses is good.
            let without = command.replace(&option, "").replace("{}", bad);
            wrong.push(difference(&place, &without, 0));
        }
        decisive += usize::from(wrong.iter().all(Option::is_none));
        for wrong in wrong.iter().flatten() {
            let _ = writeln!(report, "== --{flag}: {wrong}");
        }
    }
    // Straight to the stream: what a test prints otherwise is shown only if it fails.
    let _ = writeln!(std::io::stderr(), "options: {decisive}/{}", rows.len());
    assert!(report.is_empty(), "\n{report}");
}
