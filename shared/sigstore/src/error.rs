//! Why a signature proves nothing.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, FileError, Problem, Sha256, Status};

use crate::fault::{LogFault, Unsupported};
use crate::{Mismatch, Part, StatementFault};

pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a file is not proven, or nothing can be. `file` is the signed file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The bundle brings certificates of authorities.
    Authorities {
        /// The file.
        file: PathBuf,
        /// Their number.
        found: usize,
    },
    /// The certificate is from no authority of the trusted root, or was not valid then.
    Certificate {
        /// The file.
        file: PathBuf,
        /// What the library says.
        cause: Cause,
    },
    /// The library has read something else from the bundle than we have.
    Disagreement {
        /// The file.
        file: PathBuf,
    },
    /// A file can't be read.
    File(FileError),
    /// The log's part of the bundle does not hold.
    Log {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: LogFault,
    },
    /// Not exactly one log entry.
    LogEntries {
        /// The file.
        file: PathBuf,
        /// Their number.
        found: usize,
    },
    /// A log entry without a proof that it is in the log.
    LogProofMissing {
        /// The file.
        file: PathBuf,
    },
    /// The log is not one of the trusted root's.
    LogUnknown {
        /// The file.
        file: PathBuf,
        /// Its id: the digest of its key.
        log: Sha256,
    },
    /// The bundle or the certificate in it is not well-formed.
    Malformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        cause: pysign_attest::Error,
    },
    /// The signature is about other bytes.
    OtherFile {
        /// The file.
        file: PathBuf,
        /// Its digest.
        expected: Sha256,
        /// The digest that was signed.
        found: Sha256,
    },
    /// The signature is not one by this key over this file.
    Signature {
        /// The file.
        file: PathBuf,
        /// What the library says.
        cause: Cause,
    },
    /// Someone else has signed it.
    Signer {
        /// The file.
        file: PathBuf,
        /// What the certificate should say of the signer.
        mismatch: Mismatch,
        /// The flags that would accept this signer, never weaker ones.
        hint: Option<String>,
    },
    /// The signature is by a key where a certificate is wanted, or the other way round.
    SignerKind {
        /// The file.
        file: PathBuf,
        /// Whether it is by a key.
        key: bool,
    },
    /// The statement is not about the file, or contradicts its certificate.
    Statement {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: StatementFault,
    },
    /// There is no proof of the time, or a wrong one.
    Timestamp {
        /// The file.
        file: PathBuf,
        /// What the library says.
        cause: Cause,
    },
    /// A file is no trusted root, or one that can't be used.
    TrustedRoot {
        /// The trusted root.
        file: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
    /// A kind of signature that this version can't verify.
    Unsupported {
        /// The file.
        file: PathBuf,
        /// What kind.
        what: Unsupported,
    },
}

impl Error {
    /// Every code of this type, those of files aside.
    pub const CODES: &'static [&'static str] = &[
        "bundle-malformed",
        "certificate-malformed",
        "certificate-untrusted",
        "claim-mismatch",
        "identity-mismatch",
        "issuer-mismatch",
        "log-entries",
        "log-invalid",
        "log-proof-missing",
        "log-unknown",
        "provenance-mismatch",
        "signature-invalid",
        "signature-other-file",
        "signature-unsupported",
        "signer-kind",
        "source-mismatch",
        "statement-other-file",
        "statement-other-name",
        "timestamp-invalid",
        "trusted-root-malformed",
    ];

    /// What the library's error means here.
    pub(crate) fn from_library(file: &Path, error: sigstore_verify::Error) -> Self {
        use sigstore_verify::Error as Library;
        let file = file.to_owned();
        match error {
            Library::Certificate(cause) => Self::Certificate { file, cause: cause.into() },
            Library::TransparencyLog(cause) => Self::Log { file, fault: LogFault::Library(cause) },
            Library::Timestamp(cause) => Self::Timestamp { file, cause: cause.into() },
            Library::UnsupportedBundle(_) | Library::UnsupportedArtifact(_) => {
                Self::Unsupported { file, what: Unsupported::Library }
            }
            // Anything else is about the signature, or about a bundle that does not hold together.
            cause => Self::Signature { file, cause: said(&cause) },
        }
    }

    fn signed_file(&self) -> &Path {
        match self {
            Self::File(error) => error.file().unwrap_or(Path::new("")),
            Self::Authorities { file, .. }
            | Self::Certificate { file, .. }
            | Self::Disagreement { file }
            | Self::Log { file, .. }
            | Self::LogEntries { file, .. }
            | Self::LogProofMissing { file }
            | Self::LogUnknown { file, .. }
            | Self::Malformed { file, .. }
            | Self::OtherFile { file, .. }
            | Self::Signature { file, .. }
            | Self::Signer { file, .. }
            | Self::SignerKind { file, .. }
            | Self::Statement { file, .. }
            | Self::Timestamp { file, .. }
            | Self::TrustedRoot { file, .. }
            | Self::Unsupported { file, .. } => file,
        }
    }
}

/// What an error of the library says. Its text has that of its causes, which are not told again.
pub(crate) fn said(error: &dyn std::error::Error) -> Cause {
    error.to_string().into()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.signed_file().display();
        match self {
            Self::Authorities { found, .. } => write!(
                f,
                "the signature of '{file}' brings {found} authorities of its own, and only those of \
                 the trusted root count"
            ),
            Self::Certificate { .. } => write!(f, "the certificate of '{file}' is not trusted"),
            Self::Disagreement { .. } => {
                write!(f, "the signature of '{file}' can be read in two ways")
            }
            Self::File(error) => error.fmt(f),
            Self::Log { .. } => {
                write!(f, "the transparency log does not bear out the signature of '{file}'")
            }
            Self::LogEntries { found, .. } => {
                write!(f, "the signature of '{file}' has {found} log entries, and one is needed")
            }
            Self::LogProofMissing { .. } => {
                write!(f, "the signature of '{file}' comes without proof that it is in the log")
            }
            Self::LogUnknown { log, .. } => write!(
                f,
                "the signature of '{file}' is in the log {log}, which the trusted root does not have"
            ),
            Self::Malformed { .. } => write!(f, "the signature of '{file}' is malformed"),
            Self::OtherFile { .. } => write!(f, "the signature of '{file}' is of another file"),
            Self::Signature { .. } => write!(f, "the signature of '{file}' does not hold"),
            Self::Signer { mismatch: Mismatch { part, found, .. }, .. } => match (part, found) {
                (Part::Identity, Some(_)) => write!(f, "'{file}' was signed by another identity"),
                (Part::Identity, None) => {
                    write!(f, "'{file}' was signed by a key without identity")
                }
                (Part::Issuer, _) => {
                    write!(f, "'{file}' was signed by this identity of another issuer")
                }
                (Part::Claim(name), Some(_)) => {
                    write!(f, "'{file}' was signed with another {name}")
                }
                (Part::Claim(name), None) => write!(f, "'{file}' was signed without a {name}"),
                (Part::Source(_), _) => write!(
                    f,
                    "'{file}' was built from another repository than that of the pipeline which \
                     signed it"
                ),
            },
            Self::SignerKind { key: true, .. } => {
                write!(f, "'{file}' was signed with a key that no certificate names")
            }
            Self::SignerKind { .. } => {
                write!(f, "'{file}' was signed with a certificate, and not with the key alone")
            }
            Self::Statement { fault, .. } => write!(f, "the statement for '{file}' {fault}"),
            Self::Timestamp { .. } => {
                write!(f, "the time of the signature of '{file}' is not proven")
            }
            Self::TrustedRoot { .. } => write!(f, "'{file}' is no usable trusted root"),
            Self::Unsupported { what, .. } => {
                write!(f, "the signature of '{file}' can't be verified: {what}")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Certificate { cause, .. }
            | Self::Signature { cause, .. }
            | Self::Timestamp { cause, .. }
            | Self::TrustedRoot { cause, .. } => Some(&**cause),
            Self::File(error) => error.source(),
            Self::Log { fault, .. } => Some(fault),
            Self::Malformed { cause, .. } => Some(cause),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Authorities { .. } | Self::Certificate { .. } => "certificate-untrusted",
            Self::Disagreement { .. } | Self::Signature { .. } => "signature-invalid",
            Self::File(error) => error.code(),
            Self::Log { .. } => "log-invalid",
            Self::LogEntries { .. } => "log-entries",
            Self::LogProofMissing { .. } => "log-proof-missing",
            Self::LogUnknown { .. } => "log-unknown",
            Self::Malformed { cause, .. } => cause.code(),
            Self::OtherFile { .. } => "signature-other-file",
            Self::Signer { mismatch, .. } => match mismatch.part {
                Part::Identity => "identity-mismatch",
                Part::Issuer => "issuer-mismatch",
                Part::Claim(_) => "claim-mismatch",
                Part::Source(_) => "source-mismatch",
            },
            Self::SignerKind { .. } => "signer-kind",
            Self::Statement { fault, .. } => fault.code(),
            Self::Timestamp { .. } => "timestamp-invalid",
            Self::TrustedRoot { .. } => "trusted-root-malformed",
            Self::Unsupported { .. } => "signature-unsupported",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::File(error) => error.status(),
            Self::TrustedRoot { .. } => Status::Input,
            _ => Status::Refused,
        }
    }

    fn file(&self) -> Option<&Path> {
        Some(self.signed_file())
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Signer { hint, .. } => hint.clone(),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        let (expected, found) = match self {
            Self::OtherFile { expected, found, .. } => {
                (format!("sha256:{expected}"), format!("sha256:{found}"))
            }
            Self::Signer { mismatch: Mismatch { expected, found, .. }, .. } => {
                (expected.clone(), found.clone().unwrap_or_else(|| "nothing".to_owned()))
            }
            Self::Statement { fault, .. } => return Some(fault.evidence()),
            _ => return None,
        };
        Some(Evidence { expected, found })
    }
}
