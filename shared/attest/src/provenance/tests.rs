use serde_json::json;

use pysign_json::Value;
use pysign_testkit::changes;

use super::*;
use crate::attestation::tests::attestation;

fn provenance() -> Value {
    json!({
        "version": 1,
        "attestation_bundles": [{
            "publisher": {"kind": "GitLab", "repository": "acme/demo", "environment": null},
            "attestations": [attestation()],
        }],
    })
}

fn parse(provenance: &Value) -> Result<Provenance, String> {
    Provenance::parse(provenance.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Provenance, String> {
    let mut provenance = provenance();
    change(&mut provenance);
    parse(&provenance)
}

fn bundles(provenance: &Provenance) -> Vec<Vec<u8>> {
    provenance.attestations().iter().map(Attestation::to_bundle).collect()
}

#[test]
fn the_attestations_of_all_publishers_are_given() {
    let read = changed(|document| {
        let mut other = document["attestation_bundles"][0].clone();
        other["attestations"][0]["envelope"]["signature"] = json!("MAI=");
        let bundles = document["attestation_bundles"].as_array_mut().unwrap();
        bundles[0]["attestations"].as_array_mut().unwrap().push(attestation());
        bundles.push(other);
    });
    let read = bundles(&read.unwrap());
    assert_eq!(read.len(), 3);
    assert_eq!(read[0], read[1]);
    assert_ne!(read[0], read[2]);
}

#[test]
fn every_change_but_of_the_publisher_is_refused_or_changes_a_bundle() {
    let good = bundles(&parse(&provenance()).unwrap());
    for (what, document) in changes(&provenance()) {
        let same = parse(&document).is_ok_and(|read| bundles(&read) == good);
        let publisher = what.contains("/attestation_bundles/0/publisher");
        assert!(!same || publisher, "{what}");
    }
}

#[test]
fn a_publisher_is_a_claim_of_some_kind() {
    assert!(changed(|it| it["attestation_bundles"][0]["publisher"]["more"] = json!([1])).is_ok());
    for publisher in [json!(null), json!({}), json!("GitLab"), json!({"kind": 1})] {
        let refused = changed(|it| it["attestation_bundles"][0]["publisher"] = publisher.clone());
        assert!(refused.unwrap_err().contains("publisher"), "{publisher}");
    }
}

#[test]
fn a_member_that_is_not_known_is_refused() {
    for place in ["", "/attestation_bundles/0", "/attestation_bundles/0/attestations/0"] {
        let refused = changed(|it| it.pointer_mut(place).unwrap()["more"] = json!(1));
        assert!(refused.unwrap_err().contains("unknown member"), "{place}");
    }
}

#[test]
fn attestations_are_some_and_not_too_many() {
    let filled = |count: usize| {
        changed(|it| {
            it["attestation_bundles"][0]["attestations"] = vec![attestation(); count].into();
        })
    };
    assert!(filled(1).is_ok() && filled(32).is_ok());
    assert!(
        filled(0)
            .unwrap_err()
            .ends_with("attestations' should be a list of at least one attestation")
    );
    assert!(filled(33).unwrap_err().contains("more than 32 items"));
    assert!(changed(|it| it["attestation_bundles"] = json!([])).is_err());
    let bundles = |count: usize| {
        changed(|it| {
            let bundle = it["attestation_bundles"][0].clone();
            it["attestation_bundles"] = vec![bundle; count].into();
        })
    };
    assert_eq!(bundles(32).unwrap().attestations().len(), 32);
    assert!(bundles(33).unwrap_err().contains("more than 32 items"));
    let spread = changed(|it| {
        let bundle = it["attestation_bundles"][0].clone();
        it["attestation_bundles"] = vec![bundle; 17].into();
        for bundle in it["attestation_bundles"].as_array_mut().unwrap() {
            bundle["attestations"] = vec![attestation(); 2].into();
        }
    });
    assert!(spread.unwrap_err().ends_with("more than 32 attestations in all bundles"));
    assert!(Provenance::parse(&vec![b' '; MAX_BYTES + 1]).is_err());
}
