use pysign_attest::samples::certificate;
use pysign_manifest::{Value, json};

use super::signer::Description;
use super::*;

const ALICE: (&str, &str) = ("alice@example.org", "https://login.example.org");
const BOB: (&str, &str) = ("bob@example.org", "https://login.example.org");

const KEYS: [&str; 2] = [
    "-----BEGIN PUBLIC KEY-----\n\
     MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfydnyPOHwdJg+NHhloN8cNJmKlt2\n\
     Z4h/1fLoUXnVnj8mtaGeNmfSFzXkZi8swkOm5MvfuubxeIccGRKGmjCw5A==\n\
     -----END PUBLIC KEY-----\n",
    "-----BEGIN PUBLIC KEY-----\n\
     MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELDye41J0Hkfa/mE9aPKZshfQdmas\n\
     5Jm4rqYTkeKTO+v0mVIW0VOhgSnQkTktMFmmg2D3Yt9tAUn7BxKhj7t59Q==\n\
     -----END PUBLIC KEY-----\n",
];

fn key(index: usize) -> PublicKey {
    PublicKey::from_pem(KEYS[index].as_bytes()).unwrap()
}

fn person((identity, issuer): (&str, &str)) -> Found {
    Found::Certificate(certificate(identity, issuer, &[]))
}

fn described(words: &[(&'static str, &str)]) -> Signer {
    let words = words.iter().map(|(word, value)| (*word, (*value).to_owned())).collect();
    Description { words, ..Description::default() }.signer().unwrap().unwrap()
}

fn named((identity, issuer): (&str, &str)) -> Signer {
    described(&[("identity", identity), ("issuer", issuer)])
}

fn policy(demands: Demands) -> Policy {
    Policy { demands, conditions: Conditions::default() }
}

/// A policy file with these entries, and what else must hold.
fn listed(projects: &Value, also: Option<Signer>, claims: &[(ClaimName, Text)]) -> Policy {
    let document = json!({"schema": "pysign-policy/1", "projects": projects}).to_string();
    let file = PolicyFile::parse(Path::new("policy.json"), document.as_bytes()).unwrap();
    policy(Demands::Listed { file, also, claims: claims.to_vec() })
}

/// The code of the refusal of a signer of `demo` 1.0.
fn code(policy: &Policy, found: &Found) -> &'static str {
    let artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
    let rule = policy.for_artifact(&artifact).unwrap();
    let accepted = rule.accepts_signer(Path::new("demo-1.0.tar.gz"), found);
    accepted.map_or_else(|failure| failure.problems().next().unwrap().facts().code, |()| "")
}

#[test]
fn the_signer_is_the_one_that_is_named() {
    let policy = policy(Demands::Signer(named(ALICE)));
    assert_eq!(code(&policy, &person(ALICE)), "");
    assert_eq!(code(&policy, &person(BOB)), "identity-mismatch");
    assert_eq!(code(&policy, &Found::Key(key(0))), "signer-kind");
}

#[test]
fn a_key_is_itself_and_no_certificate() {
    let policy = policy(Demands::Signer(Signer::Key(key(0))));
    assert_eq!(code(&policy, &Found::Key(key(0))), "");
    assert_eq!(code(&policy, &Found::Key(key(1))), "signer-kind");
    assert_eq!(code(&policy, &person(ALICE)), "signer-kind");
    let artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
    let rule = policy.for_artifact(&artifact).unwrap();
    assert_eq!(rule.keys().collect::<Vec<_>>(), [&key(0)]);
}

fn signer((identity, issuer): (&str, &str)) -> Value {
    json!({"identity": identity, "issuer": issuer})
}

#[test]
fn one_of_the_listed_signers_is_enough() {
    let all =
        json!([{"project": "demo", "signers": [signer(ALICE), signer(BOB), {"key": KEYS[0]}]}]);
    let policy = listed(&all, None, &[]);
    for found in [person(ALICE), person(BOB), Found::Key(key(0))] {
        assert_eq!(code(&policy, &found), "");
    }
    for found in [person(("eve@example.org", ALICE.1)), Found::Key(key(1))] {
        assert_eq!(code(&policy, &found), "signer-unlisted");
    }
    let alone = listed(&json!([{"project": "demo", "signers": [signer(ALICE)]}]), None, &[]);
    assert_eq!(code(&alone, &person(ALICE)), "");
    assert_eq!(code(&alone, &person(BOB)), "identity-mismatch");
}

#[test]
fn who_is_listed_for_another_project_may_not_sign_this_one() {
    let entries = json!([
        {"project": "demo", "signers": [signer(ALICE)]},
        {"project": "*", "signers": [signer(BOB)]},
    ]);
    assert_eq!(code(&listed(&entries, None, &[]), &person(BOB)), "identity-mismatch");
}

#[test]
fn a_signer_that_is_not_listed_is_named_with_all_that_tells_it_apart_and_never_hinted() {
    let all = json!([{"project": "demo", "signers": [signer(ALICE), signer(BOB)]}]);
    let policy = listed(&all, None, &[]);
    let artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
    let identity = "https://gitlab.com/eve/demo//.gitlab-ci.yml@refs/tags/v1";
    let source = "https://gitlab.com/eve/demo";
    let claims = [("source-repository-uri", source), ("build-trigger", "merge_request_event")];
    let found = Found::Certificate(certificate(identity, "https://gitlab.com", &claims));
    let rule = policy.for_artifact(&artifact).unwrap();
    let failure = rule.accepts_signer(Path::new("demo-1.0.tar.gz"), &found).unwrap_err();
    let problem = failure.problems().next().unwrap();
    let facts = problem.facts();
    assert_eq!(facts.hint, None);
    let evidence = facts.evidence.unwrap();
    assert_eq!(evidence.expected, "alice@example.org; or bob@example.org");
    assert_eq!(
        evidence.found,
        format!(
            "{identity} of https://gitlab.com, source-repository-uri {source}, build-trigger \
             merge_request_event"
        )
    );
}

#[test]
fn a_policy_file_hints_no_ref_either() {
    let all = json!([{"project": "demo", "signers": [
        {"gitlab": "acme/demo", "ref": "refs/tags/v1.0"}]}]);
    let policy = listed(&all, None, &[]);
    let artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
    let identity = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.1";
    let claims = [
        ("source-repository-uri", "https://gitlab.com/acme/demo"),
        ("source-repository-ref", "refs/tags/v1.1"),
        ("build-trigger", "push"),
    ];
    let found = Found::Certificate(certificate(identity, "https://gitlab.com", &claims));
    let rule = policy.for_artifact(&artifact).unwrap();
    let failure = rule.accepts_signer(Path::new("demo-1.0.tar.gz"), &found).unwrap_err();
    let facts = failure.problems().next().unwrap().facts();
    assert_eq!((facts.code, facts.hint), ("identity-mismatch", None));
}

#[test]
fn the_command_line_narrows_a_policy_file() {
    let all =
        json!([{"project": "demo", "signers": [signer(ALICE), signer(BOB), {"key": KEYS[0]}]}]);
    let narrowed = listed(&all, Some(named(ALICE)), &[]);
    assert_eq!(code(&narrowed, &person(ALICE)), "");
    assert_eq!(code(&narrowed, &person(BOB)), "identity-mismatch");
    assert_eq!(code(&narrowed, &Found::Key(key(0))), "signer-kind");
    let push = [(ClaimName::TRIGGER, Text::exact("push"))];
    let claimed = listed(&all, None, &push);
    let by = |claims| Found::Certificate(certificate(ALICE.0, ALICE.1, claims));
    assert_eq!(code(&claimed, &by(&[("build-trigger", "push")])), "");
    for found in [by(&[("build-trigger", "web")]), by(&[]), Found::Key(key(0))] {
        assert_eq!(code(&claimed, &found), "signer-unlisted");
    }
}

#[test]
fn a_pin_is_for_these_bytes_of_this_project() {
    let pinned = Sha256::of(b"abc");
    let entries = json!([
        {"project": "demo", "sha256": [pinned.to_string()]},
        {"project": "other", "signers": [signer(ALICE)]},
    ]);
    let policy = listed(&entries, None, &[]);
    let pins = |name, sha256| {
        policy.for_artifact(&Artifact::named(name).unwrap()).unwrap().pinned(&sha256).is_some()
    };
    assert!(pins("demo-1.0.tar.gz", pinned));
    assert!(!pins("demo-1.0.tar.gz", Sha256::of(b"abd")));
    assert!(!pins("other-1.0.tar.gz", pinned));
    // A pin names no signer: a signature that is there all the same is nobody's.
    assert_eq!(code(&policy, &person(ALICE)), "signer-unlisted");
}

#[test]
fn a_claim_of_the_command_line_widens_no_policy_file() {
    let identity = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main";
    let by = |source: &str, trigger: &str| {
        let claims = [
            ("source-repository-uri", source),
            ("source-repository-ref", "refs/heads/main"),
            ("build-trigger", trigger),
        ];
        Found::Certificate(certificate(identity, "https://gitlab.com", &claims))
    };
    let claim = |name: &str, value: &str| (name.parse().unwrap(), Text::exact(value));
    let own = "https://gitlab.com/acme/demo";
    // The usual triggers stay those of the file's preset.
    let preset = json!([{"project": "demo", "signers": [
        {"gitlab": "acme/demo", "ref": "refs/heads/main"}]}]);
    let (push, merge) = (claim("build-trigger", "push"), claim("build-trigger", "merge"));
    assert_eq!(code(&listed(&preset, None, std::slice::from_ref(&push)), &by(own, "push")), "");
    assert_eq!(code(&listed(&preset, None, &[push]), &by(own, "web")), "claim-mismatch");
    assert_eq!(code(&listed(&preset, None, &[merge]), &by(own, "merge")), "claim-mismatch");
    // And the source is the signer's own where the file names no other.
    let fork = "https://gitlab.com/fork/demo";
    let named = json!([{"project": "demo", "signers": [signer((identity, "https://gitlab.com"))]}]);
    let (here, there) = (claim("source-repository-uri", own), claim("source-repository-uri", fork));
    assert_eq!(code(&listed(&named, None, &[here]), &by(own, "push")), "");
    assert_ne!(code(&listed(&named, None, &[there]), &by(fork, "push")), "");
}

#[test]
fn a_pin_is_not_enough_where_the_command_line_asks_for_signatures() {
    let pinned = Sha256::of(b"abc");
    let entries = json!([{"project": "demo", "sha256": [pinned.to_string()]}]);
    let pins = |policy: &Policy| {
        let artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
        policy.for_artifact(&artifact).unwrap().pinned(&pinned).is_some()
    };
    let plain = listed(&entries, None, &[]);
    assert!(pins(&plain));
    assert!(!pins(&listed(&entries, Some(named(ALICE)), &[])));
    assert!(!pins(&listed(&entries, None, &[(ClaimName::TRIGGER, Text::exact("push"))])));
    let under = |conditions| Policy { conditions, ..plain.clone() };
    let time = Some("2026-01-01T00:00:00Z".parse().unwrap());
    let none = Conditions::default;
    assert!(!pins(&under(Conditions { after: time, ..none() })));
    assert!(!pins(&under(Conditions { before: time, ..none() })));
    assert!(!pins(&under(Conditions { require_tsa: true, ..none() })));
    assert!(!pins(&under(Conditions { predicate_types: vec!["t".to_owned()], ..none() })));
    // What is not about signatures holds for a pinned file as for any other.
    let project = Some(("demo".parse().unwrap(), "1.0".parse().unwrap()));
    assert!(pins(&under(Conditions { project, ..none() })));
}

#[test]
fn a_tag_follows_the_version_of_each_file() {
    let signer = described(&[("gitlab", "acme/demo"), ("ref", "refs/tags/v{version}")]);
    let policy = policy(Demands::Signer(signer));
    let claims = [
        ("source-repository-uri", "https://gitlab.com/acme/demo"),
        ("source-repository-ref", "refs/tags/v1.0"),
        ("build-trigger", "push"),
    ];
    let identity = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.0";
    let found = Found::Certificate(certificate(identity, "https://gitlab.com", &claims));
    let code = |name: &str| {
        let artifact = Artifact::named(name).unwrap();
        let accepted =
            policy.for_artifact(&artifact).unwrap().accepts_signer(Path::new(name), &found);
        accepted.map_or_else(|failure| failure.problems().next().unwrap().facts().code, |()| "")
    };
    assert_eq!(code("demo-1.0.tar.gz"), "");
    assert_eq!(code("demo-2.0.tar.gz"), "identity-mismatch");
    assert_eq!(code("demo-1.0.0.tar.gz"), "identity-mismatch");
    assert_eq!(code("notes.txt"), "version-missing");
}

/// The codes of what a file with these proven signatures lacks.
fn missing(policy: &Policy, proven: &[(SignatureKind, Option<&Statement>)]) -> Vec<&'static str> {
    let artifact = Artifact::named("demo-1.0.tar.gz").unwrap();
    let rule = policy.for_artifact(&artifact).unwrap();
    match rule.satisfied(Path::new("demo-1.0.tar.gz"), proven) {
        Ok(()) => Vec::new(),
        Err(failure) => failure.problems().map(|problem| problem.facts().code).collect(),
    }
}

fn statement(predicate_type: &str) -> Statement {
    let predicate_type = predicate_type.to_owned();
    Statement { predicate_type, subjects: Vec::new(), predicate: json!({}) }
}

#[test]
fn every_requirement_is_met() {
    let entry = json!([{"project": "demo", "signers": [signer(ALICE)],
                        "require": ["bundle", "https://slsa.dev/provenance/v1"]}]);
    let policy = listed(&entry, None, &[]);
    let (slsa, other) =
        (statement("https://slsa.dev/provenance/v1"), statement("https://x.example"));
    let bundle = (SignatureKind::Bundle, None);
    let provenance = (SignatureKind::Statement, Some(&slsa));
    assert!(missing(&policy, &[bundle, provenance]).is_empty());
    assert_eq!(missing(&policy, &[provenance]), ["signature-kind-missing"]);
    assert_eq!(missing(&policy, &[bundle]), ["predicate-missing"]);
    let wrong = (SignatureKind::Statement, Some(&other));
    assert_eq!(missing(&policy, &[bundle, wrong]), ["predicate-missing"]);
    assert_eq!(missing(&policy, &[]).len(), 2);
}

#[test]
fn a_predicate_type_that_is_asked_for_is_proven() {
    let mut policy = policy(Demands::Signer(named(ALICE)));
    policy.conditions.predicate_types = vec!["a:b".to_owned(), "c:d".to_owned()];
    let (one, other) = (statement("a:b"), statement("c:d"));
    let by = |statement| (SignatureKind::Attestation, Some(statement));
    assert!(missing(&policy, &[by(&one), by(&other)]).is_empty());
    assert_eq!(missing(&policy, &[by(&one)]), ["predicate-missing"]);
}
