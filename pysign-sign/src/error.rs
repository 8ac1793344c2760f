//! What can go wrong with a signature, beside what files, HTTP and verification say themselves.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, Problem, Status};
use pysign_http::Url;

use crate::timestamp::Fault;

/// Why nothing was signed, or not everything.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The certificate names someone else than the token.
    CertificateIdentity {
        /// The certificate authority.
        fulcio: Url,
        /// Subject alternative name and issuer by the token.
        expected: String,
        /// Those of the certificate.
        found: String,
    },
    /// The certificate is for another key than ours.
    CertificateKey {
        /// The certificate authority.
        fulcio: Url,
    },
    /// The certificate is not by an authority of the trusted root, or no certificate log knows it.
    CertificateUntrusted {
        /// The certificate authority.
        fulcio: Url,
        /// What the library says.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What a service dates as now is far in the future of this machine.
    ClockBehind {
        /// The service.
        service: Url,
        /// How far.
        seconds: i64,
    },
    /// The answer holds no certificate chain with an embedded SCT.
    FulcioAnswer {
        /// The certificate authority.
        fulcio: Url,
        /// What is wrong with it.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Something has the name of a bundle, and proves nothing about the file.
    InTheWay {
        /// It.
        file: PathBuf,
        /// Why it proves nothing.
        cause: Box<pysign_sigstore::Error>,
    },
    /// There is no log for attestations.
    NoLogV1,
    /// There is a signature already, and it is someone else's.
    SignedByAnother {
        /// The bundle.
        file: PathBuf,
        /// Who should have signed.
        expected: String,
        /// Who has.
        found: String,
    },
    /// A timestamp authority's answer is no timestamp for us.
    Timestamp {
        /// The authority.
        authority: Url,
        /// What is wrong with it.
        fault: TimestampFault,
    },
    /// The timestamp is by no authority of the trusted root, or of a time when the certificate is not
    /// valid.
    TimestampUntrusted {
        /// The authority that was asked.
        authority: Url,
        /// What is wrong with it.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// What the services have answered does not make a signature that would be believed.
    Unproven {
        /// The file.
        file: PathBuf,
        /// Why not.
        cause: Box<pysign_sigstore::Error>,
    },
}

/// What is wrong with a timestamp authority's answer.
#[derive(Debug)]
pub struct TimestampFault(pub(crate) Fault);

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] = &[
        "certificate-identity",
        "certificate-key",
        "clock-behind",
        "fulcio-answer",
        "log-version",
        "signed-by-another",
        "timestamp-answer",
        "timestamp-mismatch",
    ];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateIdentity { fulcio, .. } => {
                write!(f, "'{fulcio}' gave a certificate for another identity than the token's")
            }
            Self::CertificateKey { fulcio } => {
                write!(f, "'{fulcio}' gave a certificate for another key")
            }
            Self::CertificateUntrusted { fulcio, .. } => {
                write!(f, "'{fulcio}' gave a certificate that the trusted root does not bear out")
            }
            Self::ClockBehind { service, seconds } => write!(
                f,
                "the clock of this machine is {seconds} seconds behind that of '{service}'"
            ),
            Self::FulcioAnswer { fulcio, .. } => {
                write!(f, "the answer of '{fulcio}' holds no certificate")
            }
            Self::InTheWay { file, .. } => {
                write!(f, "'{}' exists already, and is no signature of its file", file.display())
            }
            Self::NoLogV1 => f.write_str(
                "attestations need a log of version 1, and the signing configuration names none",
            ),
            Self::SignedByAnother { file, .. } => {
                write!(f, "'{}' is another signer's signature", file.display())
            }
            Self::Timestamp { authority, fault: TimestampFault(fault) } => {
                write!(f, "the answer of '{authority}' {fault}")
            }
            Self::TimestampUntrusted { authority, .. } => {
                write!(f, "'{authority}' gave a timestamp that the trusted root does not bear out")
            }
            Self::Unproven { file, .. } => write!(
                f,
                "what the services answered for '{}' is not proven by the trusted root",
                file.display()
            ),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CertificateUntrusted { cause, .. }
            | Self::FulcioAnswer { cause, .. }
            | Self::TimestampUntrusted { cause, .. } => Some(&**cause),
            Self::InTheWay { cause, .. } | Self::Unproven { cause, .. } => Some(&**cause),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::CertificateIdentity { .. } => "certificate-identity",
            Self::CertificateKey { .. } => "certificate-key",
            Self::CertificateUntrusted { .. } => "certificate-untrusted",
            Self::ClockBehind { .. } => "clock-behind",
            Self::FulcioAnswer { .. } => "fulcio-answer",
            Self::InTheWay { .. } => "output-exists",
            Self::NoLogV1 => "log-version",
            Self::SignedByAnother { .. } => "signed-by-another",
            Self::Timestamp { fault: TimestampFault(fault), .. } => match fault {
                Fault::Imprint | Fault::Nonce => "timestamp-mismatch",
                Fault::Status(_) | Fault::Syntax => "timestamp-answer",
            },
            Self::TimestampUntrusted { .. } => "timestamp-invalid",
            Self::Unproven { cause, .. } => cause.code(),
        }
    }

    /// An answer that is none is what a proxy's or a balancer's page looks like: worth a retry.
    /// One about something else than was asked is a no.
    fn status(&self) -> Status {
        match self {
            Self::CertificateIdentity { .. }
            | Self::CertificateKey { .. }
            | Self::CertificateUntrusted { .. }
            | Self::SignedByAnother { .. }
            | Self::TimestampUntrusted { .. } => Status::Refused,
            Self::FulcioAnswer { .. } => Status::Unavailable,
            Self::ClockBehind { .. } | Self::InTheWay { .. } => Status::Input,
            Self::NoLogV1 => Status::Usage,
            Self::Timestamp { fault: TimestampFault(fault), .. } => match fault {
                Fault::Imprint | Fault::Nonce => Status::Refused,
                Fault::Status(_) | Fault::Syntax => Status::Unavailable,
            },
            Self::Unproven { cause, .. } => cause.status(),
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::InTheWay { file, .. }
            | Self::SignedByAnother { file, .. }
            | Self::Unproven { file, .. } => Some(file),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::ClockBehind { .. } => Some(
                "set it: what is signed now would be dated in its future, and not verify here"
                    .to_owned(),
            ),
            Self::InTheWay { .. } | Self::SignedByAnother { .. } => {
                Some("to replace it: --force".to_owned())
            }
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::CertificateIdentity { expected, found, .. }
            | Self::SignedByAnother { expected, found, .. } => {
                Some(Evidence { expected: expected.clone(), found: found.clone() })
            }
            Self::Unproven { cause, .. } => cause.evidence(),
            _ => None,
        }
    }
}
