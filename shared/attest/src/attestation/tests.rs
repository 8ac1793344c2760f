use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use pysign_testkit::{bytes, changes};

use super::*;
use crate::{Bundle, Content, Material};

fn entry() -> Value {
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    json!({
        "logIndex": "7",
        "logId": {"keyId": hash},
        "kindVersion": {"kind": "dsse", "version": "0.0.1"},
        "integratedTime": "1700000000",
        "inclusionPromise": {"signedEntryTimestamp": "AAAA"},
        "inclusionProof": {
            "logIndex": "6",
            "rootHash": hash,
            "treeSize": "9",
            "hashes": [hash],
            "checkpoint": {"envelope": "x"},
        },
        "canonicalizedBody": "e30=",
    })
}

pub(crate) fn attestation() -> Value {
    json!({
        "version": 1,
        "verification_material": {
            "certificate": STANDARD.encode([0x30, 0]),
            "transparency_entries": [entry()],
        },
        "envelope": {
            "statement": STANDARD.encode("{}"),
            "signature": STANDARD.encode([0x30, 1]),
        },
    })
}

fn parse(attestation: &Value) -> Result<Attestation, Error> {
    Attestation::parse(attestation.to_string().as_bytes())
}

fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut attestation = attestation();
    change(&mut attestation);
    parse(&attestation).unwrap_err().to_string()
}

#[test]
fn an_attestation_is_a_bundle_under_other_names() {
    let read = parse(&attestation()).unwrap();
    let document = read.to_bundle();
    let bundle = Bundle::parse(&document).unwrap();
    assert!(matches!(&bundle.content, Content::Envelope(envelope) if envelope == read.envelope()));
    assert!(matches!(bundle.material, Material::Certificates(leaf, above)
        if leaf == [0x30, 0] && above.is_empty()));
    assert_eq!(bundle.entries.len(), 1);
    let document: Value = serde_json::from_slice(&document).unwrap();
    assert_eq!(document["verificationMaterial"]["tlogEntries"], json!([entry()]));
    let signature = json!([{"sig": STANDARD.encode([0x30, 1])}]);
    assert_eq!(document["dsseEnvelope"]["signatures"], signature);
    assert_eq!(document["dsseEnvelope"]["payload"], STANDARD.encode("{}"));
    assert_eq!(document["dsseEnvelope"]["payloadType"], "application/vnd.in-toto+json");
}

#[test]
fn an_attestation_is_made_of_a_bundle_and_stands_for_the_same() {
    let bundle = parse(&attestation()).unwrap().to_bundle();
    let made = Attestation::from_bundle(&bundle).unwrap();
    let written: Value = serde_json::from_slice(&made.to_json()).unwrap();
    assert_eq!(written, attestation());

    // What it has no place for.
    let mut more: Value = serde_json::from_slice(&bundle).unwrap();
    more["verificationMaterial"]["timestampVerificationData"] =
        json!({"rfc3161Timestamps": [{"signedTimestamp": "AAAA"}]});
    let made = Attestation::from_bundle(more.to_string().as_bytes()).unwrap();
    assert_eq!(made.to_bundle(), bundle);
}

#[test]
fn of_a_bundle_that_is_over_no_statement_none_is_made() {
    let bundle: Value =
        serde_json::from_slice(&parse(&attestation()).unwrap().to_bundle()).unwrap();
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut bundle = bundle.clone();
        change(&mut bundle);
        Attestation::from_bundle(bundle.to_string().as_bytes()).unwrap_err().to_string()
    };
    let text = refused(&|bundle| bundle["dsseEnvelope"]["payloadType"] = json!("text/plain"));
    assert_eq!(text, "not an attestation: the bundle is over no statement");
    let text = refused(&|bundle| {
        bundle["verificationMaterial"]["tlogEntries"] = json!([]);
    });
    assert_eq!(text, "not an attestation: the bundle has no log entry");
    let text = refused(&|bundle| {
        let material = bundle["verificationMaterial"].as_object_mut().unwrap();
        material.remove("certificate");
        material.insert("publicKey".to_owned(), json!({"hint": ""}));
    });
    assert_eq!(text, "not an attestation: the bundle has a key in place of a certificate");
    assert!(refused(&|bundle| bundle["more"] = json!(1)).starts_with("not a Sigstore bundle"));
}

#[test]
fn every_change_is_refused_or_changes_the_bundle() {
    let good = parse(&attestation()).unwrap().to_bundle();
    let (mut count, mut changed) = (0, 0);
    for (what, document) in changes(&attestation()).into_iter().chain(bytes(&attestation())) {
        count += 1;
        if let Ok(read) = parse(&document) {
            changed += 1;
            assert_ne!(read.to_bundle(), good, "{what}");
        }
    }
    assert!(count > 300 && changed > 100, "{changed} of {count}");
}

#[test]
fn a_member_that_is_not_known_is_refused_everywhere() {
    for place in ["", "/verification_material", "/envelope"] {
        let text = refused(|document| document.pointer_mut(place).unwrap()["more"] = json!(1));
        assert!(text.contains("unknown member"), "{place}: {text}");
    }
    let text = refused(|document| {
        document["verification_material"]["transparency_entries"][0]["more"] = json!(1);
    });
    assert_eq!(
        text,
        "not an attestation: unknown member 'verification_material.transparency_entries[0].more'"
    );
}

#[test]
fn there_is_one_version_and_it_is_a_number() {
    for version in [json!(2), json!(0), json!("1"), json!(null), json!(true)] {
        let text = refused(|document| document["version"] = version);
        assert_eq!(text, "not an attestation: 'version' should be the number 1");
    }
}

#[test]
fn entries_are_some_and_not_too_many() {
    let with = |count: usize| {
        let mut document = attestation();
        let entries = Value::Array(vec![entry(); count]);
        document["verification_material"]["transparency_entries"] = entries;
        parse(&document).map_err(|error| error.to_string())
    };
    assert!(with(1).is_ok() && with(MAX_ENTRIES).is_ok());
    assert!(
        with(0)
            .unwrap_err()
            .ends_with("transparency_entries' should be a list of at least one entry")
    );
    assert!(with(MAX_ENTRIES + 1).unwrap_err().contains("more than 32 items"));
    assert!(Attestation::parse(&vec![b' '; MAX_BYTES + 1]).is_err());
}
