use pysign_attest::samples::certificate;
use pysign_host::Problem as _;

use super::*;

const GITLAB: &str = "https://gitlab.com";
const SIGNER: &str = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/tags/v1.0";
const CLAIMS: [(&str, &str); 3] = [
    ("source-repository-uri", "https://gitlab.com/acme/demo"),
    ("source-repository-ref", "refs/tags/v1.0"),
    ("build-trigger", "push"),
];

fn signer() -> Certificate {
    certificate(SIGNER, GITLAB, &CLAIMS)
}

fn expected() -> Expected {
    Expected::new(Text::exact(SIGNER), Text::exact(GITLAB))
}

/// The code of the refusal, what was expected and found. There never is a hint.
fn refusal(expected: &Expected, certificate: &Certificate) -> [String; 3] {
    let error = expected.check(Path::new("a.txt"), certificate).unwrap_err();
    let facts = error.facts();
    let evidence = facts.evidence.unwrap();
    assert_eq!(facts.hint, None);
    [facts.code.to_owned(), evidence.expected, evidence.found]
}

#[test]
fn another_identity_is_refused_and_named() {
    assert!(expected().check(Path::new("a.txt"), &signer()).is_ok());
    let branch = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main";
    let other = certificate(branch, GITLAB, &CLAIMS);
    assert_eq!(refusal(&expected(), &other), ["identity-mismatch", SIGNER, branch]);
}

#[test]
fn an_identity_of_another_issuer_is_anyone() {
    let issuer = "https://gitlab.example";
    let other = certificate(SIGNER, issuer, &CLAIMS);
    assert_eq!(refusal(&expected(), &other), ["issuer-mismatch", GITLAB, issuer]);
}

#[test]
fn a_refusal_names_all_that_was_found_and_never_a_way_to_accept_it() {
    let other = certificate("eve@example.org", "https://login.example.org", &[]);
    assert_eq!(
        refusal(&expected().with_claim(ClaimName::TRIGGER, Text::exact("push")), &other),
        [
            "identity-mismatch",
            &format!("identity {SIGNER}, issuer {GITLAB}, build-trigger push"),
            "identity eve@example.org, issuer https://login.example.org, build-trigger nothing"
        ]
    );
}

#[test]
fn a_pipeline_has_one_of_its_usual_triggers_unless_a_claim_names_another() {
    let github = "https://github.com/acme/demo/.github/workflows/x.yml@refs/heads/main";
    let buildkite = "https://buildkite.com/acme/demo";
    for (identity, name, trigger, accepted) in [
        (SIGNER, "build-trigger", "push", true),
        (SIGNER, "build-trigger", "schedule", true),
        (SIGNER, "build-trigger", "merge_request_event", false),
        (SIGNER, "build-trigger", "parent_pipeline", false),
        (SIGNER, "build-trigger", "release", false),
        (SIGNER, "build-signer-digest", "push", false),
        (github, "build-trigger", "release", true),
        (github, "build-trigger", "pull_request", false),
        (github, "build-trigger", "web", false),
        // Before Fulcio 1.0 there was only GitHub's own name for it.
        (github, "github-workflow-trigger", "push", true),
        (github, "github-workflow-trigger", "pull_request_target", false),
        (github, "build-signer-digest", "push", true),
        (
            "https://gitlab.com/acme/demo//.github/workflows/x@refs/heads/main",
            "build-signer-digest",
            "push",
            false,
        ),
        (buildkite, "build-trigger", "ui", true),
        ("https://h/a//b", "build-trigger", "ui", true),
        ("dev@example.org", "build-trigger", "pull_request", true),
    ] {
        let found = certificate(identity, GITLAB, &[(name, trigger)]);
        let expressions = "https://(gitlab|github)\\.com/acme/.*|https://(buildkite.com/acme/demo|h/a//b)|dev@example.org";
        for identity in [Text::exact(identity), Text::Regexp(expressions.parse().unwrap())] {
            let expected = Expected::new(identity, Text::exact(GITLAB));
            let refused =
                expected.check(Path::new("a.txt"), &found).map_err(|why| why.facts().code);
            let wanted = if accepted { Ok(()) } else { Err("claim-mismatch") };
            assert_eq!(refused, wanted, "{name}={trigger}");
            let named = expected.with_claim(name.parse().unwrap(), Text::exact(trigger));
            let is_trigger = name == "build-trigger";
            assert_eq!(named.mismatches(&found).is_empty(), accepted || is_trigger, "{trigger}");
        }
    }
    // Whoever signs knows its own trigger.
    let request = certificate(SIGNER, GITLAB, &[("build-trigger", "merge_request_event")]);
    assert!(Expected::exact(SIGNER, GITLAB).mismatches(&request).is_empty());
}

#[test]
fn a_claim_is_there_and_is_this() {
    let trigger = |value| expected().with_claim(ClaimName::TRIGGER, Text::exact(value));
    assert!(trigger("push").check(Path::new("a.txt"), &signer()).is_ok());
    assert_eq!(refusal(&trigger("web"), &signer()), ["claim-mismatch", "web", "push"]);
    let without = certificate(SIGNER, GITLAB, &CLAIMS[..2]);
    assert_eq!(refusal(&trigger("push"), &without), ["claim-mismatch", "push", "nothing"]);
}

#[test]
fn the_issuer_is_a_claim_too() {
    let claim = |value| expected().with_claim("issuer".parse().unwrap(), Text::exact(value));
    assert!(claim(GITLAB).check(Path::new("a.txt"), &signer()).is_ok());
    assert_eq!(refusal(&claim("https://x.example"), &signer())[0], "claim-mismatch");
}

#[test]
fn regular_expressions_see_whole_values() {
    let regexp = |pattern: &str| Text::Regexp(pattern.parse().unwrap());
    let gitlab = regexp("https://gitlab\\.com/acme/.*");
    let expected = Expected::new(gitlab, regexp("https://gitlab\\.com"));
    assert!(expected.check(Path::new("a.txt"), &signer()).is_ok());
    let evil = format!("https://evil.example/?x={SIGNER}");
    let evil = certificate(&evil, GITLAB, &CLAIMS);
    let [code, wanted, _] = refusal(&Expected { usual: false, ..expected.clone() }, &evil);
    assert_eq!(code, "identity-mismatch");
    let part = "(it must match the whole value, not a part of it)";
    assert_eq!(wanted, format!("/https://gitlab\\.com/acme/.*/ {part}"));
    let issuer = "https://gitlab.com.evil.example";
    assert_eq!(refusal(&expected, &certificate(SIGNER, issuer, &[]))[0], "issuer-mismatch");
}

#[test]
fn a_pipeline_of_another_repository_than_the_built_one_is_refused_unless_that_is_named() {
    let reusable = "https://github.com/acme/workflows/.github/workflows/release.yml@refs/tags/v1";
    let github = "https://token.actions.githubusercontent.com";
    let called = certificate(
        reusable,
        github,
        &[
            ("source-repository-uri", "https://github.com/evil/demo"),
            ("source-repository-identifier", "7"),
            ("build-trigger", "push"),
        ],
    );
    let expected = || Expected::new(Text::exact(reusable), Text::exact(github));
    let repository = format!("the repository of the pipeline {reusable}");
    assert_eq!(
        refusal(&expected(), &called),
        ["source-mismatch", &repository, "https://github.com/evil/demo"]
    );
    let named = |name: &str, value| {
        let expected = expected().with_claim(name.parse().unwrap(), Text::exact(value));
        expected.check(Path::new("a.txt"), &called).map_err(|error| error.facts().code)
    };
    assert_eq!(named("source-repository-uri", "https://github.com/evil/demo"), Ok(()));
    assert_eq!(named("source-repository-identifier", "7"), Ok(()));
    assert_eq!(
        named("source-repository-uri", "https://github.com/acme/demo"),
        Err("claim-mismatch")
    );
    assert_eq!(named("issuer", github), Err("source-mismatch"));
    // Whoever signs compares with a token, and calls what it likes.
    assert!(Expected::exact(reusable, github).check(Path::new("a.txt"), &called).is_ok());
}

#[test]
fn a_repository_is_not_another_one_whose_name_begins_alike() {
    for (identity, source, own) in [
        ("https://h/acme/demo//x.yml@refs/heads/main", "https://h/acme/demo", true),
        (
            "https://h/acme/demo/.github/workflows/x.yml@refs/heads/main",
            "https://h/acme/demo",
            true,
        ),
        ("https://h/acme/demo//x.yml@refs/heads/main", "https://h/acme/dem", false),
        ("https://h/acme/demo/sub//x.yml@refs/heads/main", "https://h/acme/demo", false),
        ("https://h/acme/demo//x.yml@refs/heads/main", "https://h/fork/demo", false),
        ("https://h/acme/demo//x.yml@refs/heads/main", "", false),
        ("https://h/acme/demo/x", "https://h/acme/demo", false),
        ("dev@example.org", "https://h/acme/demo", false),
    ] {
        let certificate = certificate(
            identity,
            GITLAB,
            &[("source-repository-uri", source), ("build-trigger", "push")],
        );
        let expected = Expected::new(Text::exact(identity), Text::exact(GITLAB));
        assert_eq!(expected.mismatches(&certificate).is_empty(), own, "{identity} {source}");
    }
}

#[test]
fn the_repository_of_an_old_github_certificate_counts_alike() {
    let identity = "https://github.com/acme/demo/.github/workflows/x.yml@refs/tags/v1";
    let expected = Expected::new(Text::exact(identity), Text::exact("https://i.example"));
    for (source, own) in [("acme/demo", true), ("evil/demo", false)] {
        let claims = [("github-workflow-repository", source), ("github-workflow-trigger", "push")];
        let certificate = certificate(identity, "https://i.example", &claims);
        assert_eq!(expected.mismatches(&certificate).is_empty(), own, "{source}");
    }
}

#[test]
fn a_person_is_of_no_repository() {
    let person = certificate("dev@example.org", "https://login.example.org", &[]);
    let expected =
        Expected::new(Text::exact("dev@example.org"), Text::exact("https://login.example.org"));
    assert!(expected.check(Path::new("a.txt"), &person).is_ok());
}
