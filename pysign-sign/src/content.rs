//! What a signature is over: a file, or a statement in an envelope.

use pysign_attest::Envelope;
use pysign_host::{Failure, Sha256};
use pysign_sigstore::rekor;

use crate::key::Key;

/// What a signature is over.
#[derive(Debug)]
pub(crate) enum Content {
    /// The bytes of a file, by their digest.
    File(Sha256),
    /// A statement: the payload of an envelope.
    Statement(Vec<u8>),
}

/// A signature, with what it is over.
pub(crate) enum Made {
    File { digest: Sha256, signature: Vec<u8> },
    Statement(Envelope),
}

impl Made {
    /// Signs it.
    pub(crate) fn by(key: &Key, content: &Content) -> Result<Self, Failure> {
        match content {
            Content::File(digest) => {
                Ok(Self::File { digest: *digest, signature: key.sign_digest(*digest)? })
            }
            Content::Statement(payload) => {
                let mut envelope = Envelope::unsigned(payload.clone());
                envelope.signature = key.sign(&envelope.pae())?;
                Ok(Self::Statement(envelope))
            }
        }
    }

    pub(crate) fn signature(&self) -> &[u8] {
        match self {
            Self::File { signature, .. } => signature,
            Self::Statement(envelope) => &envelope.signature,
        }
    }

    /// As logs take it.
    pub(crate) fn content(&self) -> rekor::Content<'_> {
        match self {
            Self::File { digest, signature } => rekor::Content::File { digest: *digest, signature },
            Self::Statement(envelope) => rekor::Content::Envelope(envelope),
        }
    }
}
