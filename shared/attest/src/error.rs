//! Why a document is not of its form.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_json::{Members, Numbers, parse};

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
    /// It is not JSON of this form.
    Json(pysign_json::Fault),
    /// It breaks a rule.
    Rule(&'static str),
    /// It has more bytes than its reader takes.
    TooLarge(usize),
}

impl Fault {
    /// Refuses more than `cap` bytes.
    pub(crate) fn if_larger(bytes: &[u8], cap: usize) -> Result<(), Self> {
        if bytes.len() > cap { Err(Self::TooLarge(cap)) } else { Ok(()) }
    }
}

impl From<pysign_json::Fault> for Fault {
    fn from(fault: pysign_json::Fault) -> Self {
        Self::Json(fault)
    }
}

impl From<der::Error> for Fault {
    fn from(cause: der::Error) -> Self {
        Self::Der(cause)
    }
}

impl Error {
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

    fn message(&self) -> String {
        let file = self.file.as_ref().map(|file| format!("'{}' is ", file.display()));
        format!("{}not {}: {}", file.unwrap_or_default(), self.form, self.fault)
    }
}

impl Form {
    /// The error for a document that should have this form.
    pub(crate) fn error(self, fault: impl Into<Fault>) -> Error {
        Error { form: self, file: None, fault: fault.into() }
    }

    /// Reads a document in protobuf's JSON mapping, or one that follows its rules.
    pub(crate) fn read<T>(
        self,
        document: &[u8],
        cap: usize,
        read: impl FnOnce(Members) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        // What a predicate holds is for others to define; nothing here computes with its fractions.
        let any = self == Self::Statement;
        let numbers = if any { Numbers::Any } else { Numbers::Integers };
        parse(document, cap, numbers)
            .and_then(|value| Members::protobuf("", value))
            .map_err(Fault::Json)
            .and_then(read)
            .map_err(|fault| self.error(fault))
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Attestation => "an attestation",
            Self::Bundle => "a Sigstore bundle",
            Self::Certificate => "a signing certificate",
            Self::LegacyBundle => "a bundle of cosign's",
            Self::Marker => "a release marker",
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
            Self::Json(fault) => fault.fmt(f),
            Self::Rule(what) => f.write_str(what),
            Self::TooLarge(cap) => write!(f, "more than {cap} bytes"),
        }
    }
}

// A malformed signature proves nothing, and that is a no.
pysign_host::problem! { Error {
    error @ Self { form: Form::Attestation | Form::Provenance, file, .. } =>
        Refused "attestation-malformed" ("{}", error.message()), file_if(file.as_deref());
    error @ Self { form: Form::Bundle | Form::LegacyBundle, file, .. } =>
        Refused "bundle-malformed" ("{}", error.message()), file_if(file.as_deref());
    error @ Self { form: Form::Certificate, file, .. } =>
        Refused "certificate-malformed" ("{}", error.message()), file_if(file.as_deref());
    error @ Self { form: Form::Marker, file, .. } =>
        Input "marker-malformed" ("{}", error.message()), file_if(file.as_deref());
    error @ Self { form: Form::PublicKey, file, .. } =>
        Input "key-malformed" ("{}", error.message()), file_if(file.as_deref());
    error @ Self { form: Form::Signature, file, .. } =>
        Refused "signature-malformed" ("{}", error.message()), file_if(file.as_deref());
    error @ Self { form: Form::Statement, file, .. } =>
        Refused "statement-malformed" ("{}", error.message()), file_if(file.as_deref());
} }
