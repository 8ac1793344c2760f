//! What is submitted, in the forms that logs and verifiers have for it: an entry that is proposed
//! (rekor, `pkg/types`; rekor-tiles, `hashedrekord.proto`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{Certificate, KeyKind, PublicKey};
pub use pysign_attest::{Signed, SignedBy as Signer, SignedContent as Content};
use serde_json::{Value, json};
use sigstore_verify::types::KindVersion;

use super::LogVersion;

/// Whether a signature of this kind can be logged and proven: a log must have an entry for it, and
/// the verifier must know that entry.
///
/// | key | file, v1 | statement, v1 | file or statement, v2 |
/// |---|---|---|---|
/// | P-256 | yes | yes | yes |
/// | P-384 | over SHA-256, if the log was told to take that | no: the log wants SHA-256, the verifier SHA-384 | no: the verifier knows P-256 only |
/// | Ed25519 | no: the log wants Ed25519ph, the verifier Ed25519 | yes | no, for both reasons |
/// | RSA | yes | yes | no: the verifier knows P-256 only |
///
/// Rekor v1 refuses P-384 over SHA-256 by default since it has a list of algorithms
/// (`client-signing-algorithms`), with a status and a reason of its own.
pub fn is_provable(version: LogVersion, key: KeyKind, content: Content<'_>) -> bool {
    let is_file = matches!(content, Content::File { .. });
    match (version, key) {
        (_, KeyKind::P256) | (LogVersion::V1, KeyKind::Rsa) => true,
        (LogVersion::V1, KeyKind::P384) => is_file,
        (LogVersion::V1, KeyKind::Ed25519) => !is_file,
        (LogVersion::V2, _) => false,
    }
}

/// The kind of entry that a log of version 1 has for it.
pub(super) fn kind(content: Content<'_>) -> KindVersion {
    match content {
        Content::File { .. } => KindVersion::HashedRekordV001,
        Content::Envelope(_) => KindVersion::DsseV001,
    }
}

/// The kind of the signer's key; nothing of a certificate that Fulcio has not issued.
pub(super) fn key_kind(signer: Signer<'_>) -> Option<KeyKind> {
    match signer {
        Signer::Certificate(leaf) => {
            let leaf = Certificate::from_der(leaf).ok()?;
            PublicKey::from_der(leaf.spki()).ok().map(|key| key.kind())
        }
        Signer::Key(key) => Some(key.kind()),
    }
}

/// The entry that is proposed to a log of version 1. Of an envelope it keeps no more than
/// hashes, and one over the very text that is sent.
pub(super) fn proposal_v1(signed: Signed<'_>) -> Value {
    let verifier = STANDARD.encode(signed.signer.pem());
    let (kind, spec) = match signed.content {
        Content::File { digest, signature } => (
            "hashedrekord",
            json!({
                "data": {"hash": {"algorithm": "sha256", "value": digest.to_string()}},
                "signature": {
                    "content": STANDARD.encode(signature),
                    "publicKey": {"content": verifier},
                },
            }),
        ),
        Content::Envelope(envelope) => (
            "dsse",
            json!({"proposedContent": {
                "envelope": envelope.to_value().to_string(),
                "verifiers": [verifier],
            }}),
        ),
    };
    json!({"apiVersion": "0.0.1", "kind": kind, "spec": spec})
}

/// The entry that is proposed to a log of version 2, by a P-256 key. There is one kind: of an
/// envelope, the bytes that were signed are taken for the file.
pub(super) fn proposal_v2(signed: Signed<'_>) -> Value {
    let (name, raw) = match signed.signer {
        Signer::Certificate(leaf) => ("x509Certificate", leaf),
        Signer::Key(key) => ("publicKey", key.spki()),
    };
    json!({"hashedRekordRequestV002": {
        "digest": STANDARD.encode(signed.content.digest().as_bytes()),
        "signature": {
            "content": STANDARD.encode(signed.content.signature()),
            "verifier": {
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                name: {"rawBytes": STANDARD.encode(raw)},
            },
        },
    }})
}
