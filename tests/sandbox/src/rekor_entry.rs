//! The entries of Rekor v1: what is proposed is checked, and logged in one canonical form.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

use crate::http::{Refused, base64, refused, text};
use crate::log::verifier;
use crate::pki::{self, Signed, sha256};

/// What a proposal becomes: the part of the body that depends on its kind, and the hashes by which
/// the index finds it.
type Spec = (Value, Vec<String>);

/// The body that is logged for a proposal, members in the order of their names; and its names in
/// the index.
pub(crate) fn canonical(proposed: &Value) -> Result<(String, Vec<String>), Refused> {
    let (kind, version) = (text(proposed, "kind")?, text(proposed, "apiVersion")?);
    let spec = member(proposed, "spec");
    let (spec, names) = match (kind, version) {
        ("hashedrekord", "0.0.1") => hashedrekord(spec)?,
        ("dsse", "0.0.1") => dsse(member(spec, "proposedContent"))?,
        ("intoto", "0.0.2") => intoto(member(spec, "content"))?,
        _ => return Err(refused("there are no entries of this kind and version")),
    };
    Ok((json!({"apiVersion": version, "kind": kind, "spec": spec}).to_string(), names))
}

fn hashedrekord(spec: &Value) -> Result<Spec, Refused> {
    let hash = member(member(spec, "data"), "hash");
    if text(hash, "algorithm")? != "sha256" {
        return Err(refused("the hash's algorithm is not sha256"));
    }
    let digest = hex::decode(text(hash, "value")?)?;
    if digest.len() != 32 {
        return Err(refused("the hash is not a SHA-256"));
    }
    let proposed = member(spec, "signature");
    let signature = base64(proposed, "content")?;
    let (pem, key) = verifier(&base64(member(proposed, "publicKey"), "content")?)?;
    if !pki::verifies(&key, &Signed::Digest(&digest), &signature) {
        return Err(refused("verifying signature: invalid signature"));
    }
    let digest = hex::encode(digest);
    let spec = json!({
        "data": {"hash": {"algorithm": "sha256", "value": digest}},
        "signature": {
            "content": BASE64.encode(signature),
            "publicKey": {"content": BASE64.encode(pem)},
        },
    });
    Ok((spec, vec![digest]))
}

/// Of an envelope, only hashes are logged, and the signature that was checked.
fn dsse(proposed: &Value) -> Result<Spec, Refused> {
    let envelope = text(proposed, "envelope")?;
    let parsed: Value = serde_json::from_str(envelope)?;
    let payload_type = text(&parsed, "payloadType")?;
    let payload = base64(&parsed, "payload")?;
    let [signature] = list(&parsed, "signatures") else {
        return Err(refused("the envelope has not one signature"));
    };
    let [verified_by] = list(proposed, "verifiers") else {
        return Err(refused("there is not one verifier"));
    };
    let encoded = json!({"verifier": verified_by});
    let (pem, key) = verifier(&base64(&encoded, "verifier")?)?;
    if !signs(&key, payload_type, &payload, &base64(signature, "sig")?) {
        return Err(refused("could not verify envelope"));
    }
    let mut names = subjects(&payload);
    names.extend([envelope.as_bytes(), &payload].map(|bytes| hex::encode(sha256(bytes))));
    let spec = json!({
        "envelopeHash": hash(envelope.as_bytes()),
        "payloadHash": hash(&payload),
        "signatures": [{"signature": text(signature, "sig")?, "verifier": BASE64.encode(pem)}],
    });
    Ok((spec, names))
}

/// The older entry of an envelope, whose payload and signature have one more layer of base64. The
/// payload is checked and dropped.
fn intoto(proposed: &Value) -> Result<Spec, Refused> {
    let envelope = member(proposed, "envelope");
    let payload_type = text(envelope, "payloadType")?;
    let payload = BASE64.decode(base64(envelope, "payload")?)?;
    let [signature] = list(envelope, "signatures") else {
        return Err(refused("the envelope has not one signature"));
    };
    let (pem, key) = verifier(&base64(signature, "publicKey")?)?;
    let decoded = BASE64.decode(base64(signature, "sig")?)?;
    if !signs(&key, payload_type, &payload, &decoded) {
        return Err(refused("could not verify envelope"));
    }
    let (payload_hash, envelope_hash) = (hash(&payload), member(proposed, "hash"));
    if *member(proposed, "payloadHash") != payload_hash {
        return Err(refused("the payload's hash is another"));
    }
    let mut names = subjects(&payload);
    names.push(hex::encode(sha256(&payload)));
    names.push(text(envelope_hash, "value")?.to_owned());
    let signature = json!({"publicKey": BASE64.encode(pem), "sig": text(signature, "sig")?});
    let spec = json!({"content": {
        "envelope": {"payloadType": payload_type, "signatures": [signature]},
        "hash": envelope_hash,
        "payloadHash": payload_hash,
    }});
    Ok((spec, names))
}

fn hash(bytes: &[u8]) -> Value {
    json!({"algorithm": "sha256", "value": hex::encode(sha256(bytes))})
}

fn signs(
    key: &SubjectPublicKeyInfoOwned,
    payload_type: &str,
    payload: &[u8],
    signature: &[u8],
) -> bool {
    pki::verifies(key, &Signed::Message(&pae(payload_type, payload)), signature)
}

/// What the signature of an envelope is over (DSSE 1.0, PAE). Lengths are in bytes.
pub(crate) fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// The SHA-256s of what an in-toto statement is about; none of another payload.
pub(crate) fn subjects(payload: &[u8]) -> Vec<String> {
    let statement: Value = serde_json::from_slice(payload).unwrap_or_default();
    let digest = |subject: &Value| subject.pointer("/digest/sha256")?.as_str().map(str::to_owned);
    list(&statement, "subject").iter().filter_map(digest).collect()
}

fn member<'a>(value: &'a Value, name: &str) -> &'a Value {
    value.get(name).unwrap_or(&Value::Null)
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    member(value, name).as_array().map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::Key;
    use der::EncodePem as _;
    use der::pem::LineEnding;

    fn proposal(key: &Key, signed_type: &str) -> Value {
        let signed = format!("DSSEv1 {} {signed_type} 2 {{}}", signed_type.len());
        let signature = BASE64.encode(key.sign(signed.as_bytes()).unwrap());
        let envelope = json!({
            "payload": BASE64.encode("{}"),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": signature}],
        });
        let pem = key.spki().to_pem(LineEnding::LF).unwrap();
        json!({
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {"proposedContent": {
                "envelope": envelope.to_string(),
                "verifiers": [BASE64.encode(pem)],
            }},
        })
    }

    #[test]
    fn an_envelope_is_logged_by_its_hashes() {
        let proposal = proposal(&Key::generate().unwrap(), "application/vnd.in-toto+json");
        let (body, names) = canonical(&proposal).unwrap();
        assert!(!body.contains("proposedContent"));
        assert!(names.contains(&hex::encode(sha256(b"{}"))));
        assert!(!names.contains(&hex::encode(sha256(b"[]"))));
    }

    #[test]
    fn a_statement_is_found_by_its_subjects() {
        let statement = br#"{"subject": [{"name": "a", "digest": {"sha256": "aa"}}, {}]}"#;
        assert_eq!(subjects(statement), ["aa"]);
        assert!(subjects(b"no JSON").is_empty());
    }

    #[test]
    fn an_envelope_signed_as_another_type_is_refused() {
        assert!(canonical(&proposal(&Key::generate().unwrap(), "text/plain")).is_err());
    }

    #[test]
    fn line_breaks_in_a_key_do_not_change_the_entry() {
        let key = Key::generate().unwrap();
        let pem = key.spki().to_pem(LineEnding::CRLF).unwrap();
        let mut proposal = proposal(&key, "application/vnd.in-toto+json");
        let logged = canonical(&proposal).unwrap();
        proposal["spec"]["proposedContent"]["verifiers"][0] = json!(BASE64.encode(pem));
        assert_eq!(canonical(&proposal).unwrap(), logged);
    }
}
