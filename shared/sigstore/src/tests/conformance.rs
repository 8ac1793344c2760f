//! The verification cases of sigstore-conformance, one directory each; a name that ends in `_fail`
//! says that the bundle must be refused.

use std::fs;
use std::path::Path;

use pysign_attest::Certificate;
use pysign_host::Problem as _;
use serde_json::Value;

use crate::Expected;
use crate::tests::vectors::{BEACON, GITHUB, Vector, say, set};

/// The case's own value, or the one of the whole suite.
fn own(directory: &Path, name: &str, common: &mut String) {
    if let Ok(own) = fs::read_to_string(directory.join(name)) {
        own.trim().clone_into(common);
    }
}

/// How a case names its artifact.
#[derive(Clone, Copy, Debug)]
enum By {
    /// By its bytes.
    File,
    /// By `sha256:HEX`.
    Digest,
}

/// The code of the refusal, or nothing if the case's signer is proven.
fn refused(directory: &Path, by: By) -> Option<&'static str> {
    let mut expected = [BEACON.to_owned(), GITHUB.to_owned()];
    for (name, value) in ["identity", "issuer"].iter().zip(&mut expected) {
        own(directory, name, value);
    }
    let [identity, issuer] = expected;
    let expected = Expected::exact(&identity, &issuer);
    let file = Path::new("a.txt");
    let proven = Vector::read(directory).and_then(|mut vector| {
        if let By::Digest = by {
            let text = format!("sha256:{}", vector.digest);
            vector.digest = text.strip_prefix("sha256:").unwrap().parse().unwrap();
        }
        let proof = vector.prove()?;
        if vector.key.is_some() { Ok(()) } else { expected.check_proof(file, &proof) }
    });
    proven.err().map(|error| error.facts().code)
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
        for by in [By::File, By::Digest] {
            count += 1;
            let refused = refused(&directory, by);
            if refused.is_some() != name.ends_with("_fail") {
                wrong.push(format!("{name} by {by:?}: {}", refused.unwrap_or("proven")));
            }
        }
    }
    say(&format!("conformance: {}/{count}", count - wrong.len()));
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 140, "{count} cases");
}

#[test]
fn a_proof_says_who_when_and_where() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let proof = Vector::read(&set.join("happy-path-v0.3")).unwrap().prove().unwrap();
    assert_eq!(proof.signed_at.unwrap().to_string(), "2024-03-19T17:26:26Z");
    assert_eq!((proof.log.as_str(), proof.log_index), ("https://rekor.sigstore.dev", 79_571_823));
    let claims = proof.certificate().unwrap().claims();
    assert_eq!(claims["source-repository-ref"], "refs/heads/main");
    assert_eq!(claims["github-workflow-trigger"], "workflow_dispatch");
    assert_eq!(claims["build-trigger"], "workflow_dispatch");
    assert_eq!(claims["runner-environment"], "github-hosted");

    // Rekor v2 gives no time: it is the timestamp's.
    let proof = Vector::read(&set.join("rekor2-happy-path")).unwrap().prove().unwrap();
    assert_eq!(proof.signed_at.unwrap().to_string(), "2025-06-12T12:02:20Z");
}

/// The certificates of attestations on PyPI.
#[test]
fn certificates_of_real_signers_are_read() {
    const GITLAB: &str = "https://gitlab.com/facutuesca/gitlab-oidc-project";
    const GITHUB: &str = "https://github.com/trailofbits/pypi-attestations";
    let Some(set) = set("attestations") else { return };
    let certificate = |name: &str| {
        let attestation = fs::read(set.join(format!("{name}.publish.attestation"))).unwrap();
        let attestation: Value = serde_json::from_slice(&attestation).unwrap();
        let text = attestation["verification_material"]["certificate"].as_str().unwrap().to_owned();
        Certificate::from_text(text.as_bytes()).unwrap()
    };
    let gitlab = certificate("gitlab_oidc_project-0.0.3.tar.gz");
    assert_eq!(gitlab.identity(), format!("{GITLAB}//.gitlab-ci.yml@refs/heads/main"));
    assert_eq!(gitlab.issuer(), "https://gitlab.com");
    assert_eq!(gitlab.claims()["source-repository-uri"], GITLAB);
    let github = certificate("pypi_attestations-0.0.19.tar.gz");
    assert!(github.identity().starts_with(&format!("{GITHUB}/.github/workflows/release.yml@")));
    assert_eq!(github.claims()["source-repository-ref"], "refs/tags/v0.0.19");
    let person = certificate("rfc8785-0.1.2-py3-none-any.whl");
    assert_eq!(person.identity(), "william@yossarian.net");
    assert_eq!(person.issuer(), "https://github.com/login/oauth");
    assert!(person.claims().is_empty());

    // A block with text before it is not one certificate and nothing else.
    let commented = fs::read(set.join("200170367.pem")).unwrap();
    assert!(Certificate::from_text(&commented).is_err());
}
