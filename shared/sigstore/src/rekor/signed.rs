//! What is submitted, in the forms that logs and verifiers have for it: an entry that is proposed
//! (rekor, `pkg/types`; rekor-tiles, `hashedrekord.proto`) and a bundle (sigstore protobuf-specs).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::{Certificate, Envelope, KeyKind, PublicKey, encode_pem};
use pysign_host::Sha256;
use serde_json::{Value, json};
use sigstore_verify::types::KindVersion;

use super::LogVersion;

/// What was signed, and the signature.
#[derive(Clone, Copy, Debug)]
pub enum Content<'a> {
    /// A file.
    File {
        /// Its digest.
        digest: Sha256,
        /// The signature of it.
        signature: &'a [u8],
    },
    /// An envelope with its one signature.
    Envelope(&'a Envelope),
}

/// Whose signature it is.
#[derive(Clone, Copy, Debug)]
pub enum Signer<'a> {
    /// The holder's of a leaf certificate, in DER.
    Certificate(&'a [u8]),
    /// A key's that verifiers must have.
    Key(&'a PublicKey),
}

/// A signature and its signer.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// What was signed.
    pub content: Content<'a>,
    /// By whom.
    pub signer: Signer<'a>,
}

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

impl Content<'_> {
    /// The digest of the bytes that were signed.
    fn digest(&self) -> Sha256 {
        match self {
            Self::File { digest, .. } => *digest,
            Self::Envelope(envelope) => Sha256::of(&envelope.pae()),
        }
    }

    fn signature(&self) -> &[u8] {
        match self {
            Self::File { signature, .. } => signature,
            Self::Envelope(envelope) => &envelope.signature,
        }
    }

    /// The kind of entry that a log of version 1 has for it.
    pub(super) fn kind(&self) -> KindVersion {
        match self {
            Self::File { .. } => KindVersion::HashedRekordV001,
            Self::Envelope(_) => KindVersion::DsseV001,
        }
    }
}

impl Signer<'_> {
    /// The kind of its key; nothing of a certificate that Fulcio has not issued.
    pub(super) fn key_kind(&self) -> Option<KeyKind> {
        match self {
            Self::Certificate(leaf) => {
                let leaf = Certificate::from_der(leaf).ok()?;
                PublicKey::from_der(leaf.spki()).ok().map(|key| key.kind())
            }
            Self::Key(key) => Some(key.kind()),
        }
    }

    fn pem(&self) -> String {
        match self {
            Self::Certificate(leaf) => encode_pem(leaf, "CERTIFICATE"),
            Self::Key(key) => encode_pem(key.spki(), "PUBLIC KEY"),
        }
    }
}

impl Signed<'_> {
    /// The bundle that says so, with an entry as [`super::LogService::submit`] and [`super::search`]
    /// give it (sigstore protobuf-specs, `Bundle`, version 0.3).
    pub fn bundle(&self, entry: &Value) -> Value {
        let (name, signer) = match self.signer {
            Signer::Certificate(leaf) => {
                ("certificate", json!({"rawBytes": STANDARD.encode(leaf)}))
            }
            // What other clients write: the digest of the key, for people to compare.
            Signer::Key(key) => {
                ("publicKey", json!({"hint": STANDARD.encode(key.sha256().as_bytes())}))
            }
        };
        let (member, content) = match self.content {
            Content::File { digest, signature } => (
                "messageSignature",
                json!({
                    "messageDigest": {
                        "algorithm": "SHA2_256",
                        "digest": STANDARD.encode(digest.as_bytes()),
                    },
                    "signature": STANDARD.encode(signature),
                }),
            ),
            Content::Envelope(envelope) => ("dsseEnvelope", json_of(envelope)),
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {name: signer, "tlogEntries": [entry]},
            member: content,
        })
    }

    /// The entry that is proposed to a log of version 1. Of an envelope it keeps no more than
    /// hashes, and one over the very text that is sent.
    pub(super) fn proposal_v1(&self) -> Value {
        let verifier = STANDARD.encode(self.signer.pem());
        let (kind, spec) = match self.content {
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
                    "envelope": json_of(envelope).to_string(),
                    "verifiers": [verifier],
                }}),
            ),
        };
        json!({"apiVersion": "0.0.1", "kind": kind, "spec": spec})
    }

    /// The entry that is proposed to a log of version 2, by a P-256 key. There is one kind: of an
    /// envelope, the bytes that were signed are taken for the file.
    pub(super) fn proposal_v2(&self) -> Value {
        let (name, raw) = match self.signer {
            Signer::Certificate(leaf) => ("x509Certificate", leaf),
            Signer::Key(key) => ("publicKey", key.spki()),
        };
        json!({"hashedRekordRequestV002": {
            "digest": STANDARD.encode(self.content.digest().as_bytes()),
            "signature": {
                "content": STANDARD.encode(self.content.signature()),
                "verifier": {
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    name: {"rawBytes": STANDARD.encode(raw)},
                },
            },
        }})
    }
}

fn json_of(envelope: &Envelope) -> Value {
    json!({
        "payload": STANDARD.encode(&envelope.payload),
        "payloadType": envelope.payload_type,
        "signatures": [{"sig": STANDARD.encode(&envelope.signature)}],
    })
}
