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

/// The code of the refusal, what was expected and found, and the hint.
fn refusal(expected: &Expected, certificate: &Certificate) -> [String; 4] {
    let error = expected.check(Path::new("a.txt"), certificate).unwrap_err();
    let evidence = error.evidence().unwrap();
    let hint = error.hint().unwrap_or_default();
    [error.code().to_owned(), evidence.expected, evidence.found, hint]
}

#[test]
fn another_identity_is_refused_and_named() {
    assert!(expected().check(Path::new("a.txt"), &signer()).is_ok());
    let branch = "https://gitlab.com/acme/demo//.gitlab-ci.yml@refs/heads/main";
    let other = certificate(branch, GITLAB, &CLAIMS);
    assert_eq!(
        refusal(&expected(), &other),
        ["identity-mismatch", SIGNER, branch, &format!("to accept it: --identity '{branch}'")]
    );
}

#[test]
fn an_identity_of_another_issuer_is_anyone() {
    let other = certificate(SIGNER, "https://gitlab.example", &CLAIMS);
    let hint = "to accept it: --issuer 'https://gitlab.example'";
    assert_eq!(
        refusal(&expected(), &other),
        ["issuer-mismatch", GITLAB, "https://gitlab.example", hint]
    );
}

#[test]
fn the_hint_accepts_all_that_was_found() {
    let other = certificate("o'hara@example.org", "https://login.example.org", &[]);
    let [_, _, _, hint] = refusal(&expected(), &other);
    let both =
        r"to accept it: --identity 'o'\''hara@example.org' --issuer 'https://login.example.org'";
    assert_eq!(hint, both);
}

#[test]
fn a_claim_is_there_and_is_this() {
    let trigger = |value| expected().with_claim(ClaimName::TRIGGER, Text::exact(value));
    assert!(trigger("push").check(Path::new("a.txt"), &signer()).is_ok());
    assert_eq!(
        refusal(&trigger("web"), &signer()),
        ["claim-mismatch", "web", "push", "to accept it: --claim 'build-trigger=push'"]
    );
    let without = certificate(SIGNER, GITLAB, &CLAIMS[..2]);
    assert_eq!(refusal(&trigger("push"), &without), ["claim-mismatch", "push", "nothing", ""]);
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
    let [code, wanted, found, hint] = refusal(&expected, &certificate(&evil, GITLAB, &[]));
    assert_eq!(code, "identity-mismatch");
    assert_eq!(wanted, "/https://gitlab\\.com/acme/.*/");
    assert_eq!((found, hint), (evil.clone(), format!("to accept it: --identity '{evil}'")));
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
        ],
    );
    let expected = || Expected::new(Text::exact(reusable), Text::exact(github));
    let hint = "to accept it: --claim 'source-repository-uri=https://github.com/evil/demo'";
    let repository = format!("the repository of {reusable}");
    assert_eq!(
        refusal(&expected(), &called),
        ["source-mismatch", &repository, "https://github.com/evil/demo", hint]
    );
    let named = |name: &str, value| {
        let expected = expected().with_claim(name.parse().unwrap(), Text::exact(value));
        expected.check(Path::new("a.txt"), &called).map_err(|error| error.code())
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
        let certificate = certificate(identity, GITLAB, &[("source-repository-uri", source)]);
        let expected = Expected::new(Text::exact(identity), Text::exact(GITLAB));
        assert_eq!(expected.mismatches(&certificate).is_empty(), own, "{identity} {source}");
    }
}

#[test]
fn the_repository_of_an_old_github_certificate_counts_alike() {
    let identity = "https://github.com/acme/demo/.github/workflows/x.yml@refs/tags/v1";
    let expected = Expected::new(Text::exact(identity), Text::exact("https://i.example"));
    for (source, own) in [("acme/demo", true), ("evil/demo", false)] {
        let claims = [("github-workflow-repository", source)];
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
