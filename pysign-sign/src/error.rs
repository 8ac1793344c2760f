//! What can go wrong with a signature, beside what files, HTTP and verification say themselves.

use std::fmt;
use std::path::PathBuf;

use pysign_attest::predicates;
use pysign_host::Sha256;
use pysign_http::Url;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why nothing was signed, or not everything. `file` is the file that the message names.
#[derive(Debug)]
pub(crate) enum Error {
    /// The certificate names another signer than the token.
    CertificateIdentity { fulcio: Url, expected: String, found: String },
    /// The certificate is for another key than ours.
    CertificateKey { fulcio: Url },
    /// The certificate is not from an authority of the trusted root, or in no certificate log.
    CertificateUntrusted { fulcio: Url, cause: Cause },
    /// A service's clock is far ahead of this machine's.
    ClockBehind { service: Url, seconds: i64 },
    /// A file begins like a DSSE pre-authentication encoding: a signature over it would be one over a
    /// statement about any other file.
    Encoding { file: PathBuf },
    /// The answer holds no certificate chain with an embedded SCT.
    FulcioAnswer { fulcio: Url, cause: Cause },
    /// A file has the name of a bundle, and proves nothing about the signed file.
    InTheWay { file: PathBuf, cause: Box<pysign_sigstore::Error> },
    /// The signing configuration has no log for attestations.
    NoLogV1,
    /// An attestation or release statement is asked for of a file that is neither wheel nor sdist.
    NotAPackage { file: PathBuf },
    /// The files were built from a different commit than the token, and so the certificate, names.
    OtherCommit { expected: String, found: String },
    /// A file has the name of a signature and is this signer's, over something else.
    OtherContent { file: PathBuf },
    /// There is a signature of the file already, in the log of another Sigstore instance.
    OtherInstance { file: PathBuf, found: String, log: Sha256 },
    /// The files of a release lie in several directories.
    Scattered { one: PathBuf, other: PathBuf },
    /// There is a signature already, and it is another signer's.
    SignedByAnother { file: PathBuf, expected: String, found: String },
    /// A file holds no statement, or a statement would be one that no verifier reads.
    Statement { file: PathBuf, cause: pysign_attest::Error },
    /// The subjects of a statement and the files that are to be signed differ in this name.
    Subjects { file: PathBuf, name: String, fault: SubjectFault },
    /// A timestamp authority's answer is not a timestamp of our signature.
    Timestamp { authority: Url, fault: TimestampFault },
    /// The timestamp is from no authority of the trusted root, or of a time at which the certificate
    /// is not valid.
    TimestampUntrusted { authority: Url, cause: Cause },
    /// What the services have answered does not make a signature that verifiers accept.
    Unproven { file: PathBuf, cause: Box<pysign_sigstore::Error> },
    /// A statement has a predicate type that none of the forms asked for takes.
    Unused { file: PathBuf, found: String },
}

/// How the subjects of a statement and the files differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubjectFault {
    /// A file is not a subject.
    Absent,
    /// A subject is none of the files.
    Further,
    /// A subject has the name of a file and another SHA-256, or none.
    Other { expected: Sha256, found: Option<Sha256> },
    /// Two subjects have one name.
    Twice,
}

/// What is wrong with a timestamp authority's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimestampFault {
    /// The timestamp is over other bytes.
    Imprint,
    /// The answer is to another question.
    Nonce,
    /// A refusal: a `PKIStatus` other than granted.
    Status(u8),
    /// The answer is not a `TimeStampResp` with a token.
    Syntax,
}

impl fmt::Display for TimestampFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imprint => f.write_str("is about other bytes"),
            Self::Nonce => f.write_str("has the nonce of a different request"),
            Self::Status(status) => write!(f, "is a refusal with status {status}"),
            Self::Syntax => f.write_str("is not a TimeStampResp"),
        }
    }
}

// An answer in no known form is what a proxy's or a balancer's page looks like: worth a retry. One
// about something else than was asked is a no.
pysign_host::problem! { Error {
    Self::CertificateIdentity { fulcio, expected, found } => Refused "certificate-identity"
        ("'{fulcio}' issued a certificate for a different identity than the token's"),
        evidence(expected, found);
    Self::CertificateKey { fulcio } => Refused "certificate-key"
        ("'{fulcio}' issued a certificate for a different key");
    Self::CertificateUntrusted { fulcio, cause } => Refused "certificate-untrusted"
        ("the certificate from '{fulcio}' does not chain to the trusted root"),
        cause(&**cause);
    Self::ClockBehind { service, seconds } => Input "clock-behind"
        ("the clock of this machine is {seconds} seconds behind that of '{service}'"),
        hint("set the clock: a signature made now would not verify on this machine");
    Self::Encoding { file } => Refused "file-dsse"
        ("'{}' begins with 'DSSEv1 ': a signature over it could be taken for one over a statement",
            file.display()),
        file(file);
    Self::FulcioAnswer { fulcio, cause } => Unavailable "fulcio-answer"
        ("the answer of '{fulcio}' holds no certificate"),
        cause(&**cause);
    Self::InTheWay { file, cause } => Input "output-exists"
        ("'{}' already exists and is not a valid signature of its file", file.display()),
        file(file), hint("to replace it: --force"), cause(&**cause);
    Self::NoLogV1 => Usage "log-version"
        ("attestations need a log of Rekor v1, and the signing configuration has none");
    Self::NotAPackage { file } => Input "form-no-package"
        ("'{}' is neither a wheel nor an sdist: only these have attestations and release statements",
            file.display()),
        file(file);
    Self::OtherCommit { expected, found } => Refused "other-commit"
        ("the files were built from a different commit than the one the identity token is for"),
        evidence(expected, found);
    Self::OtherContent { file } => Input "output-exists"
        ("'{}' already exists and signs something else", file.display()),
        file(file), hint("to replace it: --force");
    Self::OtherInstance { file, found, log } => Refused "other-instance"
        ("'{}' is a signature of a different Sigstore instance", file.display()),
        file(file), hint("to replace it: --force"),
        evidence("a log of the trusted root", format!("the log {log}, for {found}"));
    Self::Scattered { one, other } => Input "release-scattered"
        ("'{}' and '{}' are in different directories, and a release statement covers one",
            one.display(), other.display()),
        file(other);
    Self::SignedByAnother { file, expected, found } => Refused "signed-by-another"
        ("'{}' is a different signer's signature", file.display()),
        file(file), evidence(expected, found), hint("to replace it: --force");
    Self::Subjects { file, name, fault: SubjectFault::Absent } => Refused "statement-subjects"
        ("'{}' has no subject '{name}'", file.display()), file(file);
    Self::Subjects { file, name, fault: SubjectFault::Further } => Refused "statement-subjects"
        ("'{}' has the subject '{name}', which is not among the files to sign", file.display()),
        file(file);
    Self::Subjects { file, name, fault: SubjectFault::Other { expected, found } } =>
        Refused "statement-subjects" ("the digest of '{name}' in '{}' is not that of the file", file.display()),
        file(file), evidence(format!("sha256:{expected}"),
            found.map_or("no sha256".to_owned(), |found| format!("sha256:{found}")));
    Self::Subjects { file, name, fault: SubjectFault::Twice } => Refused "statement-subjects"
        ("'{}' has the subject '{name}' twice", file.display()), file(file);
    Self::Timestamp { authority, fault: fault @ (TimestampFault::Imprint | TimestampFault::Nonce) } =>
        Refused "timestamp-mismatch" ("the answer of '{authority}' {fault}");
    Self::Timestamp { authority, fault } => Unavailable "timestamp-answer"
        ("the answer of '{authority}' {fault}");
    Self::TimestampUntrusted { authority, cause } => Refused "timestamp-invalid"
        ("the timestamp from '{authority}' does not verify"),
        cause(&**cause);
    Self::Unused { file, found } => Input "statement-unused"
        ("'{}' can't be turned into an attestation", file.display()),
        file(file), evidence(predicates::SLSA, found), hint("to sign it as it is: --emit statement");
} from {
    Self::Statement { file, cause } => cause, ("'{}' is {cause}", file.display()),
        status(pysign_host::Status::Input), file(file);
    Self::Unproven { file, cause } => &**cause,
        ("the services' answers for '{}' do not verify", file.display()),
        file(file), cause(&**cause);
} }
