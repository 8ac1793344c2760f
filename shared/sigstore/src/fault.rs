//! What can be wrong with a signature that is well-formed.

use std::fmt;

use sigstore_verify::TransparencyLogError;

/// A kind of signature that this version can't verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unsupported {
    /// Over a digest other than SHA-256.
    Digest,
    /// By an Ed25519 key over the file itself: it would have to be in memory as a whole, and no log
    /// takes such a signature (Rekor's hashedrekord is for prehashed ones).
    Ed25519File,
    /// Logged as something that is not for its kind of content.
    Entry,
    /// By a key of another kind than P-256 in Rekor v2: the library knows no entry of such a key.
    KeyInLog2,
    /// Of a kind that the library does not know.
    Library,
    /// In an envelope around something else than a statement.
    Payload,
}

/// What is wrong with the log's part of a bundle.
#[derive(Debug)]
#[non_exhaustive]
pub enum LogFault {
    /// The body is not what its kind says.
    Body,
    /// The checkpoint is no signed note.
    Checkpoint,
    /// Two members contradict each other.
    Contradiction,
    /// What the library says.
    Library(TransparencyLogError),
    /// The entry is by another certificate of the same key.
    OtherCertificate,
    /// An entry of version 1 without the log's promise.
    Promise,
    /// A time or promise in an entry of version 2, where nobody signs it.
    Unsigned,
    /// The signature was made when the log's key was not valid.
    Window,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest => "it is over a digest other than SHA-256",
            Self::Ed25519File => "an Ed25519 key signs statements, and this is over the file",
            Self::Entry => "its log entry is of a kind that is not for it",
            Self::KeyInLog2 => "it is by a key of a kind that is not known of Rekor v2",
            Self::Library => "its algorithm is unknown",
            Self::Payload => "its envelope has no in-toto statement in it",
        })
    }
}

impl fmt::Display for LogFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Body => f.write_str("the entry's body is not of its kind"),
            Self::Checkpoint => f.write_str("the checkpoint is not a signed note"),
            Self::Contradiction => f.write_str("the proof contradicts entry or checkpoint"),
            Self::Library(cause) => cause.fmt(f),
            Self::OtherCertificate => f.write_str("the entry is by another certificate"),
            Self::Promise => f.write_str("the log's promise is missing"),
            Self::Unsigned => f.write_str("the entry has a time or promise that nobody signs"),
            Self::Window => f.write_str("the log's key was not valid at the time"),
        }
    }
}

impl std::error::Error for LogFault {}
