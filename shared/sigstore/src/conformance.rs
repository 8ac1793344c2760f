//! The verification cases of sigstore-conformance, one directory each; a name that ends in `_fail`
//! says that the bundle must be refused.

use std::fs;
use std::path::Path;

use pysign_host::Problem as _;

use crate::vectors::{Vector, beacon, set};

/// Cases that can't be verified yet, good or bad, by how their names begin, and why. They must be
/// refused for that reason and no other.
const NOT_YET: [(&str, &str); 5] = [
    ("dsse-", "a statement"),
    ("happy-path-intoto-in-dsse", "a statement"),
    ("intoto-", "a statement"),
    ("managed-key-", "a key without a certificate"),
    ("rekor2-dsse-", "a statement"),
];

/// The code of the refusal, or nothing if the case's signer is proven.
fn refused(directory: &Path) -> Option<&'static str> {
    let mut expected = beacon();
    for (name, value) in [("identity", &mut expected.identity), ("issuer", &mut expected.issuer)] {
        if let Ok(own) = fs::read_to_string(directory.join(name)) {
            own.trim().clone_into(value);
        }
    }
    let proven = Vector::read(directory)
        .and_then(|vector| vector.prove())
        .and_then(|proof| expected.check(Path::new("a.txt"), &proof));
    proven.err().map(|error| error.code())
}

#[test]
fn every_case_is_judged_as_the_suite_judges_it() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let mut wrong = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(set).unwrap() {
        let directory = entry.unwrap().path();
        let name = directory.file_name().unwrap().to_str().unwrap().to_owned();
        if !directory.join("bundle.sigstore.json").exists() {
            continue;
        }
        count += 1;
        let refused = refused(&directory);
        let not_yet = NOT_YET.iter().any(|(start, _)| name.starts_with(start));
        let right = match refused {
            None => !name.ends_with("_fail") && !not_yet,
            Some("signature-unsupported") => not_yet,
            Some(_) => name.ends_with("_fail") && !not_yet,
        };
        if !right {
            wrong.push(format!("{name}: {}", refused.unwrap_or("proven")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 70, "{count} cases");
}

#[test]
fn a_proof_says_who_when_and_where() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let proof = Vector::read(&set.join("happy-path-v0.3")).unwrap().prove().unwrap();
    assert_eq!(proof.signed_at.to_string(), "2024-03-19T17:26:26Z");
    assert_eq!((proof.log.as_str(), proof.log_index), ("https://rekor.sigstore.dev", 79_571_823));
    let claims = proof.certificate.claims();
    assert_eq!(claims["source-repository-ref"], "refs/heads/main");
    assert_eq!(claims["github-workflow-trigger"], "workflow_dispatch");
    assert_eq!(claims["build-trigger"], "workflow_dispatch");
    assert_eq!(claims["runner-environment"], "github-hosted");

    // Rekor v2 gives no time: it is the timestamp's.
    let proof = Vector::read(&set.join("rekor2-happy-path")).unwrap().prove().unwrap();
    assert_eq!(proof.signed_at.to_string(), "2025-06-12T12:02:20Z");
}
