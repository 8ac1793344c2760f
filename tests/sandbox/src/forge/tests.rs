use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::oid::ObjectIdentifier;
use der::{Decode as _, DecodePem as _, Encode as _};
use serde_json::{Value, json};
use x509_cert::Certificate;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use super::*;
use crate::http::Request;
use crate::identity::FULCIO;
use crate::pki::{Signed, verifies};
use crate::rekor_entry::pae;

fn forge(forge: &Forge) -> Forged {
    Sandbox::start().unwrap().forge(forge).unwrap()
}

fn bytes(value: &Value, pointer: &str) -> Vec<u8> {
    BASE64.decode(value.pointer(pointer).unwrap().as_str().unwrap()).unwrap()
}

fn leaf(forged: &Forged) -> Certificate {
    Certificate::from_pem(forged.pair().unwrap().1).unwrap()
}

/// The contents of Fulcio's extension .N, as often as it is there.
fn values(leaf: &Certificate, number: u32) -> Vec<Vec<u8>> {
    let oid: ObjectIdentifier = FULCIO.push_arc(number).unwrap();
    let all = leaf.tbs_certificate.extensions.iter().flatten();
    all.filter(|one| one.extn_id == oid).map(|one| one.extn_value.as_bytes().to_vec()).collect()
}

fn body(forged: &Forged) -> Value {
    let body =
        bytes(&forged.bundle().unwrap(), "/verificationMaterial/tlogEntries/0/canonicalizedBody");
    serde_json::from_slice(&body).unwrap()
}

#[test]
fn a_file_is_signed_by_the_certified_key_in_either_log() {
    for (version, kind, stamps) in [(1, "0.0.1", 0), (2, "0.0.2", 1)] {
        let forged = forge(&Forge::file(b"a").log(version));
        let bundle = forged.bundle().unwrap();
        let key = leaf(&forged).tbs_certificate.subject_public_key_info;
        let signature = bytes(&bundle, "/messageSignature/signature");
        assert!(verifies(&key, &Signed::Message(b"a"), &signature));
        let entry = &bundle["verificationMaterial"]["tlogEntries"][0];
        assert_eq!(entry["kindVersion"], json!({"kind": "hashedrekord", "version": kind}));
        assert_eq!(forged.timestamps.len(), stamps);
    }
}

#[test]
fn what_was_forged_is_what_the_log_takes_from_a_client() {
    let sandbox = Sandbox::start().unwrap();
    let forged = sandbox.forge(&Forge::statement_about("a", b"a", "t")).unwrap();
    let bundle = forged.bundle().unwrap();
    let post = |proposal: &Value| {
        let mut request = Request::new("POST", "/api/v1/log/entries");
        request.body = proposal.to_string().into_bytes();
        sandbox.world.rekor.answer(&request).unwrap().status
    };
    let pem = BASE64.encode(forged.pair().unwrap().1);
    let envelope = bundle["dsseEnvelope"].to_string();
    let content = json!({"envelope": envelope, "verifiers": [pem]});
    let spec = json!({"proposedContent": content});
    // It is there already: the bodies are the same.
    assert_eq!(post(&json!({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})), 409);

    let again = Forge::statement_about("a", b"a", "t").intoto_entry().signer_of(&forged);
    let again = sandbox.forge(&again).unwrap();
    let payload = bytes(&again.bundle().unwrap(), "/dsseEnvelope/payload");
    let logged = body(&again);
    let mut content = logged["spec"]["content"].clone();
    content["envelope"]["payload"] = json!(BASE64.encode(BASE64.encode(payload)));
    let proposal = |content: &Value| json!({"apiVersion": "0.0.2", "kind": "intoto", "spec": {"content": content}});
    assert_eq!(post(&proposal(&content)), 409);
    content["envelope"]["payload"] = json!(BASE64.encode(BASE64.encode("{}")));
    assert!(
        sandbox
            .world
            .rekor
            .answer(&{
                let mut request = Request::new("POST", "/api/v1/log/entries");
                request.body = proposal(&content).to_string().into_bytes();
                request
            })
            .is_err()
    );
}

#[test]
fn every_signature_is_found_by_what_it_is_about() {
    let sandbox = Sandbox::start().unwrap();
    for forge in [
        Forge::file(b"a"),
        Forge::digest(sha256(b"a")).token(TokenClaims::email("a@b.example")),
        Forge::publish_attestation("a", b"a"),
        Forge::publish_attestation("a", b"a").intoto_entry(),
    ] {
        sandbox.forge(&forge).unwrap();
    }
    sandbox.forge(&Forge::file(b"another")).unwrap();
    sandbox.crowd(b"a", 3).unwrap();
    let mut request = Request::new("POST", "/api/v1/index/retrieve");
    let hash = format!("sha256:{}", hex::encode(sha256(b"a")));
    request.body = json!({"hash": hash}).to_string().into_bytes();
    let answer = sandbox.world.rekor.answer(&request).unwrap();
    let found: Vec<String> = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(found.len(), 7);
}

#[test]
fn a_certificate_says_what_it_is_told_to() {
    let https = "https://gitlab.com/acme/demo";
    let forged =
        forge(&Forge::file(b"a").certificate(Leaf::of(TokenClaims::gitlab()).on_gitlab_com()));
    let text = |number| String::from_utf8(values(&leaf(&forged), number).concat()).unwrap();
    assert_eq!(text(1), "https://gitlab.com");
    assert!(text(12).ends_with(https));

    let leaf_of = |leaf_of: Leaf| leaf(&forge(&Forge::file(b"a").certificate(leaf_of)));
    let push = || Leaf::of(TokenClaims::gitlab());
    let names = leaf_of(push().names(&["https://a", "b@c.example"]));
    let (_, names) = names.tbs_certificate.get::<SubjectAltName>().unwrap().unwrap();
    assert_eq!(names.0.len(), 2);
    let other = leaf_of(push().extension(8, "https://x").another_extension(14, "refs/heads/x"));
    assert_eq!(values(&other, 8), [b"\x0c\x09https://x"]);
    assert_eq!(values(&other, 14).len(), 2);
    assert_ne!(values(&other, 1), [b"https://x"]);
    let raw = leaf_of(push().raw_extension(12, b"bare").without(14));
    assert_eq!(values(&raw, 12), [b"bare"]);
    assert!(values(&raw, 14).is_empty());
}

#[test]
fn keys_of_every_kind_sign() {
    let sandbox = Sandbox::start().unwrap();
    for kind in [KeyKind::P256, KeyKind::P384, KeyKind::Ed25519, KeyKind::Rsa] {
        let forged = sandbox.forge(&Forge::envelope("t", b"{}").key(kind)).unwrap();
        let key = SubjectPublicKeyInfoOwned::from_pem(forged.public_key().unwrap()).unwrap();
        let signature = bytes(&forged.bundle().unwrap(), "/dsseEnvelope/signatures/0/sig");
        assert!(verifies(&key, &Signed::Message(&pae("t", b"{}")), &signature), "{kind:?}");
        for version in [1, 2] {
            let file = sandbox.forge(&Forge::file(b"a").key(kind).log(version)).unwrap();
            assert!(
                file.bundle().unwrap()["verificationMaterial"]["publicKey"]["hint"].is_string()
            );
        }
        let digest = sandbox.forge(&Forge::digest([0; 32]).key(kind));
        assert_eq!(digest.is_ok(), kind == KeyKind::P256);
    }
}

#[test]
fn the_other_forms_have_the_same_parts() {
    let forged = forge(&Forge::publish_attestation("a", b"a"));
    let (bundle, attestation) = (forged.bundle().unwrap(), forged.attestation().unwrap());
    let entries = "/verification_material/transparency_entries";
    assert_eq!(attestation.pointer(entries), bundle.pointer("/verificationMaterial/tlogEntries"));
    assert_eq!(attestation["envelope"]["statement"], bundle["dsseEnvelope"]["payload"]);
    let provenance = forged.provenance("acme/demo").unwrap();
    assert_eq!(provenance["attestation_bundles"][0]["attestations"][0], attestation);

    let forged = forge(&Forge::file(b"a"));
    let (signature, pem) = forged.pair().unwrap();
    let legacy = forged.legacy().unwrap();
    assert_eq!(legacy["base64Signature"], signature);
    assert_eq!(bytes(&legacy, "/cert"), pem.as_bytes());
    assert_eq!(legacy["rekorBundle"]["Payload"]["logIndex"].as_u64(), forged.log_index());
    let der = leaf(&forged).to_der().unwrap();
    let certificate =
        bytes(&forged.bundle().unwrap(), "/verificationMaterial/certificate/rawBytes");
    assert_eq!(Certificate::from_der(&certificate).unwrap().to_der().unwrap(), der);
}

#[test]
fn what_has_no_form_is_said() {
    let (file, version_2) = (forge(&Forge::file(b"a")), forge(&Forge::file(b"a").log(2)));
    assert!(file.attestation().is_err());
    assert!(version_2.legacy().is_err());
    let sandbox = Sandbox::start().unwrap();
    assert!(sandbox.forge(&Forge::file(b"a").log(3)).is_err());
    assert!(sandbox.forge(&Forge::file(b"a").intoto_entry()).is_err());
    let expired = TokenClaims::gitlab().expired();
    assert!(sandbox.forge(&Forge::file(b"a").token(expired)).is_err());
}
