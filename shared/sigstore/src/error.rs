//! Why a signature proves nothing.

use std::path::{Path, PathBuf};

use pysign_host::{FileError, Sha256};

use crate::{Mismatch, Part, Signer};

pub(crate) type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a file is not proven, or nothing can be. `file` is the signed file.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The bundle contains certificates of authorities.
    Authorities {
        /// The signed file.
        file: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// The certificate is from no authority of the trusted root, or was not valid then.
    Certificate {
        /// The signed file.
        file: PathBuf,
        /// What the library says.
        cause: Cause,
    },
    /// This machine's clock is so far behind the log's that we don't wait.
    ClockBehind {
        /// The signed file.
        file: PathBuf,
        /// By how much.
        seconds: i64,
    },
    /// The library has read something else from the bundle than we have.
    Disagreement {
        /// The signed file.
        file: PathBuf,
    },
    /// A file can't be read.
    File(FileError),
    /// The signature is by another key than the one that was given.
    Key {
        /// The signed file.
        file: PathBuf,
        /// The digest of the key that was given.
        expected: Sha256,
        /// The digest of the key that the log has an entry for.
        found: Sha256,
    },
    /// The log entry is not valid, or not for this signature.
    Log {
        /// The signed file.
        file: PathBuf,
        /// What is wrong with it.
        cause: Cause,
    },
    /// Not exactly one log entry.
    LogEntries {
        /// The signed file.
        file: PathBuf,
        /// How many there are.
        found: usize,
    },
    /// A log entry without a proof that it is in the log.
    LogProofMissing {
        /// The signed file.
        file: PathBuf,
    },
    /// The log is not one of the trusted root's.
    LogUnknown {
        /// The signed file.
        file: PathBuf,
        /// The log's id: the digest of its key.
        log: Sha256,
    },
    /// The bundle or the certificate in it is not well-formed.
    Malformed {
        /// The signed file.
        file: PathBuf,
        /// What is wrong with it.
        cause: pysign_attest::Error,
    },
    /// The signature is for other bytes.
    OtherFile {
        /// The signed file.
        file: PathBuf,
        /// The digest that was signed.
        expected: Sha256,
        /// The file's digest.
        found: Sha256,
    },
    /// The signature is not one by this key over this file.
    Signature {
        /// The signed file.
        file: PathBuf,
        /// What the library says.
        cause: Cause,
    },
    /// Someone else has signed it.
    Signer {
        /// The signed file.
        file: PathBuf,
        /// What the certificate should say of the signer.
        mismatch: Mismatch,
        /// The flags that would accept this signer, never weaker ones.
        hint: Option<String>,
    },
    /// The signature is by a key where a certificate is wanted, or the other way round.
    SignerKind {
        /// The signed file.
        file: PathBuf,
        /// Whether the signature is by a key.
        key: bool,
        /// The key or the certificate.
        found: String,
    },
    /// No subject of the statement has the file's digest.
    StatementFile {
        /// The signed file.
        file: PathBuf,
        /// The digest of the first subject, if it has one.
        expected: Option<Sha256>,
        /// The file's digest.
        found: Sha256,
    },
    /// The subject with the file's digest has another name.
    StatementName {
        /// The signed file.
        file: PathBuf,
        /// The file's name.
        expected: String,
        /// The subject's name.
        found: String,
    },
    /// Provenance names another source than the certificate.
    StatementSource {
        /// The signed file.
        file: PathBuf,
        /// Which part of the source.
        what: &'static str,
        /// The certificate's.
        expected: String,
        /// The predicate's.
        found: String,
    },
    /// There is no proof of the time, or a wrong one.
    Timestamp {
        /// The signed file.
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
        /// The signed file.
        file: PathBuf,
        /// Why it can't be verified.
        reason: &'static str,
    },
}

impl Error {
    /// What the library's error means here.
    pub(crate) fn from_library(file: &Path, error: sigstore_verify::Error) -> Self {
        use sigstore_verify::Error as Library;
        let file = file.to_owned();
        match error {
            Library::Certificate(cause) => Self::Certificate { file, cause: cause.into() },
            Library::TransparencyLog(cause) => Self::Log { file, cause: cause.into() },
            Library::Timestamp(cause) => Self::Timestamp { file, cause: cause.into() },
            Library::UnsupportedBundle(_) | Library::UnsupportedArtifact(_) => {
                Self::Unsupported { file, reason: "its algorithm is unknown" }
            }
            // Anything else is about the signature, or about a bundle that does not hold together.
            cause => Self::Signature { file, cause: said(&cause) },
        }
    }

    /// The error for a signature by a key where a certificate is wanted, or the other way round.
    pub fn signer_kind(file: &Path, found: &Signer) -> Self {
        let (key, found) = match found {
            Signer::Key(key) => (true, format!("key sha256:{}", key.sha256())),
            Signer::Certificate(one) => {
                (false, format!("a certificate for {} from {}", one.identity(), one.issuer()))
            }
        };
        Self::SignerKind { file: file.into(), key, found }
    }
}

/// What an error of the library says. Its text has that of its causes, which are not told again.
pub(crate) fn said(error: &dyn std::error::Error) -> Cause {
    error.to_string().into()
}

/// What signs: a key, or a certificate.
fn kind(key: bool) -> &'static str {
    if key { "a key" } else { "a certificate" }
}

fn or_none(text: &str) -> &str {
    if text.is_empty() { "none" } else { text }
}

pysign_host::problem! { Error {
    Self::Authorities { file, found } => Refused "certificate-untrusted"
        ("the bundle of '{}' contains CA certificates ({found}), and only those of the trusted root \
          are used", file.display()),
        file(file);
    Self::Certificate { file, cause } => Refused "certificate-untrusted"
        ("the signing certificate of '{}' is not trusted", file.display()),
        file(file), cause(&**cause);
    Self::ClockBehind { file, seconds } => Unavailable "clock-behind"
        ("this machine's clock is {seconds} seconds behind that of the log with the signature of '{}'",
         file.display()),
        file(file), hint("set this machine's clock: timedatectl set-ntp true");
    Self::Disagreement { file } => Refused "signature-invalid"
        ("the signature of '{}' is ambiguous: two readers disagree about it", file.display()),
        file(file);
    Self::Key { file, expected, found } => Refused "key-mismatch"
        ("'{}' was signed with a different key", file.display()),
        file(file), evidence(format_args!("key sha256:{expected}"), format_args!("key sha256:{found}"));
    Self::Log { file, cause } => Refused "log-invalid"
        ("the transparency log's entry for the signature of '{}' is not valid", file.display()),
        file(file), cause(&**cause);
    Self::LogEntries { file, found } => Refused "log-entries"
        ("the signature of '{}' has {found} log entries instead of one", file.display()),
        file(file);
    Self::LogProofMissing { file } => Refused "log-proof-missing"
        ("the signature of '{}' has no proof that it is in the log", file.display()),
        file(file);
    Self::LogUnknown { file, log } => Refused "log-unknown"
        ("the signature of '{}' is in the log {log}, which the trusted root does not list",
         file.display()),
        file(file);
    Self::OtherFile { file, expected, found } => Refused "signature-other-file"
        ("the signature of '{}' is for a file with a different SHA-256", file.display()),
        file(file), evidence(format_args!("sha256:{expected}"), format_args!("sha256:{found}"));
    Self::Signature { file, cause } => Refused "signature-invalid"
        ("the signature of '{}' is not valid", file.display()),
        file(file), cause(&**cause);
    Self::Signer { file, mismatch: Mismatch { part: Part::Identity, expected, found }, hint } =>
        Refused "identity-mismatch" ("'{}' was signed by a different identity", file.display()),
        file(file), evidence(expected, found.as_deref().unwrap_or("nothing")),
        hint_if(hint.clone());
    Self::Signer { file, mismatch: Mismatch { part: Part::Issuer, expected, found }, hint } =>
        Refused "issuer-mismatch"
        ("'{}' was signed by this identity from a different issuer", file.display()),
        file(file), evidence(expected, found.as_deref().unwrap_or("nothing")),
        hint_if(hint.clone());
    Self::Signer { file, mismatch: Mismatch { part: Part::Claim(name), expected, found }, hint } =>
        Refused "claim-mismatch"
        ("the signing certificate of '{}' has {} {name}", file.display(),
         if found.is_some() { "a different" } else { "no" }),
        file(file), evidence(expected, found.as_deref().unwrap_or("nothing")),
        hint_if(hint.clone());
    Self::Signer { file, mismatch: Mismatch { part: Part::Source(_), expected, found }, hint } =>
        Refused "source-mismatch"
        ("'{}' was built from a different repository than that of the pipeline that signed it",
         file.display()),
        file(file), evidence(expected, found.as_deref().unwrap_or("nothing")),
        hint_if(hint.clone());
    Self::SignerKind { file, key, found } => Refused "signer-kind"
        ("'{}' was signed with {}, not with {}", file.display(), kind(*key), kind(!key)),
        file(file), evidence(kind(!key), found);
    Self::StatementFile { file, expected, found } => Refused "statement-other-file"
        ("'{}' is not the file that its statement is about", file.display()),
        file(file),
        evidence(or_none(&expected.map(|one| format!("sha256:{one}")).unwrap_or_default()), format_args!("sha256:{found}"));
    Self::StatementName { file, expected, found } => Refused "statement-other-name"
        ("the statement about '{}' gives it a different name", file.display()),
        file(file), evidence(expected, or_none(found));
    Self::StatementSource { file, what, expected, found } => Refused "provenance-mismatch"
        ("the provenance of '{}' names a different {what} than its certificate", file.display()),
        file(file), evidence(or_none(expected), or_none(found));
    Self::Timestamp { file, cause } => Refused "timestamp-invalid"
        ("the time of the signature of '{}' is not proven", file.display()),
        file(file), cause(&**cause);
    Self::TrustedRoot { file, cause } => Input "trusted-root-malformed"
        ("'{}' is not a usable trusted root", file.display()),
        file(file), cause(&**cause);
    Self::Unsupported { file, reason } => Refused "signature-unsupported"
        ("the signature of '{}' can't be verified: {reason}", file.display()),
        file(file);
} from {
    Self::File(error) => error;
    Self::Malformed { file, cause } => cause,
        ("the signature of '{}' is malformed", file.display()), file(file), cause(cause);
} }
