//! Forgeries made from good bundles: each is one change, and none is a proof any more.

use std::path::Path;

use pysign_host::{Problem as _, Sha256};
use serde_json::{Value, json};

use crate::tests::vectors::{BEACON, GITHUB, Vector, good, say, set};
use crate::{Expected, Subject};

/// Where the parts of a bundle are.
const ENTRIES: &str = "/verificationMaterial/tlogEntries";
const ENTRY: &str = "/verificationMaterial/tlogEntries/0";
const PROOF: &str = "/verificationMaterial/tlogEntries/0/inclusionProof";
const CHECKPOINT: &str = "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope";
const CERTIFICATE: &str = "/verificationMaterial/certificate/rawBytes";

/// 32 bytes that are no digest of anything.
const ZEROS: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

fn vector(name: &str) -> Option<Vector> {
    let vector = Vector::read(&set("conformance/bundle-verify")?.join(name)).unwrap();
    assert!(vector.prove().is_ok(), "{name}");
    Some(vector)
}

fn at<'v>(bundle: &'v mut Value, pointer: &str) -> &'v mut Value {
    bundle.pointer_mut(pointer).unwrap()
}

/// The code of the refusal of `vector` after `change`.
fn refused(vector: &Vector, change: impl FnOnce(&mut Value)) -> &'static str {
    vector.changed(change).map_or_else(|error| error.facts().code, |_| "nothing")
}

/// A forged part of a bundle.
struct Forgery {
    part: &'static str,
    /// Whether it is one of bundles with entries of Rekor v1, and of v2.
    of: [bool; 2],
    forge: fn(&mut Value),
    /// The code of the refusal.
    code: &'static str,
}

const BOTH: [bool; 2] = [true, true];
const ONLY_1: [bool; 2] = [true, false];

/// What other clients have taken for good bundles.
const FORGERIES: [Forgery; 11] = [
    Forgery {
        part: "the hashes of the inclusion proof are zeros",
        of: BOTH,
        forge: |bundle| {
            let hashes = &mut at(bundle, PROOF)["hashes"];
            let none = hashes.as_array().is_none_or(Vec::is_empty);
            *hashes = if none { json!([ZEROS]) } else { hashes.clone() };
            hashes.as_array_mut().unwrap().fill(json!(ZEROS));
        },
        code: "log-invalid",
    },
    Forgery {
        part: "the entry was integrated a second later",
        of: BOTH,
        forge: |bundle| {
            let time = &mut at(bundle, ENTRY)["integratedTime"];
            let second = time.as_str().map_or(0, |text| text.parse::<i64>().unwrap());
            *time = json!((second + 1).to_string());
        },
        code: "log-invalid",
    },
    Forgery {
        part: "the log's promise is a constant",
        of: BOTH,
        forge: |bundle| {
            at(bundle, ENTRY)["inclusionPromise"] = json!({"signedEntryTimestamp": "MAYCAQECAQE="});
        },
        code: "log-invalid",
    },
    Forgery {
        part: "there is no promise for the time",
        of: ONLY_1,
        forge: |bundle| {
            at(bundle, ENTRY).as_object_mut().unwrap().remove("inclusionPromise");
        },
        code: "log-invalid",
    },
    Forgery {
        part: "the checkpoint is junk",
        of: BOTH,
        forge: |bundle| *at(bundle, CHECKPOINT) = json!("junk"),
        code: "log-invalid",
    },
    Forgery {
        part: "the index is another",
        of: BOTH,
        forge: |bundle| at(bundle, ENTRY)["logIndex"] = json!("7"),
        code: "log-invalid",
    },
    Forgery {
        part: "there is no evidence of the log",
        of: BOTH,
        forge: |bundle| {
            let entry = at(bundle, ENTRY);
            entry["inclusionPromise"] = json!({"signedEntryTimestamp": "AAAA"});
            entry["inclusionProof"]["hashes"] = json!([]);
            entry["inclusionProof"]["checkpoint"]["envelope"] = json!("junk");
            entry["logId"]["keyId"] = json!(ZEROS);
        },
        code: "log-invalid",
    },
    Forgery {
        part: "a promise stands for the proof, as it did in version 0.1",
        of: BOTH,
        forge: |bundle| {
            bundle["mediaType"] = json!("application/vnd.dev.sigstore.bundle+json;version=0.1");
            at(bundle, ENTRY).as_object_mut().unwrap().remove("inclusionProof");
        },
        code: "log-proof-missing",
    },
    Forgery {
        part: "the log is an unknown one",
        of: BOTH,
        forge: |bundle| at(bundle, ENTRY)["logId"]["keyId"] = json!(ZEROS),
        code: "log-unknown",
    },
    Forgery {
        part: "there is a second entry, the same or without a proof",
        of: BOTH,
        forge: |bundle| {
            let entries = at(bundle, ENTRIES).as_array_mut().unwrap();
            let mut second = entries[0].clone();
            second.as_object_mut().unwrap().remove("inclusionProof");
            entries.push(second);
        },
        code: "log-entries",
    },
    Forgery {
        part: "there is text after the signatures of the checkpoint",
        of: BOTH,
        forge: |bundle| {
            let note = at(bundle, CHECKPOINT);
            *note = json!(format!("{}\nmore\n", note.as_str().unwrap()));
        },
        code: "log-invalid",
    },
];

#[test]
fn no_forged_part_is_taken_for_a_good_one() {
    let mut count = 0;
    for name in good::ALL {
        let Some(good) = vector(name) else { return };
        let version = usize::from([good::FILE_2, good::STATEMENT_2].contains(&name));
        for forgery in FORGERIES.iter().filter(|forgery| forgery.of[version]) {
            let code = refused(&good, forgery.forge);
            assert_eq!(code, forgery.code, "{name}: {}", forgery.part);
            count += 1;
        }
    }
    let rows = FORGERIES.len();
    say(&format!("forgeries: {count} of {count} refused, by {rows} kinds of forged parts"));
}

#[test]
fn a_bundle_without_an_entry_is_refused() {
    for name in good::ALL {
        let Some(good) = vector(name) else { return };
        assert_eq!(refused(&good, |bundle| *at(bundle, ENTRIES) = json!([])), "log-entries");
    }
}

/// Each log of the trusted root answers for its own entries only.
#[test]
fn an_entry_does_not_pass_for_one_of_another_trusted_log() {
    let (Some(good), Some(set)) = (vector(good::FILE_2), set("conformance/bundle-verify")) else {
        return;
    };
    let root = std::fs::read(set.join(good::FILE_2).join("trusted_root.json")).unwrap();
    let root: Value = serde_json::from_slice(&root).unwrap();
    let own = good.json().pointer(&format!("{ENTRY}/logId/keyId")).unwrap().clone();
    let logs = root["tlogs"].as_array().unwrap();
    let other = logs.iter().map(|log| &log["logId"]["keyId"]).find(|id| **id != own).unwrap();
    let code = refused(&good, |bundle| at(bundle, ENTRY)["logId"]["keyId"] = other.clone());
    assert_eq!(code, "log-invalid");
}

#[test]
fn text_around_the_signatures_of_a_checkpoint_is_refused() {
    for name in good::ALL {
        let Some(good) = vector(name) else { return };
        for (find, replace) in
            [("=\n", "=\n\nmore\n"), ("=\n\n", "=\n\n\n"), ("=\n\n—", "=\n\n\n—")]
        {
            let code = refused(&good, |bundle| {
                let note = at(bundle, CHECKPOINT);
                let text = note.as_str().unwrap();
                let (head, tail) = text.rsplit_once(find).unwrap_or((text, ""));
                *note = json!(format!("{head}{replace}{tail}"));
            });
            assert_eq!(code, "log-invalid", "{name} {find:?}");
        }
    }
}

/// Parts that are each genuine, of two bundles of the same signer and log.
#[test]
fn parts_of_another_bundle_are_refused() {
    let Some(good) = vector(good::FILE_1) else { return };
    let Some(other) = vector("happy-path-v0.2") else { return };
    let as_newer = |bundle: &mut Value| {
        bundle["mediaType"] = good.json()["mediaType"].clone();
        let material = at(bundle, "/verificationMaterial").as_object_mut().unwrap();
        let chain = material.remove("x509CertificateChain").unwrap();
        material.insert("certificate".to_owned(), chain["certificates"][0].clone());
    };
    assert!(other.changed(as_newer).is_ok());
    let mut other = other.json();
    as_newer(&mut other);
    for pointer in [
        CERTIFICATE,
        ENTRIES,
        PROOF,
        "/messageSignature",
        "/messageSignature/signature",
        "/verificationMaterial",
        "/verificationMaterial/tlogEntries/0/canonicalizedBody",
        "/verificationMaterial/tlogEntries/0/inclusionPromise",
        "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint",
    ] {
        let part = other.pointer(pointer).unwrap().clone();
        assert_ne!(good.json().pointer(pointer), Some(&part), "{pointer}");
        assert!(good.changed(|bundle| *at(bundle, pointer) = part).is_err(), "{pointer}");
    }
}

#[test]
fn another_file_is_refused() {
    for name in [good::FILE_1, good::FILE_2] {
        let Some(good) = vector(name) else { return };
        let prove = |bundle: &Value| {
            let bundle = bundle.to_string();
            let subject =
                Subject { file: Path::new("x"), digest: Sha256::of(b"x"), filename: None };
            good.verifier.prove(&subject, bundle.as_bytes(), None)
        };
        let mut bundle = good.json();
        assert_eq!(prove(&bundle).unwrap_err().facts().code, "signature-other-file", "{name}");
        bundle["messageSignature"].as_object_mut().unwrap().remove("messageDigest");
        assert_eq!(prove(&bundle).unwrap_err().facts().code, "signature-invalid", "{name}");
        // SHA-256 of "x".
        let digest = "LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=";
        bundle["messageSignature"]["messageDigest"] =
            json!({"algorithm": "SHA2_256", "digest": digest});
        assert_eq!(prove(&bundle).unwrap_err().facts().code, "signature-invalid", "{name}");
    }
}

/// The signature is good, and so is the timestamp; only the certificate had ended.
#[test]
fn a_time_after_the_certificate_is_refused() {
    let Some(set) = set("conformance/bundle-verify") else { return };
    let late = Vector::read(&set.join("rekor2-timestamp-with-incorrect-time_fail")).unwrap();
    let code = refused(&late, |bundle| {
        // The case has line breaks in its base64, for which alone it would be refused.
        let pointer = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0";
        let token = &mut at(bundle, pointer)["signedTimestamp"];
        *token = json!(token.as_str().unwrap().replace('\n', ""));
    });
    assert_eq!(code, "certificate-untrusted");
}

#[test]
fn authorities_come_from_the_trusted_root_alone() {
    let Some(good) = vector("happy-path-v0.2") else { return };
    let chain = "/verificationMaterial/x509CertificateChain/certificates";
    let code = refused(&good, |bundle| {
        let certificates = at(bundle, chain).as_array_mut().unwrap();
        certificates.push(certificates[0].clone());
    });
    assert_eq!(code, "certificate-untrusted");
}

#[test]
fn what_is_not_supported_is_not_passed_over() {
    let Some(good) = vector(good::FILE_1) else { return };
    let digest = refused(&good, |bundle| {
        bundle["messageSignature"]["messageDigest"]["algorithm"] = json!("SHA2_512");
    });
    let key = refused(&good, |bundle| {
        let material = at(bundle, "/verificationMaterial").as_object_mut().unwrap();
        material.remove("certificate");
        material.insert("publicKey".to_owned(), json!({"hint": "k"}));
    });
    let entry = refused(&good, |bundle| {
        at(bundle, ENTRY)["kindVersion"] = json!({"kind": "rekord", "version": "0.0.1"});
    });
    assert_eq!([digest, entry], ["signature-unsupported"; 2]);
    assert_eq!(key, "signer-kind");
}

#[test]
fn another_signer_is_named() {
    let Some(good) = vector(good::FILE_1) else { return };
    let proof = good.prove().unwrap();
    let check = |identity: &str, issuer: &str| {
        Expected::exact(identity, issuer).check_proof(Path::new("a.txt"), &proof)
    };
    assert!(check(BEACON, GITHUB).is_ok());
    let error = check(&BEACON[..20], GITHUB).unwrap_err();
    let facts = error.facts();
    assert_eq!((facts.code, facts.evidence.unwrap().found.as_str()), ("identity-mismatch", BEACON));
    assert_eq!(facts.hint, None);
    let error = check(BEACON, "https://gitlab.com").unwrap_err();
    let facts = error.facts();
    assert_eq!((facts.code, facts.evidence.unwrap().found.as_str()), ("issuer-mismatch", GITHUB));
    assert_eq!(facts.hint, None);
}
