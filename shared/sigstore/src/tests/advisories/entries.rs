//! Log entries that are not those of the signature, or not the log's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_sandbox::{Forge, KeyKind, Sandbox};
use pysign_testkit::{Random, mutate};
use serde_json::{Value, json};
use sigstore_verify::rekor::body::RekorEntryBody;
use sigstore_verify::types::{CanonicalizedBody, KindVersion};

use super::{CERTIFICATE, CHECKPOINT, ENTRIES, ENTRY, PROOF, at, code};
use crate::tests::vectors::Vector;

/// Two good bundles of one form, for different files by different signers.
struct Form {
    name: String,
    good: Vector,
    other: Vector,
}

impl Form {
    /// Each way in which something is signed and logged.
    fn all(sandbox: &Sandbox) -> Vec<Self> {
        let mut forms = Vec::new();
        for (content, log) in
            [("file", 1), ("file", 2), ("statement", 1), ("statement", 2), ("intoto", 1)]
        {
            for keyed in [false, true] {
                let name = format!("{content} in Rekor v{log}, by a key: {keyed}");
                let vector = |bytes: &[u8]| {
                    let forge = match content {
                        "file" => Forge::file(bytes),
                        "statement" => Forge::statement_about("f", bytes, "p"),
                        _ => Forge::statement_about("f", bytes, "p").intoto_entry(),
                    };
                    let forge = forge.log(log);
                    let forge = if keyed { forge.key(KeyKind::P256) } else { forge };
                    let vector = Vector::forged(sandbox, &forge, bytes, |_| ());
                    assert_eq!(code(vector.prove()), "proven", "{name}");
                    vector
                };
                forms.push(Self { good: vector(b"a"), other: vector(b"b"), name: name.clone() });
            }
        }
        forms
    }

    /// What is thought of the bundle with the part at `place` of the other.
    fn with(&self, place: &str) -> Option<&'static str> {
        let part = self.other.json().pointer(place)?.clone();
        Some(code(self.good.changed(|bundle| *at(bundle, place) = part)))
    }
}

/// A genuine entry, of another signature.
#[test]
fn ghsa_ccxc_vr6p_4858() {
    for form in Form::all(&Sandbox::start().unwrap()) {
        let found = form.with(ENTRIES).unwrap();
        assert!(["log-invalid", "signature-invalid"].contains(&found), "{}: {found}", form.name);
    }
}

/// What the entry has and what the bundle has differ in the digest, the signature or the signer; or
/// the entry says nothing at all.
#[test]
fn ghsa_8gw7_4j42_w388() {
    for form in Form::all(&Sandbox::start().unwrap()) {
        let (good, other) = (&form.good, &form.other);
        let digest = good.verifier.prove(&other.subject(), &good.bundle, good.key.as_ref());
        assert!(code(digest).ends_with("-other-file"), "{}", form.name);
        for place in [
            "/messageSignature",
            "/messageSignature/signature",
            "/dsseEnvelope",
            "/dsseEnvelope/payload",
            "/dsseEnvelope/signatures",
            CERTIFICATE,
        ] {
            assert_ne!(form.with(place), Some("proven"), "{}: {place}", form.name);
        }
        if let Some(key) = &other.key {
            let by_other = good.verifier.prove(&good.subject(), &good.bundle, Some(key));
            assert_eq!(code(by_other), "key-mismatch", "{}", form.name);
        }
        for body in ["", "AAAA", "e30=", "bnVsbA=="] {
            let unreadable = good.changed(|bundle| {
                at(bundle, ENTRY)["canonicalizedBody"] = json!(body);
            });
            assert_eq!(code(unreadable), "log-invalid", "{}: {body}", form.name);
        }
    }
}

/// The older forms of bundles take no other way: what differs is refused in each of them.
#[test]
fn ghsa_whqx_f9j3_ch6m() {
    const OLDER: &str = "application/vnd.dev.sigstore.bundle+json;version=0.";
    let sandbox = Sandbox::start().unwrap();
    for form in Form::all(&sandbox).iter().filter(|form| form.good.key.is_none()) {
        for version in [1, 2, 3] {
            let older = |bundle: &mut Value| {
                bundle["mediaType"] = json!(format!("{OLDER}{version}"));
                if version < 3 {
                    let material = at(bundle, "/verificationMaterial").as_object_mut().unwrap();
                    let leaf = material.remove("certificate").unwrap();
                    let chain = json!({"certificates": [leaf]});
                    material.insert("x509CertificateChain".to_owned(), chain);
                }
            };
            // Version 0.1 is of a time when each entry had a promise.
            let expected = if version == 1 && form.name.contains("v2") {
                "signature-invalid"
            } else {
                "proven"
            };
            assert_eq!(code(form.good.changed(older)), expected, "{} {version}", form.name);
            let entry = at(&mut form.other.json(), ENTRIES).clone();
            let mixed = form.good.changed(|bundle| {
                older(bundle);
                *at(bundle, ENTRIES) = entry;
            });
            assert_ne!(code(mixed), "proven", "{} {version}", form.name);
        }
    }
}

/// Two entries of one log, and the same entry twice, are not two logs.
#[test]
fn ghsa_9vcr_p3rj_q5q6() {
    for form in Form::all(&Sandbox::start().unwrap()) {
        let mut entries = at(&mut form.good.json(), ENTRIES).clone();
        let own = entries[0].clone();
        let other = at(&mut form.other.json(), ENTRY).clone();
        for second in [own, other] {
            entries.as_array_mut().unwrap().truncate(1);
            entries.as_array_mut().unwrap().push(second);
            let twice = form.good.changed(|bundle| *at(bundle, ENTRIES) = entries.clone());
            assert_eq!(code(twice), "log-entries", "{}", form.name);
        }
    }
}

/// A valid proof, of another entry; and that entry's body with it.
#[test]
fn ghsa_q4xm_6fjc_5f6w() {
    for form in Form::all(&Sandbox::start().unwrap()) {
        assert_eq!(form.with(PROOF), Some("log-invalid"), "{}", form.name);
        let (entry, own) = (at(&mut form.other.json(), ENTRY).clone(), form.good.json());
        let both = form.good.changed(|bundle| {
            let ours = at(bundle, ENTRY);
            for part in ["inclusionProof", "canonicalizedBody", "logIndex"] {
                ours[part] = entry[part].clone();
            }
        });
        assert_ne!(code(both), "proven", "{}", form.name);
        assert_ne!(own.pointer(PROOF), entry.get("inclusionProof"));
    }
}

/// A checkpoint that another key has signed, one of another tree, and one with another root.
#[test]
fn ghsa_jp26_88mw_89qr() {
    let (sandbox, foreign) = (Sandbox::start().unwrap(), Sandbox::start().unwrap());
    for (form, foreign) in Form::all(&sandbox).iter().zip(Form::all(&foreign)) {
        let note =
            |vector: &Vector| at(&mut vector.json(), CHECKPOINT).as_str().unwrap().to_owned();
        let (ours, theirs) = (note(&form.good), note(&foreign.good));
        let (head, signatures) = ours.split_once("\n\n").unwrap();
        let (other_head, other_signatures) = theirs.split_once("\n\n").unwrap();
        for checkpoint in [
            format!("{head}\n\n{other_signatures}"),
            format!("{other_head}\n\n{signatures}"),
            theirs.clone(),
        ] {
            let found = form.good.changed(|bundle| *at(bundle, CHECKPOINT) = json!(checkpoint));
            assert_eq!(code(found), "log-invalid", "{}: {checkpoint}", form.name);
        }
    }
}

/// A time without the log's promise for it, where nothing else proves one.
#[test]
fn sigstore_js_3_1_1_f074710() {
    for form in Form::all(&Sandbox::start().unwrap()) {
        if form.name.contains("v2") {
            let timed = form.good.changed(|bundle| {
                at(bundle, ENTRY)["integratedTime"] = json!("1700000000");
                let material = at(bundle, "/verificationMaterial").as_object_mut().unwrap();
                material.remove("timestampVerificationData");
            });
            assert_eq!(code(timed), "log-invalid", "{}", form.name);
            continue;
        }
        let promised = form.good.changed(|bundle| {
            at(bundle, ENTRY).as_object_mut().unwrap().remove("inclusionPromise");
        });
        assert_eq!(code(promised), "log-invalid", "{}", form.name);
    }
}

/// A time that the log did not promise, earlier or later; and a promise that is none.
#[test]
fn tob_sigstore_2_and_3() {
    for form in Form::all(&Sandbox::start().unwrap()) {
        if form.name.contains("v2") {
            continue;
        }
        for by in [-600, -1, 1, 600] {
            let moved = form.good.changed(|bundle| {
                let time = &mut at(bundle, ENTRY)["integratedTime"];
                let seconds: i64 = time.as_str().unwrap().parse().unwrap();
                *time = json!((seconds + by).to_string());
            });
            assert_eq!(code(moved), "log-invalid", "{} {by}", form.name);
        }
        let place = format!("{ENTRY}/inclusionPromise");
        assert_eq!(form.with(&place), Some("log-invalid"), "{}", form.name);
    }
}

/// rekor GHSA-frqx-jfcm-6jjr, GHSA-273p-m2cw-6833, GHSA-843x-px86-vq42: bodies that are none, as a
/// log that lies could have them; no reader panics.
#[test]
fn ghsa_frqx_jfcm_6jjr() {
    const KINDS: [KindVersion; 4] = [
        KindVersion::HashedRekordV001,
        KindVersion::HashedRekordV002,
        KindVersion::DsseV001,
        KindVersion::IntotoV002,
    ];
    let mut random = Random::new(11);
    let mut read = 0;
    for form in Form::all(&Sandbox::start().unwrap()) {
        let entry = at(&mut form.good.json(), ENTRY).clone();
        let body = STANDARD.decode(entry["canonicalizedBody"].as_str().unwrap()).unwrap();
        for round in 0..500 {
            let body = if round > 0 { mutate(&mut random, &body, b"") } else { body.clone() };
            let body = CanonicalizedBody::new(body);
            read +=
                KINDS.iter().filter(|kind| RekorEntryBody::parse(&body, **kind).is_ok()).count();
        }
    }
    assert!(read >= 10, "{read}");
}
