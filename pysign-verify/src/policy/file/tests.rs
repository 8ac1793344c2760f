use pysign_manifest::{Map, json};

use super::*;

const KEY: &str = "-----BEGIN PUBLIC KEY-----\n\
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEfydnyPOHwdJg+NHhloN8cNJmKlt2\n\
Z4h/1fLoUXnVnj8mtaGeNmfSFzXkZi8swkOm5MvfuubxeIccGRKGmjCw5A==\n\
-----END PUBLIC KEY-----\n";

const DIGEST: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn signer() -> Value {
    json!({"identity": "dev@example.org", "issuer": "https://login.example.org"})
}

/// A policy with every member that there is.
fn whole() -> Value {
    json!({"schema": SCHEMA, "projects": [
        {"project": "demo", "require": ["bundle", "https://slsa.dev/provenance/v1"],
         "sha256": [DIGEST], "signers": [
            {"gitlab": "acme/demo", "ref": "refs/tags/v{version}", "config": "ci.yml",
             "issuer": "https://gitlab.example", "claims": {"build-trigger": ["push", "web"]}},
            {"github": "acme/demo", "ref": "refs/tags/*", "workflow": "release.yml"},
            {"identity_regexp": "https://gitlab\\.com/acme/.*", "issuer": "https://gitlab.com"},
            {"identity": "dev@example.org", "issuer_regexp": "https://login\\.example\\..+"},
            {"key": KEY}]},
        {"project": "demo-*", "signers": [signer()]},
        {"file": "notes.txt", "sha256": [DIGEST]},
    ]})
}

fn parse(value: &Value) -> Result<PolicyFile, Failure> {
    PolicyFile::parse(Path::new("policy.json"), value.to_string().as_bytes())
}

/// What is wrong with a policy.
fn wrong(value: &Value) -> String {
    let failure = parse(value).unwrap_err();
    let facts = failure.problems().next().unwrap().facts();
    assert_eq!(facts.code, "policy-malformed");
    facts.cause.unwrap().to_string()
}

/// A policy with one entry.
fn one(entry: &Value) -> Value {
    json!({"schema": SCHEMA, "projects": [entry]})
}

#[test]
fn a_policy_is_read_whole() {
    let policy = parse(&whole()).unwrap();
    let artifact = |name| Artifact::named(name).unwrap();
    let (pattern, entry) = policy.entry(&artifact("demo-1.0.tar.gz")).unwrap();
    assert_eq!(pattern.to_string(), "demo");
    assert_eq!(entry.signers.len(), 5);
    assert_eq!(
        entry.require,
        [
            Requirement::Kind(SignatureKind::Bundle),
            Requirement::Predicate("https://slsa.dev/provenance/v1".to_owned())
        ]
    );
    assert!(entry.pins.contains(&Sha256::of(b"abc")));
    assert_eq!(entry.signers.iter().filter_map(Signer::key).count(), 1);
}

#[test]
fn the_most_exact_pattern_counts() {
    let mut policy = whole();
    let projects = policy["projects"].as_array_mut().unwrap();
    projects.push(json!({"project": "*", "signers": [signer()]}));
    projects.push(json!({"file": "notes*", "signers": [signer()]}));
    let policy = parse(&policy).unwrap();
    for (name, pattern) in [
        ("demo-1.0.tar.gz", "demo"),
        ("Demo-1.0.tar.gz", "demo"),
        ("demo_pkg-1.0.tar.gz", "demo-*"),
        ("other-1.0.tar.gz", "*"),
        ("notes.txt", "notes.txt"),
        ("notes.md", "notes*"),
    ] {
        let artifact = Artifact::named(name).unwrap();
        assert_eq!(policy.entry(&artifact).unwrap().0.to_string(), pattern, "{name}");
    }
    let uncovered = policy.entry(&Artifact::named("sbom.json").unwrap());
    assert!(matches!(uncovered, Err(PolicyError::Uncovered { .. })));
}

#[test]
fn a_file_that_no_pattern_covers_is_refused() {
    let policy = parse(&whole()).unwrap();
    for name in ["other-1.0.tar.gz", "demolition-1.0.tar.gz", "notes.txt.asc"] {
        let refused = policy.entry(&Artifact::named(name).unwrap());
        assert!(matches!(refused, Err(PolicyError::Uncovered { .. })), "{name}");
    }
}

/// Calls `visit` with every object of a document, by its place.
fn objects(value: &Value, place: &str, visit: &mut dyn FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(place, members);
            members.iter().for_each(|(name, one)| objects(one, &format!("{place}/{name}"), visit));
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.for_each(|(index, one)| objects(one, &format!("{place}/{index}"), visit));
        }
        _ => {}
    }
}

#[test]
fn what_is_unknown_or_empty_is_refused_wherever_it_stands() {
    let policy = whole();
    let mut changes = Vec::new();
    objects(&policy, "", &mut |place, members| {
        changes.push((place.to_owned(), "extra".to_owned(), json!("x")));
        for name in members.keys() {
            for empty in [json!(null), json!(""), json!([]), json!({}), json!(7), json!(true)] {
                changes.push((place.to_owned(), name.clone(), empty));
            }
        }
    });
    assert!(changes.len() > 100);
    for (place, name, value) in changes {
        let mut other = policy.clone();
        other.pointer_mut(&place).unwrap()[&name] = value.clone();
        assert!(parse(&other).is_err(), "{place}/{name} = {value}");
    }
}

#[test]
fn nothing_less_than_a_signer_is_one() {
    for (less, reason) in [
        (json!({"identity": "x"}), "'identity' needs 'issuer'"),
        (json!({"issuer": "x"}), "'issuer' needs 'identity'"),
        (json!({"claims": {"build-trigger": "push"}}), "it names no signer"),
        (json!({"gitlab": "acme/demo"}), "'gitlab' needs 'ref'"),
        (json!({"github": "acme/demo"}), "'github' needs 'ref'"),
        (json!({"ref": "refs/tags/v1"}), "'ref' needs 'gitlab'"),
        (
            json!({"gitlab": "acme/demo", "ref": "refs/tags/v1", "workflow": "x.yml"}),
            "'workflow' needs 'github'",
        ),
        (
            json!({"identity": "x", "identity_regexp": "xy", "issuer": "y"}),
            "'identity' can't be used with 'identity_regexp'",
        ),
        (
            json!({"identity_regexp": ".*", "issuer": "y"}),
            "invalid value '.*' for 'identity_regexp': it would accept anyone: it matches '' too",
        ),
        (json!({"key": KEY, "identity": "x"}), "unknown member 'projects[0].signers[0].identity'"),
        (
            json!({"identity": "x", "issuer": "y", "claims": {"colour": "red"}}),
            "invalid value 'colour' for 'claim': Fulcio has no claim of this name",
        ),
    ] {
        let found = wrong(&one(&json!({"project": "demo", "signers": [less]})));
        assert_eq!(found.trim_start_matches("projects[0].signers[0]: "), reason);
    }
    let two = KEY.repeat(2);
    for key in ["x", "-----BEGIN PUBLIC KEY-----", two.as_str()] {
        let found = wrong(&one(&json!({"project": "demo", "signers": [{"key": key}]})));
        assert!(found.starts_with("projects[0].signers[0].key: "), "{found}");
    }
}

#[test]
fn an_entry_covers_something_and_demands_something() {
    for (entry, reason) in [
        (json!({"project": "demo"}), "projects[0]: expected 'signers' or 'sha256'"),
        (json!({"signers": [signer()]}), "projects[0]: expected either 'project' or 'file'"),
        (
            json!({"project": "demo", "file": "demo", "signers": [signer()]}),
            "projects[0]: expected either 'project' or 'file'",
        ),
        (
            json!({"project": "demo", "require": ["bundle"], "sha256": [DIGEST]}),
            "projects[0]: it requires signatures, so it needs 'signers'",
        ),
        (
            json!({"project": "*demo", "signers": [signer()]}),
            "projects[0].project: '*demo' is not a project's name, with at most one '*' at its end",
        ),
        (
            json!({"project": "demo", "signers": [signer()], "require": ["signature"]}),
            "'projects[0].require[0]' should be a kind of signature or the type of a predicate",
        ),
        (
            json!({"project": "demo", "sha256": [DIGEST.to_uppercase()]}),
            "'projects[0].sha256[0]' should be 64 lower-case hexadecimal digits",
        ),
    ] {
        assert_eq!(wrong(&one(&entry)), reason);
    }
}

#[test]
fn two_entries_of_one_pattern_are_ambiguous() {
    let mut policy = whole();
    policy["projects"][1]["project"] = json!("Demo");
    assert_eq!(wrong(&policy), "projects[1]: 'demo' is listed twice");
}

#[test]
fn another_document_is_no_policy() {
    let mut newer = whole();
    newer["schema"] = json!("pysign-policy/2");
    assert_eq!(wrong(&newer), "schema: expected pysign-policy/1");
    let text = whole().to_string();
    let read = |text: &str| PolicyFile::parse(Path::new("policy.json"), text.as_bytes());
    assert!(read(&text).is_ok());
    assert!(read(&text.replacen("{\"", "{\"schema\":\"pysign-policy/1\",\"", 1)).is_err());
    assert!(read(&format!("{text} x")).is_err());
    assert!(read(&text[..text.len() - 1]).is_err());
    for other in ["", "[]", "{}", "null", "7", r#"{"schema":"pysign-policy/1"}"#] {
        assert!(read(other).is_err(), "{other}");
    }
}

#[test]
fn what_is_compiled_and_kept_has_a_cap() {
    let regexp = json!({"identity_regexp": "[a-z]+@example\\.org", "issuer": "y"});
    let entries = |count: usize| {
        let entry = |index| json!({"project": format!("p{index}"), "signers": [regexp.clone()]});
        json!({"schema": SCHEMA, "projects": (0..count).map(entry).collect::<Vec<_>>()})
    };
    assert!(parse(&entries(MAX_REGEXPS)).is_ok());
    assert_eq!(wrong(&entries(MAX_REGEXPS + 1)), "projects: more than 512 regular expressions");
    let signers = |count| one(&json!({"project": "p", "signers": vec![signer(); count]}));
    assert!(parse(&signers(MAX_SIGNERS)).is_ok());
    assert_eq!(wrong(&signers(MAX_SIGNERS + 1)), "more than 64 items in 'projects[0].signers'");
}
