//! Attestations as indexes serve them, made by others.

use std::fs;
use std::path::Path;

use pysign_attest::{Attestation, Bundle, Provenance};

use crate::vectors::set;

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
