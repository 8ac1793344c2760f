//! A signature that was made, in each of the forms that clients write and read.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use der::Encode as _;
use serde_json::{Value, json};

use super::content::Content;
use super::key::KeyKind;
use super::signer::Credential;
use super::unmakeable;
use crate::Error;

/// A signature, logged. The forms are JSON values where they are JSON, so that a test changes what
/// it likes.
#[derive(Clone, Debug)]
pub struct Forged {
    pub(super) content: Content,
    pub(super) credential: Arc<Credential>,
    pub(super) signature: Vec<u8>,
    /// The entry as a bundle has it.
    pub(super) logged: Value,
    /// As Rekor v1 answered it.
    pub(super) promised: Option<Value>,
    pub(super) timestamps: Vec<Vec<u8>>,
}

impl Forged {
    /// A Sigstore bundle, version 0.3.
    pub fn bundle(&self) -> Result<Value, Error> {
        let mut material = serde_json::Map::new();
        let (name, signer) = self.credential.material()?;
        material.insert(name.to_owned(), signer);
        material.insert("tlogEntries".to_owned(), json!([self.logged]));
        if !self.timestamps.is_empty() {
            let each = |token: &Vec<u8>| json!({"signedTimestamp": BASE64.encode(token)});
            let all: Vec<Value> = self.timestamps.iter().map(each).collect();
            let data = json!({"rfc3161Timestamps": all});
            material.insert("timestampVerificationData".to_owned(), data);
        }
        let (name, content) = match self.content.envelope(&self.signature) {
            Some(envelope) => ("dsseEnvelope", envelope),
            None => ("messageSignature", self.message()?),
        };
        let mut bundle = json!({
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
        });
        if let Some(members) = bundle.as_object_mut() {
            members.insert(name.to_owned(), content);
        }
        Ok(bundle)
    }

    fn message(&self) -> Result<Value, Error> {
        let (name, algorithm) = match self.credential.key.kind {
            KeyKind::P384 => ("SHA2_384", &digest::SHA384),
            _ => ("SHA2_256", &digest::SHA256),
        };
        let digest = BASE64.encode(self.content.digest(algorithm)?);
        Ok(json!({
            "messageDigest": {"algorithm": name, "digest": digest},
            "signature": BASE64.encode(&self.signature),
        }))
    }

    /// An attestation (PEP 740). It has no place for a timestamp, nor for a key.
    pub fn attestation(&self) -> Result<Value, Error> {
        let (Content::Envelope { payload, .. }, Some(certificate)) =
            (&self.content, &self.credential.certificate)
        else {
            return unmakeable("an attestation has a statement and a certificate");
        };
        Ok(json!({
            "envelope": {
                "signature": BASE64.encode(&self.signature),
                "statement": BASE64.encode(payload),
            },
            "verification_material": {
                "certificate": BASE64.encode(certificate.to_der()?),
                "transparency_entries": [self.logged],
            },
            "version": 1,
        }))
    }

    /// An index's provenance object (PEP 740) with this attestation, published from a GitLab project.
    pub fn provenance(&self, project: &str) -> Result<Value, Error> {
        Ok(json!({
            "attestation_bundles": [{
                "attestations": [self.attestation()?],
                "publisher": {
                    "environment": null,
                    "kind": "GitLab",
                    "repository": project,
                    "workflow_filepath": ".gitlab-ci.yml",
                },
            }],
            "version": 1,
        }))
    }

    /// What `cosign sign-blob --bundle` writes up to version 2: a promise of the log, and no proof.
    pub fn legacy(&self) -> Result<Value, Error> {
        let Some(entry) = &self.promised else {
            return unmakeable("Rekor v2 makes no promise");
        };
        let at = |pointer: &str| entry.pointer(pointer).cloned().unwrap_or_default();
        Ok(json!({
            "base64Signature": BASE64.encode(&self.signature),
            "cert": BASE64.encode(self.credential.pem()?),
            "rekorBundle": {
                "Payload": {
                    "body": at("/body"),
                    "integratedTime": at("/integratedTime"),
                    "logID": at("/logID"),
                    "logIndex": at("/logIndex"),
                },
                "SignedEntryTimestamp": at("/verification/signedEntryTimestamp"),
            },
        }))
    }

    /// The texts of `F.sig` and `F.crt`: base64 without a line break, and one PEM block.
    pub fn pair(&self) -> Result<(String, String), Error> {
        Ok((BASE64.encode(&self.signature), self.credential.pem()?))
    }

    /// The signer's public key in PEM, as `--key` takes it.
    pub fn public_key(&self) -> Result<String, Error> {
        self.credential.key.pem()
    }

    /// Where the log has it, over all of its shards.
    pub fn log_index(&self) -> Option<u64> {
        self.logged.get("logIndex")?.as_str()?.parse().ok()
    }
}
