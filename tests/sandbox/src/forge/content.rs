//! What is signed.

use aws_lc_rs::digest::{self, digest};
use serde_json::{Value, json};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::entry::Kind;
use super::key::SigningKey;
use super::unmakeable;
use crate::Error;
use crate::pki::sha256;
use crate::rekor_entry::{pae, subjects};

#[derive(Clone, Debug)]
pub(crate) enum Content {
    File(Vec<u8>),
    /// A file by its SHA-256.
    Digest([u8; 32]),
    Envelope {
        payload_type: String,
        payload: Vec<u8>,
    },
}

impl Content {
    pub(crate) fn sign(&self, key: &SigningKey) -> Result<Vec<u8>, Error> {
        match self {
            Self::File(bytes) => key.sign(bytes),
            Self::Digest(digest) => key.sign_sha256(digest),
            Self::Envelope { payload_type, payload } => key.sign(&pae(payload_type, payload)),
        }
    }

    /// The kind of entry that clients make of it.
    pub(crate) fn kind(&self, log: u8) -> Result<Kind, Error> {
        match (self, log) {
            (Self::File(_) | Self::Digest(_), 1) => Ok(Kind::Hashedrekord),
            (Self::Envelope { .. }, 1) => Ok(Kind::Dsse),
            (_, 2) => Ok(Kind::Hashedrekord2),
            _ => unmakeable(format!("there is no Rekor v{log}")),
        }
    }

    /// The digest that an entry of kind hashedrekord has, by `algorithm`.
    pub(crate) fn digest(&self, algorithm: &'static digest::Algorithm) -> Result<Vec<u8>, Error> {
        match self {
            Self::File(bytes) => Ok(digest(algorithm, bytes).as_ref().to_vec()),
            Self::Digest(known) if *algorithm == digest::SHA256 => Ok(known.to_vec()),
            Self::Digest(_) => unmakeable("of a SHA-256 no other digest can be made"),
            Self::Envelope { payload_type, payload } => {
                Ok(digest(algorithm, &pae(payload_type, payload)).as_ref().to_vec())
            }
        }
    }

    /// The hashes by which Rekor v1's index finds the entry.
    pub(crate) fn names(&self) -> Vec<String> {
        match self {
            Self::File(bytes) => vec![hex::encode(sha256(bytes))],
            Self::Digest(digest) => vec![hex::encode(digest)],
            Self::Envelope { payload, .. } => {
                let mut names = subjects(payload);
                names.push(hex::encode(sha256(payload)));
                names
            }
        }
    }

    /// The envelope in its JSON, with this signature.
    pub(crate) fn envelope(&self, signature: &[u8]) -> Option<Value> {
        let Self::Envelope { payload_type, payload } = self else { return None };
        Some(json!({
            "payload": BASE64.encode(payload),
            "payloadType": payload_type,
            "signatures": [{"sig": BASE64.encode(signature)}],
        }))
    }
}
