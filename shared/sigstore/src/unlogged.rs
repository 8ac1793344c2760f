//! What can be known before anything is logged: whether a certificate is an authority's of the trusted
//! root, with the promise of a certificate log, and whether a timestamp is. What is in a log can't be
//! taken back, and everyone reads it.
//!
//! The library judges a certificate as part of a bundle, at a time that a log has put to its entry.
//! Before there is an entry, a log of our own puts the time when the certificate began: its key is
//! made here, is the only one in a copy of the trusted root, and goes with this value. So authorities,
//! windows, purposes and promises are judged by the code that judges them in the end, and nothing that
//! it finds good here is good anywhere else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pysign_attest::Certificate;
use pysign_host::Sha256;
use serde_json::{Value, json};
use sigstore_verify::VerificationPolicy;
use sigstore_verify::crypto::KeyPair;
use sigstore_verify::rekor::HashedRekord;
use sigstore_verify::tsa::{TsaAuthority, verify_timestamp_for_authority};
use sigstore_verify::types::{Bundle, DerCertificate, Sha256Hash, SignatureBytes, TimestampToken};

use crate::error::{Cause, said};
use crate::rekor::{Content, Signed, Signer};
use crate::{Error, TrustedRoot, authorities, signature_cache, timestamp};

/// Judges against one trusted root what is not logged yet.
pub struct Unlogged {
    log: EphemeralLog,
    library: sigstore_verify::Verifier,
    stamping: Vec<TsaAuthority>,
}

/// A log of our own, which puts the time.
struct EphemeralLog {
    key: KeyPair,
    id: Sha256,
}

impl Unlogged {
    /// Takes the authorities of `root`.
    pub fn new(root: &TrustedRoot) -> Result<Self, Error> {
        signature_cache::install();
        let TrustedRoot { name, mut root, .. } = root.clone();
        let refused = |cause| Error::TrustedRoot { file: name.clone(), cause };
        authorities::narrow(&mut root).map_err(refused)?;
        let (log, listed) = EphemeralLog::new().map_err(refused)?;
        root.tlogs =
            serde_json::from_value(json!([listed])).map_err(|cause| refused(cause.into()))?;
        let library =
            sigstore_verify::Verifier::new(&root).map_err(|cause| refused(said(&cause)))?;
        Ok(Self { log, library, stamping: root.tsa_authorities() })
    }

    /// Whether an authority has given `certificate` for signing, and a certificate log has promised to
    /// show it. `signature` is one by its key over bytes of this digest; what the bytes say does not matter.
    pub fn check_certificate(
        &self,
        certificate: &Certificate,
        digest: Sha256,
        signature: &[u8],
    ) -> Result<(), Cause> {
        let bundle = self.log.bundle(certificate, digest, signature)?;
        let bundle = Bundle::from_json(&bundle).map_err(|cause| said(&cause))?;
        let policy = VerificationPolicy::any_identity().skip_tlog_unsafe();
        let digest = Sha256Hash::new(*digest.as_bytes());
        let result = self.library.verify(digest, &bundle, &policy).map_err(|cause| said(&cause))?;
        if result.certificate_verified() && result.sct_verified() {
            Ok(())
        } else {
            Err("the certificate was not verified completely".into())
        }
    }

    /// When a timestamp authority has seen `signature`, in seconds since 1970.
    pub fn check_timestamp(&self, answer: &[u8], signature: &[u8]) -> Result<i64, Cause> {
        timestamp::check(&[answer.to_vec()])?;
        let (token, signature) =
            (TimestampToken::from_bytes(answer), SignatureBytes::from_bytes(signature));
        let mut refused: Cause = "the trusted root has no timestamp authority".into();
        for authority in &self.stamping {
            match verify_timestamp_for_authority(&token, &signature, authority) {
                Ok(time) => return Ok(time.as_second()),
                Err(cause) => refused = said(&cause),
            }
        }
        Err(refused)
    }
}

impl EphemeralLog {
    /// With its entry in a trusted root (protobuf-specs, `TransparencyLogInstance`).
    fn new() -> Result<(Self, Value), Cause> {
        let key = KeyPair::generate_ecdsa_p256().map_err(|cause| said(&cause))?;
        let spki = key.public_key_der().map_err(|cause| said(&cause))?;
        let id = Sha256::of(spki.as_bytes());
        let log = json!({
            "baseUrl": "",
            "hashAlgorithm": "SHA2_256",
            "publicKey": {
                "rawBytes": STANDARD.encode(spki.as_bytes()),
                "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            },
            "logId": {"keyId": STANDARD.encode(id.as_bytes())},
        });
        Ok((Self { key, id }, log))
    }

    /// A bundle that says that `certificate` has signed when it began.
    fn bundle(
        &self,
        certificate: &Certificate,
        digest: Sha256,
        signature: &[u8],
    ) -> Result<String, Cause> {
        let entry = HashedRekord::new(
            &Sha256Hash::new(*digest.as_bytes()),
            &SignatureBytes::from_bytes(signature),
            &DerCertificate::from_bytes(certificate.der()),
        );
        let body = STANDARD.encode(serde_json::to_vec(&entry)?);
        let time = certificate.not_before();
        // What Rekor v1 signs: these members, in this order.
        let promised = json!({
            "body": body,
            "integratedTime": time,
            "logID": self.id.to_string(),
            "logIndex": 0,
        });
        let promise =
            self.key.sign(promised.to_string().as_bytes()).map_err(|cause| said(&cause))?;
        let entry = json!({
            "canonicalizedBody": body,
            "inclusionPromise": {"signedEntryTimestamp": STANDARD.encode(promise.as_bytes())},
            "integratedTime": time.to_string(),
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
            "logId": {"keyId": STANDARD.encode(self.id.as_bytes())},
            "logIndex": "0",
        });
        let (content, signer) =
            (Content::File { digest, signature }, Signer::Certificate(certificate.der()));
        Ok(Signed { content, signer }.to_bundle(&[entry], None).to_string())
    }
}

#[cfg(test)]
mod tests;
