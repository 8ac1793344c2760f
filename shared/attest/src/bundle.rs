//! A Sigstore bundle (protobuf-specs, `sigstore_bundle.proto`, versions 0.1 to 0.3 in their JSON
//! form), read in full: a member that is not known here is refused, because another reader may make
//! something of it.

use pysign_host::Sha256;
use pysign_json::Members;

use crate::Certificate;
use crate::envelope::Envelope;
use crate::error::{Error, Fault, Form};
use crate::protobuf::{HASH, Protobuf as _, decode_hash};

/// Bundles have 5 to 15 kB; with an in-toto statement of many subjects some 100 kB.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// One is needed; what other clients take at most.
pub(crate) const MAX_ENTRIES: usize = 32;
/// As many as log entries; each costs several signature checks.
const MAX_TIMESTAMPS: usize = 32;
/// A leaf and the authorities above it, of which the deepest known has two.
const MAX_CERTIFICATES: usize = 10;
/// A proof has one hash for each level of a tree of at most 2^63 leaves.
const MAX_HASHES: usize = 63;

const MEDIA_TYPES: [&str; 4] = [
    "application/vnd.dev.sigstore.bundle+json;version=0.1",
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];

/// A bundle's parts. Nothing is said about whether they are true, or belong together.
#[derive(Debug)]
pub struct Bundle {
    /// The signature, and what it is over.
    pub content: Content,
    /// Whose signature it is said to be.
    pub material: Material,
    /// The log entries.
    pub entries: Vec<LogEntry>,
    /// The RFC 3161 timestamps in DER.
    pub timestamps: Vec<Vec<u8>>,
}

/// What was signed, and the signature.
#[derive(Debug)]
pub enum Content {
    /// An envelope with a statement in it (DSSE).
    Envelope(Envelope),
    /// A file, by its digest.
    Message {
        /// `messageDigest`, if there is one: the algorithm's name and the digest.
        digest: Option<(String, Vec<u8>)>,
        /// The signature.
        signature: Vec<u8>,
    },
}

/// What the signer is known by.
#[derive(Debug)]
pub enum Material {
    /// A leaf certificate in DER, and those above it.
    Certificates(Vec<u8>, Vec<Vec<u8>>),
    /// A key that the verifier must have.
    PublicKey,
}

/// An entry of a transparency log.
#[derive(Debug)]
pub struct LogEntry {
    /// Its place in the whole log, over all shards.
    pub index: u64,
    /// Which log: the digest of its key.
    pub log: Sha256,
    kind: (String, String),
    /// What the log has a leaf for: JSON of that kind.
    pub body: Vec<u8>,
    /// When the log says it took it, in seconds since 1970; 0 is never.
    pub integrated_time: u64,
    /// Whether the log promises with a signature to include it.
    pub promised: bool,
    /// That it is in the log.
    pub proof: Option<InclusionProof>,
}

/// The way from an entry to a tree head that its log has signed.
#[derive(Debug)]
pub struct InclusionProof {
    /// The entry's place in the tree.
    pub index: u64,
    /// The tree's number of leaves.
    pub tree_size: u64,
    /// The tree's root.
    pub root_hash: Sha256,
    /// The signed tree head (C2SP `tlog-checkpoint`).
    pub checkpoint: String,
}

impl Bundle {
    /// Reads one bundle.
    pub fn parse(document: &[u8]) -> Result<Self, Error> {
        Form::Bundle.read(document, MAX_BYTES, Self::read)
    }

    fn read(mut bundle: Members) -> Result<Self, Fault> {
        let media_type = bundle.text("mediaType")?;
        if !MEDIA_TYPES.contains(&media_type.as_str()) {
            return Err(bundle
                .wrong("mediaType", "that of a bundle, version 0.1, 0.2 or 0.3")
                .into());
        }
        let content = Content::read(&mut bundle)?;
        let mut material = bundle.object("verificationMaterial")?;
        bundle.end()?;
        let read = Self {
            content,
            entries: material.objects("tlogEntries", MAX_ENTRIES, LogEntry::read)?,
            timestamps: timestamps(&mut material)?,
            material: Material::read(&mut material)?,
        };
        material.end()?;
        Ok(read)
    }

    /// The SHA-256 digest of the file that was signed, if the bundle says one.
    pub fn digest(&self) -> Option<Sha256> {
        match &self.content {
            Content::Message { digest: Some((algorithm, digest)), .. } if algorithm == SHA256 => {
                digest.as_slice().try_into().ok().map(Sha256::from_bytes)
            }
            _ => None,
        }
    }

    /// The signature.
    pub fn signature(&self) -> &[u8] {
        match &self.content {
            Content::Envelope(Envelope { signature, .. }) | Content::Message { signature, .. } => {
                signature
            }
        }
    }

    /// The signer's certificate.
    pub fn certificate(&self) -> Result<Certificate, Error> {
        match &self.material {
            Material::Certificates(leaf, _) => Certificate::from_der(leaf),
            Material::PublicKey => {
                Err(Form::Certificate.error(Fault::Rule("the bundle has a key in its place")))
            }
        }
    }
}

/// SHA-256 as a bundle names it.
const SHA256: &str = "SHA2_256";

impl Content {
    fn read(bundle: &mut Members) -> Result<Self, Fault> {
        let message = bundle.optional_object("messageSignature")?;
        let envelope = bundle.optional_object("dsseEnvelope")?;
        match (message, envelope) {
            (Some(message), None) => Self::message(message),
            (None, Some(envelope)) => Envelope::read(envelope).map(Self::Envelope),
            _ => Err(Fault::Rule("a bundle has either a messageSignature or a dsseEnvelope")),
        }
    }

    fn message(mut message: Members) -> Result<Self, Fault> {
        let signature = message.bytes("signature")?;
        let digest = message.optional_object("messageDigest")?.map(|mut digest| {
            let (algorithm, bytes) = (digest.text("algorithm")?, digest.bytes("digest")?);
            if algorithm == SHA256 && bytes.len() != 32 {
                return Err(digest.wrong("digest", HASH));
            }
            digest.end()?;
            Ok((algorithm, bytes))
        });
        message.end()?;
        Ok(Self::Message { digest: digest.transpose()?, signature })
    }
}

impl Material {
    fn read(material: &mut Members) -> Result<Self, Fault> {
        let single = material.optional_object("certificate")?;
        let chain = material.optional_object("x509CertificateChain")?;
        let key = material.optional_object("publicKey")?;
        match (single, chain, key) {
            (Some(single), None, None) => Ok(Self::Certificates(raw_bytes(single)?, Vec::new())),
            (None, Some(mut chain), None) => {
                let mut all = chain.objects("certificates", MAX_CERTIFICATES, raw_bytes)?;
                if all.is_empty() {
                    return Err(chain
                        .wrong("certificates", "a list of at least one certificate")
                        .into());
                }
                chain.end()?;
                let leaf = all.remove(0);
                Ok(Self::Certificates(leaf, all))
            }
            (None, None, Some(mut key)) => {
                key.optional_text("hint")?;
                key.end()?;
                Ok(Self::PublicKey)
            }
            _ => Err(Fault::Rule(
                "a bundle has one of certificate, x509CertificateChain and publicKey",
            )),
        }
    }
}

fn raw_bytes(mut object: Members) -> Result<Vec<u8>, Fault> {
    let bytes = object.bytes("rawBytes")?;
    object.end()?;
    Ok(bytes)
}

impl LogEntry {
    /// Kind and version of its body.
    pub fn kind(&self) -> (&str, &str) {
        (&self.kind.0, &self.kind.1)
    }

    pub(crate) fn read(mut entry: Members) -> Result<Self, Fault> {
        let mut log = entry.object("logId")?;
        let mut kind = entry.object("kindVersion")?;
        let promise = entry.optional_object("inclusionPromise")?;
        let read = Self {
            body: entry.bytes("canonicalizedBody")?,
            index: entry.integer("logIndex")?,
            log: log.hash("keyId")?,
            kind: (kind.text("kind")?, kind.text("version")?),
            integrated_time: entry.integer("integratedTime")?,
            promised: promise.is_some(),
            proof: entry
                .optional_object("inclusionProof")?
                .map(InclusionProof::read)
                .transpose()?,
        };
        if let Some(mut promise) = promise {
            promise.bytes("signedEntryTimestamp")?;
            promise.end()?;
        }
        log.end()?;
        kind.end()?;
        entry.end()?;
        Ok(read)
    }
}

impl InclusionProof {
    fn read(mut proof: Members) -> Result<Self, Fault> {
        proof.list("hashes", MAX_HASHES, |place, item| {
            let hash = item.as_str().and_then(decode_hash);
            hash.map(drop).ok_or(Fault::Json(pysign_json::Fault::Member { place, expected: HASH }))
        })?;
        let mut checkpoint = proof.object("checkpoint")?;
        let read = Self {
            index: proof.integer("logIndex")?,
            tree_size: proof.integer("treeSize")?,
            root_hash: proof.hash("rootHash")?,
            checkpoint: checkpoint.text("envelope")?,
        };
        checkpoint.end()?;
        proof.end()?;
        Ok(read)
    }
}

fn timestamps(material: &mut Members) -> Result<Vec<Vec<u8>>, Fault> {
    let Some(mut data) = material.optional_object("timestampVerificationData")? else {
        return Ok(Vec::new());
    };
    let stamps = data.objects("rfc3161Timestamps", MAX_TIMESTAMPS, |mut stamp| {
        let token = stamp.bytes("signedTimestamp")?;
        stamp.end()?;
        Ok::<_, Fault>(token)
    })?;
    data.end()?;
    Ok(stamps)
}

#[cfg(test)]
mod tests;
