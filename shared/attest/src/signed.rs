//! A signature and its signer as a Sigstore bundle of version 0.3 has them (protobuf-specs, `Bundle`):
//! the one place where bundles are written.

use pysign_host::Sha256;
use pysign_json::{Value, json};

use crate::protobuf::encode_base64;
use crate::{Envelope, PublicKey, pem};

/// What was signed, and the signature.
#[derive(Clone, Copy, Debug)]
pub enum SignedContent<'a> {
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
pub enum SignedBy<'a> {
    /// The holder's of a leaf certificate, in DER.
    Certificate(&'a [u8]),
    /// A key's that verifiers must have.
    Key(&'a PublicKey),
}

/// A signature and its signer.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// What was signed.
    pub content: SignedContent<'a>,
    /// By whom.
    pub signer: SignedBy<'a>,
}

impl SignedContent<'_> {
    /// The digest of the bytes that were signed.
    pub fn digest(&self) -> Sha256 {
        match self {
            Self::File { digest, .. } => *digest,
            Self::Envelope(envelope) => Sha256::of(&envelope.pae()),
        }
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        match self {
            Self::File { signature, .. } => signature,
            Self::Envelope(envelope) => &envelope.signature,
        }
    }
}

impl SignedBy<'_> {
    /// The certificate or the key as one PEM block.
    pub fn pem(&self) -> String {
        match self {
            Self::Certificate(leaf) => pem::encode(leaf, "CERTIFICATE"),
            Self::Key(key) => pem::encode(key.spki(), "PUBLIC KEY"),
        }
    }
}

impl Signed<'_> {
    /// The bundle with these log entries and, if there is one, an RFC 3161 timestamp.
    pub fn to_bundle(&self, entries: &[Value], timestamp: Option<&[u8]>) -> Value {
        let (name, signer) = match self.signer {
            SignedBy::Certificate(leaf) => {
                ("certificate", json!({"rawBytes": encode_base64(leaf)}))
            }
            // What other clients write: the digest of the key, for people to compare.
            SignedBy::Key(key) => {
                ("publicKey", json!({"hint": encode_base64(key.sha256().as_bytes())}))
            }
        };
        let mut material = json!({name: signer, "tlogEntries": entries});
        if let (Some(token), Some(members)) = (timestamp, material.as_object_mut()) {
            let data = json!({"rfc3161Timestamps": [{"signedTimestamp": encode_base64(token)}]});
            members.insert("timestampVerificationData".to_owned(), data);
        }
        let (name, content) = match self.content {
            SignedContent::File { digest, signature } => (
                "messageSignature",
                json!({
                    "messageDigest": {
                        "algorithm": "SHA2_256",
                        "digest": encode_base64(digest.as_bytes()),
                    },
                    "signature": encode_base64(signature),
                }),
            ),
            SignedContent::Envelope(envelope) => ("dsseEnvelope", envelope.to_value()),
        };
        json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            name: content,
        })
    }
}
