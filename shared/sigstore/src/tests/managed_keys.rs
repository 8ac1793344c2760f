//! Signatures by a key that the user names, in every form that a log has for them.

use jiff::{SignedDuration, Timestamp};
use pysign_attest::PublicKey;
use pysign_host::{Evidence, Problem as _};
use pysign_sandbox::{Forge, KeyKind, Sandbox};
use serde_json::json;

use crate::Signer;
use crate::tests::vectors::Vector;

const NAME: &str = "demo-1.0.0-py3-none-any.whl";
const KINDS: [KeyKind; 4] = [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa];

fn statement() -> Forge {
    Forge::statement_about(NAME, b"wheel", "p")
}

#[test]
fn every_kind_of_key_signs_statements_in_every_kind_of_entry() {
    let sandbox = Sandbox::start().unwrap();
    for kind in KINDS {
        for forge in [statement(), statement().intoto_entry(), statement().log(2)] {
            let what = format!("{kind:?} {forge:?}");
            let proven =
                Vector::forged(&sandbox, &forge.clone().key(kind), b"wheel", |_| ()).prove();
            if what.contains("log: 2") && kind != KeyKind::P256 {
                assert_eq!(proven.unwrap_err().facts().code, "signature-unsupported", "{what}");
                continue;
            }
            let proof = proven.unwrap();
            assert!(matches!(&proof.signer, Signer::Key(_)) && proof.certificate().is_none());
            assert_eq!(proof.statement.unwrap().subjects[0].name, NAME, "{what}");
            assert!(proof.signed_at.is_some());
        }
    }
}

#[test]
fn a_file_is_signed_by_keys_that_sign_its_sha256() {
    let sandbox = Sandbox::start().unwrap();
    for (kind, version, code) in [
        (KeyKind::P256, 1, None),
        (KeyKind::P256, 2, None),
        (KeyKind::Rsa, 1, None),
        (KeyKind::Rsa, 2, Some("signature-unsupported")),
        // Over SHA-384, as clients sign with such a key.
        (KeyKind::P384, 1, Some("signature-unsupported")),
        (KeyKind::P384, 2, Some("signature-unsupported")),
        (KeyKind::Ed25519, 1, Some("signature-unsupported")),
        (KeyKind::Ed25519, 2, Some("signature-unsupported")),
    ] {
        let forge = Forge::file(b"wheel").key(kind).log(version);
        let proven = Vector::forged(&sandbox, &forge, b"wheel", |_| ()).prove();
        assert_eq!(proven.err().map(|error| error.facts().code), code, "{kind:?} {version}");
    }
}

/// Without a timestamp Rekor v2 says no time, and a key needs none.
#[test]
fn a_key_may_be_without_a_time() {
    let sandbox = Sandbox::start().unwrap();
    let forge = Forge::file(b"wheel").key(KeyKind::P256).log(2);
    let proof =
        Vector::forged(&sandbox, &forge.clone().timestamps(0), b"wheel", |_| ()).prove().unwrap();
    assert_eq!((proof.signed_at, proof.times.len(), proof.timestamps), (None, 0, 0));
    let proof = Vector::forged(&sandbox, &forge.timestamps(2), b"wheel", |_| ()).prove().unwrap();
    assert_eq!((proof.times.len(), proof.timestamps), (2, 2));
    assert_eq!(proof.signed_at, proof.times.iter().min().copied());
}

#[test]
fn another_key_of_the_same_kind_is_another_signer() {
    let sandbox = Sandbox::start().unwrap();
    for kind in KINDS {
        let [mut good, other] =
            [0, 1].map(|_| Vector::forged(&sandbox, &statement().key(kind), b"wheel", |_| ()));
        assert!(good.prove().is_ok());
        let ours = good.key.take();
        good.key = other.key;
        let error = good.prove().unwrap_err();
        let facts = error.facts();
        assert_eq!(facts.code, "key-mismatch", "{kind:?}");
        let digest =
            |key: &Option<PublicKey>| format!("key sha256:{}", key.as_ref().unwrap().sha256());
        let Evidence { expected, found } = facts.evidence.unwrap();
        assert_eq!((expected, found), (digest(&good.key), digest(&ours)));
        // Of tampered bytes it is not the key that is wrong.
        let changed = good.changed(|bundle| {
            let signature = &mut bundle["dsseEnvelope"]["signatures"][0]["sig"];
            *signature = json!("AAAA");
        });
        assert_eq!(changed.unwrap_err().facts().code, "signature-invalid", "{kind:?}");
    }
}

/// Neither passes for the other: a key that happens to be a certificate's vouches for nobody.
#[test]
fn a_key_is_no_certificate_and_a_certificate_no_key() {
    let sandbox = Sandbox::start().unwrap();
    let mut keyed =
        Vector::forged(&sandbox, &Forge::file(b"wheel").key(KeyKind::P256), b"wheel", |_| ());
    let key = keyed.key.take();
    assert_eq!(keyed.prove().unwrap_err().facts().code, "signer-kind");
    let mut certified = Vector::forged(&sandbox, &Forge::file(b"wheel"), b"wheel", |_| ());
    certified.key = key;
    assert_eq!(certified.prove().unwrap_err().facts().code, "signer-kind");
    // Its own key, and the certificate taken out of the bundle: the entry is by the certificate.
    let proof = Vector { key: None, ..certified }.prove().unwrap();
    let spki = proof.certificate().unwrap().spki().to_owned();
    let mut own = Vector::forged(&sandbox, &Forge::file(b"wheel"), b"wheel", |_| ());
    own.key = PublicKey::from_der(&spki).ok();
    let code = own.changed(|bundle| {
        let material = bundle["verificationMaterial"].as_object_mut().unwrap();
        material.remove("certificate");
        material.insert("publicKey".to_owned(), json!({"hint": "k"}));
    });
    assert_eq!(code.unwrap_err().facts().code, "signature-invalid");
}

/// Without a time that is proven, the log may have made the entry after its end.
#[test]
fn a_closed_log_proves_nothing_without_a_time() {
    let sandbox = Sandbox::start().unwrap();
    let window = |start: i64, end: i64| {
        let time = |days| (Timestamp::now() + SignedDuration::from_hours(24 * days)).to_string();
        json!({"start": time(start), "end": time(end)})
    };
    let (open, closed, later) = (window(-2, 1), window(-2, -1), window(1, 2));
    for (timestamps, windows) in [
        (0, [(&open, None), (&closed, Some("log-invalid")), (&later, Some("log-invalid"))]),
        (1, [(&open, None), (&closed, Some("log-invalid")), (&later, Some("log-invalid"))]),
    ] {
        let forge = Forge::file(b"wheel").key(KeyKind::P256).log(2).timestamps(timestamps);
        for (window, code) in windows {
            let vector = Vector::forged(&sandbox, &forge, b"wheel", |root| {
                root["tlogs"][1]["publicKey"]["validFor"] = window.clone();
            });
            let found = vector.prove().err().map(|error| error.facts().code);
            assert_eq!(found, code, "{timestamps} {window}");
        }
    }
}
