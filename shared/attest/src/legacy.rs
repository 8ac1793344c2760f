//! What cosign writes for `sign-blob --bundle` unless it is told to write a Sigstore bundle: a
//! signature, the certificate, and the promise of Rekor v1 to log both (cosign,
//! `pkg/cosign/fetch.go`, `LocalSignedPayload`). It has no proof that the promise was kept; with
//! one from the log it is a Sigstore bundle. A signature by a key that the user keeps has no
//! certificate, and its key is in the log entry.

use pysign_host::Sha256;
use pysign_json::{Members, Numbers, Value, json, parse};

use crate::bundle::MAX_BYTES;
use crate::error::{Error, Fault, Form};
use crate::protobuf::{HEX, Protobuf as _, encode_base64};
use crate::{Certificate, PublicKey, Signed, SignedBy, SignedContent};

/// What a Sigstore bundle can hold of it, and what cosign logs for a signature over a file.
const KIND: (&str, &str) = ("hashedrekord", "0.0.1");
/// The member that no other document here has, spelt without escapes as cosign does.
const SIGNATURE: &str = "base64Signature";
/// Entries that cosign logs have 0.5 to 4 kB.
const MAX_BODY: usize = 256 << 10;

/// The parts of such a bundle, which say of signature and certificate the same as the log entry.
/// Nothing is said about whether that is true.
#[derive(Debug)]
pub struct LegacyBundle {
    signer: Signer,
    signature: Vec<u8>,
    digest: Sha256,
    entry: Entry,
}

/// What the signer is known by.
#[derive(Debug)]
enum Signer {
    Certificate(Certificate),
    Key(PublicKey),
}

/// The log's part.
#[derive(Debug)]
struct Entry {
    body: Vec<u8>,
    integrated_time: u64,
    index: u64,
    log: Sha256,
    promise: Vec<u8>,
}

/// What the log has taken: the content of an entry's body.
struct Logged {
    digest: Sha256,
    signature: Vec<u8>,
    pem: Vec<u8>,
    signer: Signer,
}

impl LegacyBundle {
    /// Whether `document` is JSON in this form rather than in another; it may be malformed.
    pub fn is_legacy(document: &[u8]) -> bool {
        // Most documents are not, and need not be parsed to know it.
        std::str::from_utf8(document).is_ok_and(|text| text.contains(SIGNATURE))
            && parse(document, MAX_BYTES, Numbers::Integers)
                .is_ok_and(|document| document.get(SIGNATURE).is_some())
    }

    /// Reads one bundle.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        Form::LegacyBundle.read(document, MAX_BYTES, Self::read)
    }

    fn read(mut bundle: Members) -> Result<Self, Fault> {
        let signature = bundle.bytes(SIGNATURE)?;
        let pem = bundle.optional_bytes("cert")?;
        let entry = Entry::read(bundle.object("rekorBundle")?)?;
        bundle.end()?;
        let logged = Logged::read(&entry.body)?;
        if signature != logged.signature {
            return Err(Fault::Rule("the log entry is for another signature"));
        }
        match pem {
            // Byte for byte, as cosign has sent it to the log: there is no other spelling.
            Some(pem) if pem != logged.pem => {
                return Err(Fault::Rule("the log entry is for another certificate or key"));
            }
            None if matches!(logged.signer, Signer::Certificate(_)) => {
                return Err(Fault::Rule("the log entry has a certificate, and there is no 'cert'"));
            }
            _ => {}
        }
        Ok(Self { signer: logged.signer, signature, digest: logged.digest, entry })
    }

    /// The log that gave the promise: the digest of its key.
    pub fn log(&self) -> Sha256 {
        self.entry.log
    }

    /// The entry's index in that log, over all shards.
    pub fn log_index(&self) -> u64 {
        self.entry.index
    }

    /// The digest of the file that was signed.
    pub fn digest(&self) -> Sha256 {
        self.digest
    }

    /// The same as a Sigstore bundle of version 0.3, in JSON, with the proof that the log gives for
    /// the entry: `inclusion_proof` as a bundle holds it (protobuf-specs, `InclusionProof`).
    pub fn to_bundle(&self, inclusion_proof: &Value) -> Vec<u8> {
        let entry = &self.entry;
        let entry = json!({
            "logIndex": entry.index.to_string(),
            "logId": {"keyId": encode_base64(entry.log.as_bytes())},
            "kindVersion": {"kind": KIND.0, "version": KIND.1},
            "integratedTime": entry.integrated_time.to_string(),
            "inclusionPromise": {"signedEntryTimestamp": encode_base64(&entry.promise)},
            "inclusionProof": inclusion_proof,
            "canonicalizedBody": encode_base64(&entry.body),
        });
        let content = SignedContent::File { digest: self.digest, signature: &self.signature };
        let signer = match &self.signer {
            Signer::Certificate(certificate) => SignedBy::Certificate(certificate.der()),
            Signer::Key(key) => SignedBy::Key(key),
        };
        Signed { content, signer }.to_bundle(&[entry], None).to_string().into_bytes()
    }
}

impl Entry {
    fn read(mut bundle: Members) -> Result<Self, Fault> {
        let promise = bundle.bytes("SignedEntryTimestamp")?;
        let mut payload = bundle.object("Payload")?;
        let read = Self {
            body: payload.bytes("body")?,
            integrated_time: payload.number("integratedTime")?,
            index: payload.number("logIndex")?,
            log: payload.parsed("logID", HEX)?,
            promise,
        };
        payload.end()?;
        bundle.end()?;
        Ok(read)
    }
}

impl Logged {
    /// Reads a body (rekor, `hashedrekord_v0_0_1_schema.json`).
    fn read(body: &[u8]) -> Result<Self, Fault> {
        let mut body = Members::protobuf(PLACE, parse(body, MAX_BODY, Numbers::Integers)?)?;
        let kind = (body.text("kind")?, body.text("apiVersion")?);
        if (kind.0.as_str(), kind.1.as_str()) != KIND {
            return Err(body.wrong("kind", "hashedrekord in version 0.0.1").into());
        }
        let mut spec = body.object("spec")?;
        let mut data = spec.object("data")?;
        let mut hash = data.object("hash")?;
        let mut signature = spec.object("signature")?;
        let mut key = signature.object("publicKey")?;
        if hash.text("algorithm")? != "sha256" {
            return Err(hash.wrong("algorithm", "sha256").into());
        }
        let pem = key.bytes("content")?;
        let read = Self {
            digest: hash.parsed("value", HEX)?,
            signature: signature.bytes("content")?,
            signer: Signer::read(&pem)?,
            pem,
        };
        for object in [hash, data, key, signature, spec, body] {
            object.end()?;
        }
        Ok(read)
    }
}

/// Where a body stands in the document.
const PLACE: &str = "rekorBundle.Payload.body";

impl Signer {
    /// A certificate or a public key in PEM.
    fn read(pem: &[u8]) -> Result<Self, Fault> {
        if let Ok(certificate) = Certificate::from_pem(pem) {
            return Ok(Self::Certificate(certificate));
        }
        let neither = Fault::Rule("its signer is neither one certificate nor one public key");
        PublicKey::from_pem(pem).map(Self::Key).map_err(|_| neither)
    }
}

#[cfg(test)]
mod tests;
