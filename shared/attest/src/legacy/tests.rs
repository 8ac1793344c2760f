use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use pysign_testkit::{bytes, changes};

use super::*;
use crate::certificate::tests::{certificate as der, least};
use crate::{Bundle, Content, Material};

const SIGNATURE: [u8; 4] = [0x30, 2, 5, 0];

fn pem() -> String {
    Certificate::from_der(&der(least())).unwrap().pem()
}

fn body() -> Value {
    json!({
        "apiVersion": "0.0.1",
        "kind": "hashedrekord",
        "spec": {
            "data": {"hash": {"algorithm": "sha256", "value": Sha256::of(b"file").to_string()}},
            "signature": {
                "content": STANDARD.encode(SIGNATURE),
                "publicKey": {"content": STANDARD.encode(pem())},
            },
        },
    })
}

fn legacy(body: &Value) -> Value {
    json!({
        "base64Signature": STANDARD.encode(SIGNATURE),
        "cert": STANDARD.encode(pem()),
        "rekorBundle": {
            "SignedEntryTimestamp": STANDARD.encode([0x30, 3]),
            "Payload": {
                "body": STANDARD.encode(body.to_string()),
                "integratedTime": 1_700_000_000,
                "logIndex": 7,
                "logID": Sha256::of(b"log").to_string(),
            },
        },
    })
}

fn proof() -> Value {
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    json!({
        "logIndex": "6",
        "rootHash": hash,
        "treeSize": "9",
        "hashes": [hash],
        "checkpoint": {"envelope": "x"},
    })
}

fn parse(legacy: &Value) -> Result<LegacyBundle, String> {
    LegacyBundle::parse(legacy.to_string().as_bytes()).map_err(|error| error.to_string())
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<LegacyBundle, String> {
    let mut legacy = legacy(&body());
    change(&mut legacy);
    parse(&legacy)
}

fn logged(change: impl FnOnce(&mut Value)) -> Result<LegacyBundle, String> {
    let mut body = body();
    change(&mut body);
    parse(&legacy(&body))
}

#[test]
fn with_a_proof_it_is_a_bundle() {
    let read = parse(&legacy(&body())).unwrap();
    assert_eq!((read.log(), read.log_index()), (Sha256::of(b"log"), 7));
    assert_eq!(read.digest(), Sha256::of(b"file"));
    let bundle = Bundle::parse(&read.to_bundle(&proof())).unwrap();
    assert_eq!(bundle.signature(), SIGNATURE);
    assert_eq!(bundle.digest(), Some(Sha256::of(b"file")));
    assert!(matches!(bundle.content, Content::Message { .. }));
    assert!(matches!(&bundle.material, Material::Certificates(leaf, _) if *leaf == der(least())));
    let [entry] = bundle.entries.as_slice() else { panic!("{:?}", bundle.entries) };
    assert_eq!((entry.index, entry.log), (7, Sha256::of(b"log")));
    assert_eq!((entry.integrated_time, entry.promised), (1_700_000_000, true));
    assert_eq!(entry.kind(), ("hashedrekord", "0.0.1"));
    assert_eq!(entry.proof.as_ref().unwrap().tree_size, 9);
}

/// Both in the document and in the entry's body.
#[test]
fn every_change_is_refused_or_changes_the_bundle() {
    let changes = |document: &Value| [changes(document), bytes(document)].concat();
    let bodies = changes(&body()).into_iter().map(|(what, body)| (what, legacy(&body)));
    let certified = changes(&legacy(&body())).into_iter().chain(bodies).collect();
    let (mut count, mut taken) = (0, 0);
    for (good, changes) in [(legacy(&body()), certified), (by_key(), changes(&by_key()))] {
        let good = parse(&good).unwrap().to_bundle(&proof());
        for (what, document) in changes {
            count += 1;
            if let Ok(read) = parse(&document) {
                taken += 1;
                assert_ne!(read.to_bundle(&proof()), good, "{what}");
            }
        }
    }
    assert!(count > 1000 && taken > 10, "{taken} of {count}");
}

#[test]
fn signature_and_certificate_are_those_of_the_log_entry() {
    let other = STANDARD.encode([0x30, 2, 5, 1]);
    let refused = changed(|it| it["base64Signature"] = json!(other)).unwrap_err();
    assert!(refused.ends_with("the log entry is for another signature"), "{refused}");

    let mut extensions = least();
    extensions.reverse();
    let other = Certificate::from_der(&der(extensions)).unwrap().pem();
    let refused = changed(|it| it["cert"] = json!(STANDARD.encode(other))).unwrap_err();
    assert!(refused.ends_with("the log entry is for another certificate or key"), "{refused}");
    let spelt = pem().trim_end().to_owned();
    assert!(changed(|it| it["cert"] = json!(STANDARD.encode(spelt))).is_err());
}

/// A key on P-256, as `openssl pkey -pubout` writes it.
const KEY: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEk6OmqS5DB/UM4agcXHo1FQGnjvpZ
VD5tu1bDWBKI0pY9cVSgaYPc2cS2E1yHjIn9yIgFRU43x9057PSCltq78A==
-----END PUBLIC KEY-----
";

/// As cosign signs with a key that the user keeps.
fn by_key() -> Value {
    let mut body = body();
    body["spec"]["signature"]["publicKey"]["content"] = json!(STANDARD.encode(KEY));
    let mut legacy = legacy(&body);
    legacy.as_object_mut().unwrap().remove("cert");
    legacy
}

#[test]
fn a_key_is_in_the_log_entry() {
    let read = parse(&by_key()).unwrap();
    let bundle = Bundle::parse(&read.to_bundle(&proof())).unwrap();
    assert!(matches!(bundle.material, Material::PublicKey));
    let mut named = by_key();
    named["cert"] = json!(STANDARD.encode(KEY));
    assert_eq!(parse(&named).unwrap().to_bundle(&proof()), read.to_bundle(&proof()));
    named["cert"] = json!(STANDARD.encode(pem()));
    assert!(parse(&named).unwrap_err().ends_with("another certificate or key"));
}

#[test]
fn a_bundle_without_its_signer_or_its_entry_is_refused() {
    let without = |name| changed(|it| drop(it.as_object_mut().unwrap().remove(name))).unwrap_err();
    assert!(without("cert").ends_with("there is no 'cert'"));
    assert!(without("rekorBundle").contains("'rekorBundle'"));
    assert!(without("base64Signature").contains("'base64Signature'"));
    for cert in ["", "text", KEY, &format!("{}{}", pem(), pem())] {
        assert!(changed(|it| it["cert"] = json!(STANDARD.encode(cert))).is_err(), "{cert}");
    }
}

#[test]
fn a_log_entry_is_for_a_signature_over_a_sha256_digest() {
    for (place, value) in
        [("/kind", "dsse"), ("/apiVersion", "0.0.2"), ("/spec/data/hash/algorithm", "sha512")]
    {
        let refused = logged(|body| *body.pointer_mut(place).unwrap() = json!(value));
        assert!(refused.unwrap_err().contains("'rekorBundle.Payload.body."), "{place}");
    }
    for place in ["", "/spec", "/spec/data", "/spec/data/hash", "/spec/signature"] {
        let refused = logged(|body| body.pointer_mut(place).unwrap()["more"] = json!(1));
        assert!(refused.unwrap_err().contains("unknown member"), "{place}");
    }
}

#[test]
fn the_form_is_known_by_its_first_member() {
    assert!(LegacyBundle::is_legacy(legacy(&body()).to_string().as_bytes()));
    assert!(LegacyBundle::is_legacy(br#"{"base64Signature": 7}"#));
    for other in [&br#"{"mediaType": "x"}"#[..], b"{\"base64Signature\": ", b"AAAA", b"[]"] {
        assert!(!LegacyBundle::is_legacy(other));
    }
}

#[test]
fn sizes_end_before_they_cost_anything() {
    let mut long = body();
    long["spec"]["signature"]["content"] = json!(STANDARD.encode(vec![0; MAX_BODY]));
    assert!(parse(&legacy(&long)).unwrap_err().contains("more than 262144 bytes"));
    assert!(LegacyBundle::parse(&vec![b' '; MAX_BYTES + 1]).is_err());
    assert!(!LegacyBundle::is_legacy(&vec![b' '; MAX_BYTES + 1]));
}
