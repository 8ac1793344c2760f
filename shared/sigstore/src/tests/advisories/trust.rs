//! Times that nobody vouches for, and keys that nobody trusts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cms::cert::CertificateChoices;
use cms::content_info::ContentInfo;
use cms::signed_data::SignedData;
use der::{Decode as _, Encode as _, Sequence};
use jiff::Timestamp;
use pysign_attest::{Certificate, PublicKey};
use pysign_sandbox::{Forge, KeyKind, Sandbox};
use serde_json::{Value, json};

use super::{STAMPS, at, code};
use crate::tests::vectors::{Vector, trusted_root, verifier};

/// Of two proven times one is outside of the certificate's validity: the log's or the timestamp's.
#[test]
fn tob_sigstore_4() {
    let sandbox = Sandbox::start().unwrap();
    for (service, offset, expected) in [
        ("tsa", 0, "proven"),
        ("tsa", 3600, "certificate-untrusted"),
        ("tsa", -3600, "certificate-untrusted"),
        ("rekor", -3600, "certificate-untrusted"),
    ] {
        sandbox.move_clock(service, offset).unwrap();
        let bytes = format!("{service}{offset}");
        let forge = Forge::file(bytes.as_bytes()).timestamps(1);
        let vector = Vector::forged(&sandbox, &forge, bytes.as_bytes(), |_| ());
        assert_eq!(code(vector.prove()), expected, "{service} {offset}");
        sandbox.move_clock(service, 0).unwrap();
    }
}

/// The log says a time that is still to come: a near one has come when the proof is made.
#[test]
fn tob_sigstore_7() {
    let sandbox = Sandbox::start().unwrap();
    for (offset, expected) in [(0, "proven"), (1, "proven"), (120, "clock-behind")] {
        sandbox.move_clock("rekor", offset).unwrap();
        for (bytes, forge) in [
            (format!("a{offset}"), Forge::file(format!("a{offset}").as_bytes())),
            (format!("b{offset}"), Forge::file(format!("b{offset}").as_bytes()).key(KeyKind::P256)),
        ] {
            let found = Vector::forged(&sandbox, &forge, bytes.as_bytes(), |_| ());
            let proven = found.prove();
            let now = Timestamp::now();
            assert!(proven.as_ref().map_or(true, |proof| proof.signed_at <= Some(now)));
            assert_eq!(code(proven), expected, "{offset}");
        }
    }
}

/// A retired authority does not borrow the window of another.
#[test]
fn tob_sigstore_11() {
    let (sandbox, other) = (Sandbox::start().unwrap(), Sandbox::start().unwrap());
    let theirs = trusted_root(&other)["timestampAuthorities"][0].clone();
    let judge = |retired: bool| {
        let change = |root: &mut Value| {
            let all = root["timestampAuthorities"].as_array_mut().unwrap();
            if retired {
                let start = all[0]["validFor"]["start"].clone();
                all[0]["validFor"] = json!({"start": start, "end": start});
            }
            all.push(theirs.clone());
        };
        let forge = Forge::file(b"f").log(2);
        code(Vector::forged(&sandbox, &forge, b"f", change).prove())
    };
    assert_eq!([judge(false), judge(true)], ["proven", "timestamp-invalid"]);
}

/// The reply of an authority (RFC 3161 §2.4.2).
#[derive(Sequence)]
struct Reply {
    status: der::Any,
    token: ContentInfo,
}

/// The token of `vector` with the certificates of `bag` put into it.
fn with_certificates(vector: &Vector, bag: &[Vec<u8>]) -> Value {
    let mut bundle = vector.json();
    let text = &mut at(&mut bundle, STAMPS)[0]["signedTimestamp"];
    let mut reply = Reply::from_der(&STANDARD.decode(text.as_str().unwrap()).unwrap()).unwrap();
    let mut data: SignedData = reply.token.content.decode_as().unwrap();
    let set = &mut data.certificates.as_mut().unwrap().0;
    for der in bag {
        let certificate = x509_cert::Certificate::from_der(der).unwrap();
        set.insert(CertificateChoices::Certificate(certificate)).unwrap();
    }
    reply.token.content = der::Any::encode_from(&data).unwrap();
    *text = json!(STANDARD.encode(reply.to_der().unwrap()));
    bundle
}

/// The checks are of the certificate that signed, whatever else is in the bag: the trusted one beside
/// a token of someone else is no help, and a stranger's beside a good token no harm.
#[test]
fn ghsa_xm5m_wgh2_rrg3() {
    let (sandbox, foreign) = (Sandbox::start().unwrap(), Sandbox::start().unwrap());
    let leaf = |sandbox: &Sandbox| {
        let root = trusted_root(sandbox);
        let text =
            root["timestampAuthorities"][0]["certChain"]["certificates"][0]["rawBytes"].clone();
        STANDARD.decode(text.as_str().unwrap()).unwrap()
    };
    let forge = Forge::file(b"f").log(2);
    let ours = Vector::forged(&sandbox, &forge, b"f", |_| ());
    let harmless = with_certificates(&ours, &[leaf(&foreign)]);
    assert_eq!(code(ours.prove_bytes(harmless.to_string().as_bytes())), "proven");
    // All is trusted of the foreign instance but its authority of timestamps.
    let theirs = Vector::forged(&foreign, &forge, b"f", |root| {
        root["timestampAuthorities"] = trusted_root(&sandbox)["timestampAuthorities"].clone();
    });
    assert_eq!(code(theirs.prove()), "timestamp-invalid");
    let helped = with_certificates(&theirs, &[leaf(&sandbox)]);
    assert_eq!(code(theirs.prove_bytes(helped.to_string().as_bytes())), "timestamp-invalid");
}

/// sigstore-rust 154: of two intermediates of one name the one that has signed is the issuer, and a
/// log's key that is not valid yet is no key.
#[test]
fn sigstore_rust_154() {
    let (sandbox, other) = (Sandbox::start().unwrap(), Sandbox::start().unwrap());
    let theirs = trusted_root(&other)["certificateAuthorities"][0].clone();
    for first in [true, false] {
        let vector = Vector::forged(&sandbox, &Forge::file(b"f"), b"f", |root| {
            let all = root["certificateAuthorities"].as_array_mut().unwrap();
            all.insert(usize::from(!first), theirs.clone());
        });
        assert_eq!(code(vector.prove()), "proven");
    }
    let alone = Vector::forged(&sandbox, &Forge::file(b"f"), b"f", |root| {
        root["certificateAuthorities"] = json!([theirs]);
    });
    assert_eq!(code(alone.prove()), "certificate-untrusted");
    for (log, list) in [(1, "tlogs"), (2, "tlogs"), (1, "ctlogs")] {
        let vector = Vector::forged(&sandbox, &Forge::file(b"f").log(log), b"f", |root| {
            for one in root[list].as_array_mut().unwrap() {
                one["publicKey"]["validFor"] = json!({"start": "2999-01-01T00:00:00Z"});
            }
        });
        assert_ne!(code(vector.prove()), "proven", "{list} {log}");
    }
}

/// A key that the user names has no window, but the key of its log has one.
#[test]
fn ghsa_wqqc_jjcq_vfxm() {
    let sandbox = Sandbox::start().unwrap();
    for log in [1, 2] {
        for (end, expected) in
            [("2999-01-01T00:00:00Z", "proven"), ("2026-01-01T00:00:00Z", "log-invalid")]
        {
            let forge = Forge::file(b"f").key(KeyKind::P256).log(log);
            let vector = Vector::forged(&sandbox, &forge, b"f", |root| {
                for one in root["tlogs"].as_array_mut().unwrap() {
                    let window = &mut one["publicKey"]["validFor"];
                    *window = json!({"start": "2021-01-01T00:00:00Z", "end": end});
                }
            });
            assert_eq!(code(vector.prove()), expected, "{log} {end}");
        }
    }
}

/// Keys come from the trusted root: the log's own answer is not asked for.
#[test]
fn ghsa_xvrc_2wvh_49vc() {
    let (sandbox, foreign) = (Sandbox::start().unwrap(), Sandbox::start().unwrap());
    for log in [1, 2] {
        let theirs = Vector::forged(&foreign, &Forge::file(b"f").log(log), b"f", |_| ());
        let ours = verifier(&sandbox, |_| ()).unwrap();
        assert_eq!(code(ours.prove(&theirs.subject(), &theirs.bundle, None)), "log-unknown");
        assert_eq!(code(theirs.prove()), "proven");
    }
    assert_eq!(foreign.exchanges().len() + sandbox.exchanges().len(), 0);
}

/// TSA GHSA-4qg8-fj49-pxjh: names of a million parts, within what a reader takes and beyond.
#[test]
fn ghsa_4qg8_fj49_pxjh() {
    for arcs in [40, 10_000, 60_000, 1_000_000] {
        let length = u32::try_from(arcs).unwrap().to_be_bytes();
        let oid = [&[6, 0x84][..], &length, &vec![1; arcs]].concat();
        let length = u32::try_from(oid.len()).unwrap().to_be_bytes();
        let name = [&[0x30, 0x84][..], &length, &oid].concat();
        assert!(Certificate::from_der(&name).is_err() && PublicKey::from_der(&name).is_err());
    }
}
