//! The entries of Rekor v1: what is proposed is checked, and logged in one canonical form.

use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::http::{Refused, base64, refused, text};
use crate::log::verifier;
use crate::pki::{self, Signed, sha256};

/// The body that is logged for a proposal; members in the order of their names.
pub(crate) fn canonical(proposed: &Value) -> Result<String, Refused> {
    let kind = text(proposed, "kind")?;
    let spec = member(proposed, "spec");
    let spec = match (kind, text(proposed, "apiVersion")?) {
        ("hashedrekord", "0.0.1") => hashedrekord(spec)?,
        ("dsse", "0.0.1") => dsse(member(spec, "proposedContent"))?,
        _ => return Err(refused("there are no entries of this kind and version")),
    };
    Ok(json!({"apiVersion": "0.0.1", "kind": kind, "spec": spec}).to_string())
}

fn hashedrekord(spec: &Value) -> Result<Value, Refused> {
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
    Ok(json!({
        "data": {"hash": {"algorithm": "sha256", "value": hex::encode(&digest)}},
        "signature": {
            "content": BASE64.encode(signature),
            "publicKey": {"content": BASE64.encode(pem)},
        },
    }))
}

/// Of an envelope, only hashes are logged, and the signature that was checked.
fn dsse(proposed: &Value) -> Result<Value, Refused> {
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
    // DSSE 1.0, PAE: lengths are in bytes.
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    let signed = [head.as_bytes(), &payload].concat();
    if !pki::verifies(&key, &Signed::Message(&signed), &base64(signature, "sig")?) {
        return Err(refused("could not verify envelope"));
    }
    let hash = |bytes: &[u8]| json!({"algorithm": "sha256", "value": hex::encode(sha256(bytes))});
    Ok(json!({
        "envelopeHash": hash(envelope.as_bytes()),
        "payloadHash": hash(&payload),
        "signatures": [{"signature": text(signature, "sig")?, "verifier": BASE64.encode(pem)}],
    }))
}

/// Whether a logged body is about the artifact or payload of this hash, in hexadecimal.
pub(crate) fn names_hash(body: &str, hash: &str) -> bool {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    ["/spec/data/hash/value", "/spec/payloadHash/value", "/spec/envelopeHash/value"]
        .iter()
        .any(|pointer| body.pointer(pointer).and_then(Value::as_str) == Some(hash))
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
        let body = canonical(&proposal).unwrap();
        assert!(!body.contains("proposedContent"));
        assert!(names_hash(&body, &hex::encode(sha256(b"{}"))));
        assert!(!names_hash(&body, &hex::encode(sha256(b"[]"))));
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
        let body = canonical(&proposal).unwrap();
        proposal["spec"]["proposedContent"]["verifiers"][0] = json!(BASE64.encode(pem));
        assert_eq!(canonical(&proposal).unwrap(), body);
    }
}
