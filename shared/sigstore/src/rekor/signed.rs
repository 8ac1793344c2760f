//! What is submitted, in the forms that logs and verifiers have for it: an entry that is proposed
//! (rekor, `pkg/types`; rekor-tiles, `hashedrekord.proto`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{Certificate, KeyKind, PublicKey};
pub use pysign_attest::{Signed, SignedBy as Signer, SignedContent as Content};
use serde_json::{Value, json};
use sigstore_verify::types::KindVersion;

use super::LogVersion;

/// What [`is_provable`] says, and what is verified although it can't be made here, for man pages.
pub const KEYS: &str = "\
What a key may sign, by the version of the log that has the signature (v1 and v2 of Rekor):

  key       a file    a statement
  P-256     v1, v2    v1, v2
  P-384     v1 [1]    v1 [2]
  Ed25519   no        v1
  RSA       v1 [2]    v1 [2]

[1] Over SHA-256, which Rekor 1.5 does not accept by default. [2] pysign-verify accepts it, and \
pysign-sign does not make it. RSA keys have 2048 to 8192 bits, with PKCS #1 version 1.5 and SHA-256. \
Everything else is refused, and pysign-sign refuses it before anything is sent.";

/// Whether a signature of this kind can be logged and proven: a log must have an entry for it, and
/// the verifier must know that entry. Statements by P-384: the log wants SHA-256, the verifier SHA-384.
/// Files by Ed25519: the log wants Ed25519ph, the verifier Ed25519. In v2 the verifier knows P-256 only.
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
