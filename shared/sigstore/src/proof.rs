//! What is asked of the verifier, and what it answers.

use std::path::Path;

use jiff::Timestamp;
use pysign_attest::{Certificate, PublicKey, Statement};
use pysign_host::Sha256;

/// What a signature must be about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// What messages call the file.
    pub file: &'a Path,
    /// The file's digest.
    pub digest: Sha256,
    /// The name that a statement must give to a file with this digest: a wheel's or sdist's own. Of
    /// anything else the name says nothing, and the digest decides.
    pub filename: Option<&'a str>,
}

/// That a file was signed: only [`crate::Verifier::prove`] makes one.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proof {
    /// Who signed.
    pub signer: Signer,
    /// The signature.
    pub signature: Vec<u8>,
    /// The earliest time that is proven; its text is RFC 3339 in UTC. There is one for every
    /// certificate. For a key there is none if neither log nor timestamp says one.
    pub signed_at: Option<Timestamp>,
    /// Every time that is proven: the log's, and those of timestamps.
    pub times: Vec<Timestamp>,
    /// How many timestamps (RFC 3161) there are; each is proven.
    pub timestamps: usize,
    /// The log's address, by the trusted root.
    pub log: String,
    /// The entry's index in that log.
    pub log_index: u64,
    /// What was signed, if it is not the file itself: it has the file among its subjects.
    pub statement: Option<Statement>,
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signer {
    /// The holder of a certificate: an authority of the trusted root says who that was.
    Certificate(Certificate),
    /// The holder of a key that the user named.
    Key(PublicKey),
}

impl Signer {
    /// The signer's certificate, unless a key was named.
    pub fn certificate(&self) -> Option<&Certificate> {
        match self {
            Self::Certificate(certificate) => Some(certificate),
            Self::Key(_) => None,
        }
    }
}

impl Proof {
    /// The signer's certificate, unless a key was named.
    pub fn certificate(&self) -> Option<&Certificate> {
        self.signer.certificate()
    }
}
