use pysign_host::Sha256;
use serde_json::{Value, json};

use super::*;

fn bundle() -> Value {
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    json!({
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": {
            "certificate": {"rawBytes": "MAA="},
            "tlogEntries": [{
                "logIndex": "7",
                "logId": {"keyId": hash},
                "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
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
            }],
            "timestampVerificationData": {"rfc3161Timestamps": [{"signedTimestamp": "MAA="}]},
        },
        "messageSignature": {
            "messageDigest": {"algorithm": "SHA2_256", "digest": hash},
            "signature": "MAA=",
        },
    })
}

fn parse(bundle: &Value) -> Result<Bundle, Error> {
    Bundle::parse(bundle.to_string().as_bytes())
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Bundle, Error> {
    let mut bundle = bundle();
    change(&mut bundle);
    parse(&bundle)
}

/// What is said of the bundle after `change`.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    changed(change).unwrap_err().to_string()
}

#[test]
fn a_bundle_is_read_in_full() {
    let read = parse(&bundle()).unwrap();
    assert_eq!(read.signature(), [0x30, 0]);
    assert_eq!(read.digest(), Some(Sha256::from_bytes([0; 32])));
    assert_eq!(read.timestamps, [[0x30, 0]]);
    let [entry] = read.entries.as_slice() else { panic!("{:?}", read.entries) };
    assert_eq!((entry.index, entry.integrated_time, entry.promised), (7, 1_700_000_000, true));
    let proof = entry.proof.as_ref().unwrap();
    assert_eq!((proof.index, proof.tree_size, proof.checkpoint.as_str()), (6, 9, "x"));
}

#[test]
fn every_version_up_to_the_third_is_read() {
    for version in ["bundle+json;version=0.1", "bundle+json;version=0.3", "bundle.v0.3+json"] {
        let media_type = json!(format!("application/vnd.dev.sigstore.{version}"));
        assert!(changed(|bundle| bundle["mediaType"] = media_type).is_ok(), "{version}");
    }
    let newer = json!("application/vnd.dev.sigstore.bundle.v0.4+json");
    assert!(refused(|bundle| bundle["mediaType"] = newer).contains("'mediaType'"));
}

#[test]
fn optional_parts_may_be_absent() {
    let read = changed(|bundle| {
        bundle["verificationMaterial"]["timestampVerificationData"] = json!(null);
        bundle["verificationMaterial"]["tlogEntries"] = json!([]);
        bundle["messageSignature"].as_object_mut().unwrap().remove("messageDigest");
    });
    let read = read.unwrap();
    assert!(read.entries.is_empty() && read.timestamps.is_empty() && read.digest().is_none());
}

#[test]
fn a_member_that_is_not_known_is_refused_everywhere() {
    let entry = "/verificationMaterial/tlogEntries/0";
    for place in [
        String::new(),
        "/messageSignature".to_owned(),
        "/messageSignature/messageDigest".to_owned(),
        "/verificationMaterial".to_owned(),
        "/verificationMaterial/certificate".to_owned(),
        "/verificationMaterial/timestampVerificationData".to_owned(),
        "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0".to_owned(),
        entry.to_owned(),
        format!("{entry}/logId"),
        format!("{entry}/kindVersion"),
        format!("{entry}/inclusionPromise"),
        format!("{entry}/inclusionProof"),
        format!("{entry}/inclusionProof/checkpoint"),
    ] {
        let text = refused(|bundle| bundle.pointer_mut(&place).unwrap()["more"] = json!(1));
        assert!(text.contains("unknown member"), "{place}: {text}");
    }
    // The names of the protobuf fields themselves, which some readers take as well.
    assert!(refused(|bundle| bundle["media_type"] = json!("x")).contains("'media_type'"));
}

#[test]
fn there_is_one_signature_by_one_signer() {
    let envelope = json!({"payloadType": "t", "payload": "e30=", "signatures": [{"sig": "MAA="}]});
    let both = envelope.clone();
    assert!(refused(|bundle| bundle["dsseEnvelope"] = both).contains("messageSignature"));
    assert!(
        refused(|bundle| bundle["messageSignature"] = json!(null)).contains("messageSignature")
    );
    let key =
        |bundle: &mut Value| bundle["verificationMaterial"]["publicKey"] = json!({"hint": "k"});
    assert!(refused(key).contains("x509CertificateChain"));
    let nobody = |bundle: &mut Value| bundle["verificationMaterial"]["certificate"] = json!(null);
    assert!(refused(nobody).contains("x509CertificateChain"));

    let signed = |signatures: Value| {
        changed(|bundle| {
            bundle["messageSignature"] = json!(null);
            bundle["dsseEnvelope"] = envelope.clone();
            bundle["dsseEnvelope"]["signatures"] = signatures;
        })
    };
    let read = signed(json!([{"sig": "MAA=", "keyid": ""}])).unwrap();
    assert!(matches!(read.content, Content::Envelope(_)) && read.digest().is_none());
    for signatures in [json!([]), json!([{"sig": "MAA="}, {"sig": "MAA="}])] {
        assert!(signed(signatures).is_err());
    }
}

#[test]
fn a_chain_has_a_leaf() {
    let chain = |count: usize| {
        changed(|bundle| {
            let material = bundle["verificationMaterial"].as_object_mut().unwrap();
            material.remove("certificate");
            let certificates = vec![json!({"rawBytes": "MAA="}); count];
            material.insert("x509CertificateChain".into(), json!({"certificates": certificates}));
        })
    };
    let above = |count| match chain(count).unwrap().material {
        Material::Certificates(_, above) => above.len(),
        Material::PublicKey => panic!(),
    };
    assert_eq!((above(1), above(10)), (0, 9));
    assert!(chain(0).is_err() && chain(11).is_err());
}

#[test]
fn lists_end_before_they_cost_anything() {
    let many = |pointer: &'static str, count: usize| {
        changed(|bundle| {
            let list = bundle.pointer_mut(pointer).unwrap();
            *list = Value::Array(vec![list[0].clone(); count]);
        })
    };
    for (pointer, cap) in [
        ("/verificationMaterial/tlogEntries", MAX_ENTRIES),
        ("/verificationMaterial/timestampVerificationData/rfc3161Timestamps", MAX_TIMESTAMPS),
        ("/verificationMaterial/tlogEntries/0/inclusionProof/hashes", MAX_HASHES),
    ] {
        assert!(many(pointer, cap).is_ok(), "{pointer}");
        let text = many(pointer, cap + 1).unwrap_err().to_string();
        assert!(text.contains(&format!("more than {cap} items")), "{text}");
    }
    assert!(Bundle::parse(&vec![b' '; MAX_BYTES + 1]).is_err());
}

#[test]
fn a_digest_has_its_length() {
    let digest = |algorithm: &str, digest: &str| {
        let named = json!({"algorithm": algorithm, "digest": digest});
        changed(|bundle| bundle["messageSignature"]["messageDigest"] = named)
    };
    assert!(digest("SHA2_256", "AAAA").is_err());
    // Not one that is verified here, but well-formed.
    assert_eq!(digest("SHA2_512", "AAAA").unwrap().digest(), None);
}

#[test]
fn a_key_is_no_certificate() {
    let read = changed(|bundle| {
        let material = bundle["verificationMaterial"].as_object_mut().unwrap();
        material.remove("certificate");
        material.insert("publicKey".into(), json!({"hint": "k"}));
    });
    let error = read.unwrap().certificate().unwrap_err();
    assert_eq!(error.form(), Form::Certificate);
    assert!(parse(&bundle()).unwrap().certificate().is_err());
}
