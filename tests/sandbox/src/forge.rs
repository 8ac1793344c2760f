//! Signatures made in the process, by the sandbox's own authorities and logs: what `pysign-sign`
//! does not write (attestations, statements, other keys, cosign's older forms), and what no honest
//! service would certify or log. Nothing that a client could check is left out: a certificate is
//! the authority's, has a promise of the CT log, and everything is logged, so that a search of
//! Rekor finds it too.
//!
//! A [`Forge`] says what is signed, by whom, and where it is logged; [`Sandbox::forge`] does it and
//! gives a [`Forged`], which is written as any form that clients read.

mod content;
mod entry;
mod forged;
mod key;
mod leaf;
mod signer;

use std::sync::Arc;

use crate::claims::TokenClaims;
use crate::pki::sha256;
use crate::{Error, Sandbox};

pub use forged::Forged;
pub use key::KeyKind;
pub use leaf::Leaf;

use content::Content;
use entry::Kind;
use signer::Signer;

/// A signature to be made: of a push to the default branch of the job's project, in Rekor v1,
/// without a timestamp, unless a method says other.
#[derive(Clone, Debug)]
pub struct Forge {
    content: Content,
    signer: Signer,
    log: u8,
    kind: Option<Kind>,
    timestamps: Option<usize>,
    signed: Option<Vec<u8>>,
}

impl Forge {
    /// Over a file.
    pub fn file(bytes: &[u8]) -> Self {
        Self::new(Content::File(bytes.to_vec()))
    }

    /// Over a file of which only the SHA-256 is known, by a P-256 key (a certificate's are).
    pub fn digest(sha256: [u8; 32]) -> Self {
        Self::new(Content::Digest(sha256))
    }

    /// Over an in-toto statement, as it is written, in a DSSE envelope.
    pub fn statement(json: &str) -> Self {
        Self::envelope("application/vnd.in-toto+json", json.as_bytes())
    }

    /// Over an in-toto statement that says one thing of one file, by name and SHA-256.
    pub fn statement_about(name: &str, bytes: &[u8], predicate_type: &str) -> Self {
        let digest = hex::encode(sha256(bytes));
        let statement = serde_json::json!({
            "_type": "https://in-toto.io/Statement/v1",
            "predicate": {},
            "predicateType": predicate_type,
            "subject": [{"digest": {"sha256": digest}, "name": name}],
        });
        Self::statement(&statement.to_string())
    }

    /// What PyPI takes with an upload (PEP 740): a statement about one file and no more.
    pub fn publish_attestation(name: &str, bytes: &[u8]) -> Self {
        Self::statement_about(name, bytes, "https://docs.pypi.org/attestations/publish/v1")
    }

    /// Over any payload of any type, in a DSSE envelope.
    pub fn envelope(payload_type: &str, payload: &[u8]) -> Self {
        Self::new(Content::Envelope {
            payload_type: payload_type.to_owned(),
            payload: payload.to_vec(),
        })
    }

    fn new(content: Content) -> Self {
        Self {
            content,
            signer: Signer::Leaf(Box::new(Leaf::of(TokenClaims::gitlab()))),
            log: 1,
            kind: None,
            timestamps: None,
            signed: None,
        }
    }

    /// By a certificate as Fulcio issues it for this token.
    #[must_use]
    pub fn token(self, claims: TokenClaims) -> Self {
        self.certificate(Leaf::of(claims))
    }

    /// By a certificate that says whatever a test wants.
    #[must_use]
    pub fn certificate(mut self, leaf: Leaf) -> Self {
        self.signer = Signer::Leaf(Box::new(leaf));
        self
    }

    /// By a new key without a certificate.
    #[must_use]
    pub fn key(mut self, kind: KeyKind) -> Self {
        self.signer = Signer::Key(kind);
        self
    }

    /// By the key, and the certificate if it has one, of an earlier signature.
    #[must_use]
    pub fn signer_of(mut self, earlier: &Forged) -> Self {
        self.signer = Signer::Known(Arc::clone(&earlier.credential));
        self
    }

    /// In Rekor of this version: 1 or 2.
    #[must_use]
    pub fn log(mut self, version: u8) -> Self {
        self.log = version;
        self
    }

    /// An envelope is logged as an entry of kind `intoto`, version 0.0.2 (as `@sigstore/cli` does),
    /// instead of `dsse`.
    #[must_use]
    pub fn intoto_entry(mut self) -> Self {
        self.kind = Some(Kind::Intoto);
        self
    }

    /// With so many timestamps; without this method none in Rekor v1 and one in v2, which gives no
    /// time.
    #[must_use]
    pub fn timestamps(mut self, count: usize) -> Self {
        self.timestamps = Some(count);
        self
    }

    /// The signature is over these bytes, whatever the rest says.
    #[must_use]
    pub fn signed(mut self, bytes: &[u8]) -> Self {
        self.signed = Some(bytes.to_vec());
        self
    }

    fn make(&self, sandbox: &Sandbox) -> Result<Forged, Error> {
        let world = &sandbox.world;
        let credential = self.signer.credential(world)?;
        let signature = match &self.signed {
            Some(bytes) => credential.key.sign(bytes)?,
            None => self.content.sign(&credential.key)?,
        };
        let kind = self.kind.unwrap_or(self.content.kind(self.log)?);
        let body = entry::body(kind, &self.content, &signature, &credential)?;
        let (logged, promised) = if self.log == 1 {
            let entry = world.rekor.enter(body, self.content.names())?;
            (entry::of_version_1(&entry, kind)?, Some(entry))
        } else {
            (world.rekor2.enter(body)?, None)
        };
        let count = self.timestamps.unwrap_or(usize::from(self.log == 2));
        let timestamps =
            (0..count).map(|_| world.tsa.token(&signature)).collect::<Result<_, _>>()?;
        let content = self.content.clone();
        Ok(Forged { content, credential, signature, logged, promised, timestamps })
    }
}

impl Sandbox {
    /// Makes a signature and logs it.
    pub fn forge(&self, forge: &Forge) -> Result<Forged, Error> {
        forge.make(self)
    }

    /// Logs so many further entries about a file, each by another key, none with a good signature:
    /// anyone can have that of Rekor for a little patience.
    pub fn crowd(&self, file: &[u8], entries: usize) -> Result<(), Error> {
        let content = Content::File(file.to_vec());
        let signer = Signer::Leaf(Box::new(Leaf::of(TokenClaims::gitlab())));
        let credential = signer.credential(&self.world)?;
        for number in 0..entries {
            let signature = number.to_be_bytes();
            let body = entry::body(Kind::Hashedrekord, &content, &signature, &credential)?;
            self.world.rekor.log_unproven(body, content.names());
        }
        Ok(())
    }
}

fn unmakeable<T>(reason: impl Into<String>) -> Result<T, Error> {
    Err(Error::Forge { reason: reason.into() })
}

#[cfg(test)]
mod tests;
