//! Statements that say nothing, or nothing of this file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_host::Sha256;
use pysign_sandbox::{Forge, KeyKind, Sandbox};
use serde_json::json;

use super::{ENTRIES, STAMPS, at, code};
use crate::tests::vectors::Vector;

/// What is thought of an envelope that was properly signed and logged, in either log.
fn signed(sandbox: &Sandbox, payload_type: &str, payload: &[u8]) -> [&'static str; 2] {
    [1, 2].map(|log| {
        let forge = Forge::envelope(payload_type, payload).log(log);
        code(Vector::forged(sandbox, &forge, b"f", |_| ()).prove())
    })
}

const STATEMENT: &str = "application/vnd.in-toto+json";

/// A signed payload that is no statement.
#[test]
fn ghsa_w6c6_c85g_mmv6() {
    let sandbox = Sandbox::start().unwrap();
    let digest = Sha256::of(b"f");
    let good = json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "f", "digest": {"sha256": digest.to_string()}}],
        "predicateType": "p",
    });
    let good = good.to_string();
    assert_eq!(signed(&sandbox, STATEMENT, good.as_bytes()), ["proven"; 2]);
    for payload in [
        "",
        "null",
        "{}",
        "[]",
        "x",
        "\"x\"",
        &good[1..],
        &format!("{good}x"),
        &format!("{good}{{}}"),
    ] {
        let codes = signed(&sandbox, STATEMENT, payload.as_bytes());
        assert_eq!(codes, ["statement-malformed"; 2], "{payload}");
    }
}

/// sigstore-rust 119 and 122: no subjects, or a payload of an unknown type, is about no file.
#[test]
fn sigstore_rust_119_and_122() {
    let sandbox = Sandbox::start().unwrap();
    let digest = Sha256::of(b"f").to_string();
    let of = |subjects: serde_json::Value| {
        json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": "p",
            "predicate": {},
        })
        .to_string()
    };
    let good = of(json!([{"name": "f", "digest": {"sha256": digest}}]));
    assert_eq!(signed(&sandbox, STATEMENT, good.as_bytes()), ["proven"; 2]);
    for subjects in [json!([]), json!([{"name": "f", "digest": {}}]), json!(null)] {
        let codes = signed(&sandbox, STATEMENT, of(subjects).as_bytes());
        assert_eq!(codes, ["statement-malformed"; 2]);
    }
    for other in ["", "application/json", "text/plain", "application/vnd.in-toto+json;x=y"] {
        assert_eq!(
            signed(&sandbox, other, good.as_bytes()),
            ["signature-unsupported"; 2],
            "{other}"
        );
    }
}

/// The library's answer to the question of subjects is used: a statement about other files.
#[test]
fn ghsa_mhg6_2q2v_9h2c() {
    let sandbox = Sandbox::start().unwrap();
    for log in [1, 2] {
        let forge = Forge::statement_about("f", b"f", "p").log(log);
        let good = Vector::forged(&sandbox, &forge, b"f", |_| ());
        assert_eq!(code(good.prove()), "proven");
        let other = Vector::forged(&sandbox, &forge, b"g", |_| ());
        assert_eq!(code(other.prove()), "statement-other-file");
    }
}

/// Any of several signatures in an envelope.
#[test]
fn tob_sigstore_9() {
    let sandbox = Sandbox::start().unwrap();
    for forge in [Forge::statement_about("f", b"f", "p"), Forge::publish_attestation("f", b"f")] {
        let [good, other] =
            [0, 1].map(|_| Vector::forged(&sandbox, &forge.clone().log(2), b"f", |_| ()));
        let place = "/dsseEnvelope/signatures";
        let theirs = at(&mut other.json(), place)[0].clone();
        let ours = at(&mut good.json(), place)[0].clone();
        for both in [json!([ours, theirs]), json!([theirs, ours]), json!([ours, ours]), json!([])] {
            let found = good.changed(|bundle| *at(bundle, place) = both);
            assert_eq!(code(found), "bundle-malformed");
        }
    }
}

/// Lists without end cost nothing: more than 32 entries or timestamps, more than 1024 subjects or 32
/// digests of one.
#[test]
fn ghsa_cq38_jh5f_37mq() {
    let sandbox = Sandbox::start().unwrap();
    let good = Vector::forged(&sandbox, &Forge::file(b"f").log(2), b"f", |_| ());
    for (place, cap, within) in [(ENTRIES, 32, "log-entries"), (STAMPS, 32, "timestamp-invalid")] {
        for (count, expected) in [(cap, within), (cap + 1, "bundle-malformed")] {
            let found = good.changed(|bundle| {
                let list = at(bundle, place).as_array_mut().unwrap();
                *list = vec![list[0].clone(); count];
            });
            assert_eq!(code(found), expected, "{place} {count}");
        }
    }
    let digest = Sha256::of(b"f").to_string();
    let subjects = |count: usize, digests: usize| {
        let mut named: serde_json::Map<_, _> =
            (1..digests).map(|number| (format!("d{number}"), json!("00"))).collect();
        named.insert("sha256".to_owned(), json!(digest));
        let subjects = vec![json!({"name": "f", "digest": named}); count];
        let statement = json!({
            "_type": "https://in-toto.io/Statement/v1",
            "subject": subjects,
            "predicateType": "p",
        });
        let forge = Forge::statement(&statement.to_string());
        code(Vector::forged(&sandbox, &forge, b"f", |_| ()).prove())
    };
    assert_eq!([subjects(1024, 1), subjects(1, 32)], ["proven"; 2]);
    assert_eq!([subjects(1025, 1), subjects(1, 33)], ["statement-malformed"; 2]);
}

/// cosign GHSA-88jx-383q-w4qc and GHSA-95pr-fxf5-86gv too: a million entries, and sizes that are only
/// claimed.
#[test]
fn ghsa_vfp6_jrw2_99g9() {
    let sandbox = Sandbox::start().unwrap();
    let good = Vector::forged(&sandbox, &Forge::file(b"f"), b"f", |_| ());
    for list in ["{},".repeat(1_000_000), "[".repeat(1_000_000), "9".repeat(1_000_000)] {
        let text = good.json().to_string();
        let longer = text.replace("\"tlogEntries\":[", &format!("\"tlogEntries\":[{list}"));
        assert_ne!(longer, text);
        assert_eq!(code(good.prove_bytes(longer.as_bytes())), "bundle-malformed");
    }
    let proof = "/verificationMaterial/tlogEntries/0/inclusionProof";
    for size in ["9223372036854775807", "18446744073709551615", "99999999999999999999999"] {
        let claimed = good.changed(|bundle| at(bundle, proof)["treeSize"] = json!(size));
        assert!(["log-invalid", "bundle-malformed"].contains(&code(claimed)), "{size}");
    }
}

/// The bytes that were signed count, and no others that mean the same.
#[test]
fn ghsa_7rmh_48mx_2vwc() {
    let sandbox = Sandbox::start().unwrap();
    for forge in [
        Forge::statement_about("f", b"f", "p"),
        Forge::statement_about("f", b"f", "p").log(2),
        Forge::statement_about("f", b"f", "p").key(KeyKind::Ed25519),
    ] {
        let good = Vector::forged(&sandbox, &forge, b"f", |_| ());
        let respelled = good.changed(|bundle| {
            let payload = at(bundle, "/dsseEnvelope/payload");
            let text = STANDARD.decode(payload.as_str().unwrap()).unwrap();
            *payload = json!(STANDARD.encode([&text[..], b"\n"].concat()));
        });
        assert_eq!(code(respelled), "signature-invalid");
    }
}
