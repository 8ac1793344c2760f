//! Attestations as indexes serve them, made by others.

use std::fs;
use std::path::Path;

use pysign_attest::{Attestation, Bundle, Provenance};
use pysign_host::Sha256;

use crate::vectors::set;
use crate::{Error, Instance, Proof, Subject, TrustedRoot, Verifier};

/// The files of the set that are attestations, by their names' ends.
fn attestations(set: &Path) -> Vec<(String, Attestation)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(set).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.ends_with(".attestation") {
            let read = Attestation::parse(&fs::read(&path).unwrap());
            found.push((name.clone(), read.unwrap_or_else(|error| panic!("{name}: {error}"))));
        }
    }
    found
}

#[test]
fn each_is_read_and_a_bundle() {
    let Some(set) = set("attestations") else { return };
    let found = attestations(&set);
    assert!(found.len() >= 7, "{}", found.len());
    for (name, attestation) in found {
        let bundle = Bundle::parse(&attestation.to_bundle());
        assert_eq!(bundle.unwrap_or_else(|error| panic!("{name}: {error}")).entries.len(), 1);
    }
}

/// The index gives the same attestation that was sent to it.
#[test]
fn a_provenance_object_holds_what_was_published() {
    let Some(set) = set("attestations") else { return };
    let read =
        |end: &str| fs::read(set.join(format!("pypi_attestations-0.0.19.tar.gz{end}"))).unwrap();
    let provenance = Provenance::parse(&read(".provenance")).unwrap();
    let [attestation] = provenance.attestations() else { panic!("{provenance:?}") };
    let published = Attestation::parse(&read(".publish.attestation")).unwrap();
    assert_eq!(attestation.to_bundle(), published.to_bundle());
}

/// A file of the set, and what it takes to prove an attestation of it.
fn prove(set: &Path, name: &str, end: &str) -> Result<Proof, Error> {
    let attestation = Attestation::parse(&fs::read(set.join(format!("{name}{end}"))).unwrap());
    let digest = Sha256::of(&fs::read(set.join(name)).unwrap());
    let subject = Subject { file: Path::new(name), digest, filename: Some(name) };
    embedded().prove(&subject, &attestation.unwrap().to_bundle(), None)
}

fn embedded() -> Verifier {
    Verifier::new(TrustedRoot::embedded(Instance::Production).unwrap()).unwrap()
}

/// GitLab's, GitHub's and a person's; the provenance names the source that the certificate names.
#[test]
fn each_is_proven_for_its_file() {
    const SLSA: &str = "https://slsa.dev/provenance/v1";
    const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";
    let Some(set) = set("attestations") else { return };
    for (name, end, predicate_type) in [
        ("gitlab_oidc_project-0.0.3.tar.gz", ".publish.attestation", PUBLISH),
        ("pypi_attestations-0.0.19.tar.gz", ".publish.attestation", PUBLISH),
        ("pypi_attestations-0.0.19.tar.gz", ".slsa.attestation", SLSA),
    ] {
        let proof = prove(&set, name, end).unwrap();
        assert_eq!(proof.statement.unwrap().predicate_type, predicate_type, "{name}");
    }
}
