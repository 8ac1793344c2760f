//! The bodies that the logs have for a signature, written here and not checked by them: a log that
//! lies must be possible.

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use super::content::Content;
use super::key::KeyKind;
use super::signer::Credential;
use super::unmakeable;
use crate::Error;
use crate::pki::sha256;

/// Kind and version of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Hashedrekord,
    Hashedrekord2,
    Dsse,
    Intoto,
}

impl Kind {
    pub(crate) fn name(self) -> (&'static str, &'static str) {
        match self {
            Self::Hashedrekord => ("hashedrekord", "0.0.1"),
            Self::Hashedrekord2 => ("hashedrekord", "0.0.2"),
            Self::Dsse => ("dsse", "0.0.1"),
            Self::Intoto => ("intoto", "0.0.2"),
        }
    }
}

/// The body in its canonical form: members in the order of their names.
pub(crate) fn body(
    kind: Kind,
    content: &Content,
    signature: &[u8],
    credential: &Credential,
) -> Result<String, Error> {
    let spec = match kind {
        Kind::Hashedrekord => hashedrekord(content, signature, credential)?,
        Kind::Hashedrekord2 => hashedrekord_2(content, signature, credential)?,
        Kind::Dsse | Kind::Intoto => {
            let Content::Envelope { payload_type, payload } = content else {
                return unmakeable("a file has no envelope to log");
            };
            let envelope = content.envelope(signature).unwrap_or_default().to_string();
            let (envelope, payload) = (hash(envelope.as_bytes()), hash(payload));
            let verifier = BASE64.encode(credential.pem()?);
            let signature = BASE64.encode(signature);
            if kind == Kind::Dsse {
                json!({
                    "envelopeHash": envelope,
                    "payloadHash": payload,
                    "signatures": [{"signature": signature, "verifier": verifier}],
                })
            } else {
                // The signature has one more layer of base64 here.
                let signature = json!({"publicKey": verifier, "sig": BASE64.encode(signature)});
                json!({"content": {
                    "envelope": {"payloadType": payload_type, "signatures": [signature]},
                    "hash": envelope,
                    "payloadHash": payload,
                }})
            }
        }
    };
    let (name, version) = kind.name();
    Ok(json!({"apiVersion": version, "kind": name, "spec": spec}).to_string())
}

fn hash(bytes: &[u8]) -> Value {
    json!({"algorithm": "sha256", "value": hex::encode(sha256(bytes))})
}

fn hashedrekord(
    content: &Content,
    signature: &[u8],
    credential: &Credential,
) -> Result<Value, Error> {
    Ok(json!({
        "data": {"hash": {
            "algorithm": "sha256",
            "value": hex::encode(content.digest(&digest::SHA256)?),
        }},
        "signature": {
            "content": BASE64.encode(signature),
            "publicKey": {"content": BASE64.encode(credential.pem()?)},
        },
    }))
}

fn hashedrekord_2(
    content: &Content,
    signature: &[u8],
    credential: &Credential,
) -> Result<Value, Error> {
    let (algorithm, by) = match credential.key.kind {
        KeyKind::P384 => ("SHA2_384", &digest::SHA384),
        KeyKind::P256 | KeyKind::Ed25519 | KeyKind::Rsa => ("SHA2_256", &digest::SHA256),
    };
    let (name, der) = credential.der()?;
    let mut verifier = Map::new();
    // "keyDetails" sorts before both names.
    verifier.insert("keyDetails".to_owned(), json!(credential.key.details()));
    verifier.insert(name.to_owned(), json!({"rawBytes": BASE64.encode(der)}));
    Ok(json!({"hashedRekordV002": {
        "data": {"algorithm": algorithm, "digest": BASE64.encode(content.digest(by)?)},
        "signature": {"content": BASE64.encode(signature), "verifier": verifier},
    }}))
}

/// An entry as Rekor v1 answers it, in the form that bundles have.
pub(crate) fn of_version_1(answer: &Value, kind: Kind) -> Result<Value, Error> {
    let at = |pointer: &str| answer.pointer(pointer).cloned().unwrap_or_default();
    let number = |pointer: &str| Value::String(at(pointer).to_string());
    let bytes = |value: &Value| match hex::decode(value.as_str().unwrap_or_default()) {
        Ok(bytes) => Ok(BASE64.encode(bytes)),
        Err(_) => unmakeable("the log's answer has no hexadecimal where it should"),
    };
    let proof = |name: &str| format!("/verification/inclusionProof/{name}");
    let hashes = at(&proof("hashes"));
    let hashes = hashes.as_array().map_or(&[][..], Vec::as_slice);
    let hashes = hashes.iter().map(bytes).collect::<Result<Vec<_>, _>>()?;
    let (name, version) = kind.name();
    Ok(json!({
        "canonicalizedBody": at("/body"),
        "inclusionPromise": {"signedEntryTimestamp": at("/verification/signedEntryTimestamp")},
        "inclusionProof": {
            "checkpoint": {"envelope": at(&proof("checkpoint"))},
            "hashes": hashes,
            "logIndex": number(&proof("logIndex")),
            "rootHash": bytes(&at(&proof("rootHash")))?,
            "treeSize": number(&proof("treeSize")),
        },
        "integratedTime": number("/integratedTime"),
        "kindVersion": {"kind": name, "version": version},
        "logId": {"keyId": bytes(&at("/logID"))?},
        "logIndex": number("/logIndex"),
    }))
}
