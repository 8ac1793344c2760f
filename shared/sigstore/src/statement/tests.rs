use std::path::Path;

use pysign_attest::samples;
use pysign_host::{Evidence, Problem as _, Sha256};
use serde_json::json;

use super::*;

const NAME: &str = "demo-1.0.0-py3-none-any.whl";
const REPOSITORY: &str = "https://gitlab.com/acme/demo";
const COMMIT: &str = "b5ffc7a6e05a0fdd0a44d9a0ee7e7f5cd8c1c3ab";

fn digest() -> Sha256 {
    Sha256::of(b"wheel")
}

fn statement(subjects: &Value, predicate_type: &str, predicate: &Value) -> Statement {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": predicate_type,
        "predicate": predicate,
    });
    Statement::parse(statement.to_string().as_bytes()).unwrap()
}

fn certificate(claims: &[(&str, &str)]) -> Certificate {
    samples::certificate("https://a.example", "https://b.example", claims)
}

fn named(filename: Option<&str>) -> Subject<'_> {
    Subject { file: Path::new("f"), digest: digest(), filename }
}

/// What is thought of a statement with these subjects for a file of this name.
fn about(subjects: &Value, filename: Option<&str>) -> &'static str {
    let statement = statement(subjects, "p", &json!({}));
    let checked = check_statement(&statement, &named(filename), Some(&certificate(&[])));
    checked.map_or_else(|error| error.facts().code, |()| "about it")
}

fn one(name: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "digest": {"sha256": Sha256::of(bytes).to_string()}})
}

#[test]
fn a_wheel_is_meant_by_digest_and_name() {
    assert_eq!(about(&json!([one(NAME, b"wheel")]), Some(NAME)), "about it");
    let spelt = json!([one("Demo-1.0-py3-none-any.whl", b"wheel")]);
    assert_eq!(about(&spelt, Some(NAME)), "about it");
    assert_eq!(about(&json!([one(NAME, b"other")]), Some(NAME)), "statement-other-file");
    for other in [
        "demo-2.0.0-py3-none-any.whl",
        "demo-1.0.0-cp312-cp312-win_amd64.whl",
        "demo-1.0.0-1-py3-none-any.whl",
        "other-1.0.0-py3-none-any.whl",
        "dist/demo-1.0.0-py3-none-any.whl",
        "",
    ] {
        let subjects = json!([one(other, b"wheel")]);
        assert_eq!(about(&subjects, Some(NAME)), "statement-other-name", "{other}");
        assert_eq!(about(&subjects, None), "about it", "{other}");
    }
    let error =
        is_about(&statement(&json!([one("x", b"wheel")]), "p", &json!({})), &named(Some("y")));
    let Evidence { expected, found } = error.unwrap_err().facts().evidence.unwrap();
    assert_eq!((expected.as_str(), found.as_str()), ("y", "x"));
}

#[test]
fn one_subject_has_both() {
    let (ours, other) = (one(NAME, b"wheel"), one("other.whl", b"other"));
    for subjects in [json!([ours, other]), json!([other, ours]), json!([ours, ours])] {
        assert_eq!(about(&subjects, Some(NAME)), "about it");
    }
    // The digest of one and the name of the other.
    let crossed = json!([one("other.whl", b"wheel"), one(NAME, b"other")]);
    assert_eq!(about(&crossed, Some(NAME)), "statement-other-file");
    assert_eq!(about(&crossed, None), "about it");
    // The name is that of two files.
    let twice = json!([ours, one(NAME, b"other")]);
    assert_eq!(about(&twice, Some(NAME)), "statement-other-file");
    let renamed = json!([one("other.whl", b"wheel"), ours]);
    assert_eq!(about(&renamed, Some(NAME)), "about it");
}

/// sigstore-ruby GHSA-mhg6-2q2v-9h2c: the right answer for several algorithms.
#[test]
fn sha256_decides() {
    let with = |digests: Value| json!([{"name": NAME, "digest": digests}]);
    let right = digest().to_string();
    let wrong = Sha256::of(b"other").to_string();
    let long = "0".repeat(128);
    for (digests, expected) in [
        (json!({"sha256": right, "sha512": long}), "about it"),
        (json!({"sha256": right, "gitCommit": COMMIT, "md5": ""}), "about it"),
        (json!({"sha256": wrong, "sha512": right}), "statement-other-file"),
        (json!({"sha512": right}), "statement-other-file"),
        (json!({"sha512": long}), "statement-other-file"),
        (json!({"SHA256": right}), "statement-other-file"),
        (json!({"sha-256": right}), "statement-other-file"),
    ] {
        assert_eq!(about(&with(digests.clone()), Some(NAME)), expected, "{digests}");
        assert_eq!(about(&with(digests.clone()), None), expected, "{digests}");
    }
}

/// What is thought of SLSA provenance for the wheel by a certificate with these claims.
fn provenance(definition: &Value, claims: &[(&str, &str)]) -> &'static str {
    let predicate = json!({"buildDefinition": definition});
    let statement = statement(&json!([one(NAME, b"wheel")]), SLSA, &predicate);
    let checked = check_statement(&statement, &named(Some(NAME)), Some(&certificate(claims)));
    checked.map_or_else(|error| error.facts().code, |()| "its own")
}

const CLAIMS: [(&str, &str); 2] =
    [("source-repository-uri", REPOSITORY), ("source-repository-digest", COMMIT)];

/// As GitHub's generators write it.
fn of_workflow(repository: &str, dependency: &str, commit: &str) -> Value {
    json!({
        "externalParameters": {"workflow": {"repository": repository, "ref": "refs/tags/v1"}},
        "resolvedDependencies": [{"uri": dependency, "digest": {"gitCommit": commit}}],
    })
}

#[test]
fn provenance_names_the_source_of_its_certificate() {
    let dependency = format!("git+{REPOSITORY}@refs/tags/v1");
    let own = of_workflow(REPOSITORY, &dependency, COMMIT);
    assert_eq!(provenance(&own, &CLAIMS), "its own");
    // GitLab's runner: a bare URL, and the commit under the name of the wrong algorithm.
    let of_runner = json!({
        "externalParameters": {"source": REPOSITORY, "entryPoint": "build"},
        "resolvedDependencies": [{"uri": REPOSITORY, "digest": {"sha256": COMMIT}}],
    });
    assert_eq!(provenance(&of_runner, &CLAIMS), "its own");
    let of_container = json!({
        "externalParameters": {"source": {"uri": dependency, "digest": {"sha1": COMMIT}}},
    });
    assert_eq!(provenance(&of_container, &CLAIMS), "its own");
    let of_anything = json!({
        "resolvedDependencies": [
            {"uri": "pkg:pypi/hatchling@1.0", "digest": {"sha256": "00"}},
            {"uri": format!("git+{REPOSITORY}"), "digest": {"sha1": COMMIT}},
        ],
    });
    assert_eq!(provenance(&of_anything, &CLAIMS), "its own");
}

#[test]
fn provenance_of_another_source_is_refused() {
    let dependency = format!("git+{REPOSITORY}@refs/tags/v1");
    let other = "https://gitlab.com/acme/other";
    let second = |repository: &str, commit: &str| {
        let mut definition = of_workflow(REPOSITORY, &dependency, COMMIT);
        let more = json!({"uri": repository, "digest": {"gitCommit": commit}});
        definition["resolvedDependencies"].as_array_mut().unwrap().push(more);
        definition
    };
    assert_eq!(provenance(&second(other, "00"), &CLAIMS), "its own");
    let none = json!(null);
    let mut without = of_workflow(REPOSITORY, &dependency, COMMIT);
    without["resolvedDependencies"][0]["digest"] = json!({});
    for definition in [
        of_workflow(other, &dependency, COMMIT),
        of_workflow(&format!("{REPOSITORY}/"), &dependency, COMMIT),
        of_workflow("", &dependency, COMMIT),
        of_workflow(REPOSITORY, &format!("git+{other}@refs/tags/v1"), COMMIT),
        of_workflow(REPOSITORY, &format!("git+{REPOSITORY}.git@refs/tags/v1"), COMMIT),
        of_workflow(REPOSITORY, &format!("git+https://evil.example/@{REPOSITORY}"), COMMIT),
        of_workflow(REPOSITORY, &format!("git+{REPOSITORY}@x@refs/tags/v1"), COMMIT),
        of_workflow(REPOSITORY, &dependency, &COMMIT[..39]),
        of_workflow(REPOSITORY, &dependency, ""),
        second(&dependency, "00"),
        json!({"externalParameters": {"source": 7}, "resolvedDependencies": none}),
        json!({"externalParameters": {"source": REPOSITORY}}),
        json!({"externalParameters": {"source": {"uri": dependency, "digest": {"sha1": "00"}}}}),
        json!({"externalParameters": {"source": {"uri": dependency}}}),
        json!({"externalParameters": {"source": {"digest": {"sha1": COMMIT}}}}),
        json!({"externalParameters": {"source": {"uri": other, "digest": {"sha1": COMMIT}}},
               "resolvedDependencies": [{"uri": REPOSITORY, "digest": {"sha1": COMMIT}}]}),
        json!({"externalParameters": {"workflow": {"repository": {"uri": REPOSITORY}}},
               "resolvedDependencies": [{"uri": REPOSITORY, "digest": {"sha1": COMMIT}}]}),
        json!({"resolvedDependencies": []}),
        without,
        none,
    ] {
        assert_eq!(provenance(&definition, &CLAIMS), "provenance-mismatch", "{definition}");
    }
}

/// pypi-attestations 0.0.23: a certificate without repository or commit is no other source's.
#[test]
fn a_certificate_that_names_no_source_has_no_provenance() {
    let own = of_workflow(REPOSITORY, REPOSITORY, COMMIT);
    let nothing = of_workflow("", "", "");
    for claims in [&CLAIMS[..1], &CLAIMS[1..], &[]] {
        assert_eq!(provenance(&own, claims), "provenance-mismatch", "{claims:?}");
        assert_eq!(provenance(&nothing, claims), "provenance-mismatch", "{claims:?}");
    }
}

/// Of any other file the digest decides, and a key speaks for itself.
#[test]
fn the_source_is_asked_of_wheels_and_certificates_only() {
    let predicate = json!({});
    let subjects = json!([one(NAME, b"wheel")]);
    let slsa = statement(&subjects, SLSA, &predicate);
    let signer = certificate(&CLAIMS);
    let refused = |statement: &Statement, filename, signer| {
        check_statement(statement, &named(filename), signer).is_err()
    };
    assert!(refused(&slsa, Some(NAME), Some(&signer)));
    assert!(!refused(&slsa, None, Some(&signer)));
    let other = statement(&subjects, "https://slsa.dev/provenance/v0.2", &predicate);
    assert!(!refused(&other, Some(NAME), Some(&signer)));
    assert!(!refused(&slsa, Some(NAME), None));
}
