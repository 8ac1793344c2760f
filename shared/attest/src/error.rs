//! Why a document is not of its form.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Problem, Status};

/// A document that is not what it should be.
#[derive(Debug)]
pub struct Error {
    form: Form,
    file: Option<PathBuf>,
    fault: Fault,
}

/// What a document should have been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An attestation of PyPI's (PEP 740).
    Attestation,
    /// A Sigstore bundle.
    Bundle,
    /// One leaf certificate of a Fulcio.
    Certificate,
    /// A bundle of cosign's first format.
    LegacyBundle,
    /// The marker of a complete release.
    Marker,
    /// A list of attestations, as an index serves them (PEP 740).
    Provenance,
    /// A public key.
    PublicKey,
    /// A detached signature.
    Signature,
    /// A statement about files.
    Statement,
}

/// What is wrong with it.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// It is not DER (X.690), or not of this structure.
    Der(der::Error),
    /// It is not JSON that everyone reads alike.
    Json(serde_json::Error),
    /// A member is missing or of the wrong shape.
    Member {
        /// Its place in the document.
        place: String,
        /// What it should be.
        expected: &'static str,
    },
    /// It breaks a rule.
    Rule(&'static str),
    /// It has more than its reader takes.
    TooMany {
        /// Of what.
        what: String,
        /// The limit.
        cap: usize,
    },
    /// A member that the form does not have: someone may read something into it, and we do not.
    Unknown {
        /// Its place in the document.
        place: String,
    },
}

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &[
        "attestation-malformed",
        "bundle-malformed",
        "certificate-malformed",
        "marker-malformed",
        "signature-malformed",
        "statement-malformed",
    ];

    /// Says which file it is about.
    #[must_use]
    pub fn at(mut self, file: &Path) -> Self {
        self.file = Some(file.into());
        self
    }

    /// What the document should have been.
    pub fn form(&self) -> Form {
        self.form
    }

    /// What is wrong with it.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl Form {
    /// The error for a document that should have this form.
    pub(crate) fn error(self, fault: Fault) -> Error {
        Error { form: self, file: None, fault }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attestation => "an attestation",
            Self::Bundle => "a Sigstore bundle",
            Self::Certificate => "a signing certificate",
            Self::LegacyBundle => "a bundle of cosign's",
            Self::Marker => "the marker of a release",
            Self::Provenance => "a provenance object",
            Self::PublicKey => "a public key",
            Self::Signature => "a detached signature",
            Self::Statement => "an in-toto statement",
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Der(cause) => cause.fmt(f),
            Self::Json(cause) => cause.fmt(f),
            Self::Member { place, expected } => write!(f, "'{place}' should be {expected}"),
            Self::Rule(what) => f.write_str(what),
            Self::TooMany { what, cap } => write!(f, "more than {cap} {what}"),
            Self::Unknown { place } => write!(f, "'{place}' is no member of it"),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "'{}' is ", file.display())?;
        }
        write!(f, "not {}: {}", self.form, self.fault)
    }
}

impl std::error::Error for Error {}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self.form {
            Form::Attestation | Form::Provenance => "attestation-malformed",
            Form::Bundle | Form::LegacyBundle => "bundle-malformed",
            Form::Certificate => "certificate-malformed",
            Form::Marker => "marker-malformed",
            Form::PublicKey => "key-malformed",
            Form::Signature => "signature-malformed",
            Form::Statement => "statement-malformed",
        }
    }

    /// A malformed signature proves nothing, and that is a no.
    fn status(&self) -> Status {
        match self.form {
            Form::Marker | Form::PublicKey => Status::Input,
            _ => Status::Refused,
        }
    }

    fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}
