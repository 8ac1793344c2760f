//! A bundle as cosign wrote them first, with the proof that it lacks: it holds as it is, and with no
//! byte of it changed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::LegacyBundle;
use pysign_host::Sha256;
use pysign_testkit::{bytes, changes};
use serde_json::{Value, json};

use crate::tests::vectors::{Vector, set};
use crate::{Error, Proof};

/// What cosign would have written for a bundle, and the proof that it would have left out.
fn legacy(bundle: &Value) -> (Value, Value) {
    let material = &bundle["verificationMaterial"];
    let entry = &material["tlogEntries"][0];
    let body = STANDARD.decode(entry["canonicalizedBody"].as_str().unwrap()).unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    let log = STANDARD.decode(entry["logId"]["keyId"].as_str().unwrap()).unwrap();
    let number = |name: &str| entry[name].as_str().unwrap().parse::<u64>().unwrap();
    let document = json!({
        "base64Signature": bundle["messageSignature"]["signature"],
        "cert": body["spec"]["signature"]["publicKey"]["content"],
        "rekorBundle": {
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": entry["canonicalizedBody"],
                "integratedTime": number("integratedTime"),
                "logIndex": number("logIndex"),
                "logID": Sha256::from_bytes(log.try_into().unwrap()).to_string(),
            },
        },
    });
    (document, entry["inclusionProof"].clone())
}

#[test]
fn no_byte_of_it_may_be_another() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let vector = Vector::read(&set.join("happy-path-v0.3")).unwrap();
    let (document, inclusion_proof) = legacy(&vector.json());
    let prove = |document: &Value| -> Result<Proof, Error> {
        let malformed = |cause| Error::Malformed { file: "a.txt".into(), cause };
        let read = LegacyBundle::parse(document.to_string().as_bytes()).map_err(malformed)?;
        vector.prove_bytes(&read.to_bundle(&inclusion_proof))
    };
    let proof = prove(&document).unwrap();
    assert_eq!(proof.signature, vector.prove().unwrap().signature);
    assert_eq!(proof.log_index, vector.prove().unwrap().log_index);
    let changes: Vec<_> = changes(&document).into_iter().chain(bytes(&document)).collect();
    assert!(changes.len() > 5_000, "{}", changes.len());
    for (what, changed) in changes {
        assert!(prove(&changed).is_err(), "{what}");
    }
}
