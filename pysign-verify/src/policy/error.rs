//! Why a file that is signed is refused all the same, or a policy can't be used.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use pysign_host::Problem;
use pysign_manifest::SignatureKind;

/// What a policy asks for and a proven signature does not give. `file` is the signed file.
#[derive(Debug)]
pub(crate) enum PolicyError {
    /// A file of the release is not there, or one is there that is not of it.
    Incomplete { file: PathBuf, fault: ReleaseFault },
    /// No proven signature of a kind that is required.
    KindMissing { file: PathBuf, kind: SignatureKind },
    /// A policy file can't be read.
    Malformed { file: PathBuf, fault: Fault },
    /// No proven statement of a type that is required; `found` are the types of those that are.
    PredicateMissing { file: PathBuf, expected: String, found: String },
    /// Another project or version than the one that was asked for.
    Project { file: PathBuf, expected: String, found: String },
    /// The one signer that a policy file lists is another. What the options would take is no hint
    /// here: the file is the policy, and it is changed with care.
    OtherSigner { cause: Box<dyn Problem>, entry: String },
    /// Signed before the time after which it should have been; that very time is allowed.
    SignedEarly { file: PathBuf, after: Timestamp, found: Timestamp },
    /// Signed after the time before which it should have been; that very time is allowed.
    SignedLate { file: PathBuf, before: Timestamp, found: Timestamp },
    /// The signer is none of those that a policy file lists.
    SignerUnlisted { file: PathBuf, entry: String, expected: String, found: String },
    /// No timestamp authority has seen the signature, or nothing says when it was made.
    TimestampRequired { file: PathBuf, flag: &'static str },
    /// A file that no pattern of a policy file covers; `name` is what patterns are compared with.
    Uncovered { file: PathBuf, policy: PathBuf, name: String },
    /// A ref takes the version of a file that has none.
    Version { file: PathBuf, git_ref: String },
}

/// What a file is to its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ReleaseFault {
    /// The release statement has it, and it is not there.
    Absent,
    /// It is there with other bytes.
    Other,
    /// No release statement is proven for it.
    Unstated,
}

/// What is wrong with a policy file, and where.
#[derive(Debug)]
pub(crate) struct Fault(pub(super) String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

impl fmt::Display for ReleaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "is in the release statement and missing here",
            Self::Other => "is in the release statement with a different digest",
            Self::Unstated => "is in no proven release statement",
        })
    }
}

pysign_host::problem! { PolicyError {
    Self::Incomplete { file, fault } => Refused "release-incomplete" ("'{}' {fault}", file.display()),
        file(file);
    Self::KindMissing { file, kind } => Refused "signature-kind-missing"
        ("'{}' has no proven signature of the kind '{kind}'", file.display()),
        file(file);
    Self::Malformed { file, fault } => Input "policy-malformed"
        ("'{}' is not a valid policy", file.display()),
        file(file), cause(fault);
    Self::PredicateMissing { file, expected, found } => Refused "predicate-missing"
        ("'{}' has no proven statement of the required type", file.display()),
        file(file), evidence(expected, found);
    Self::Project { file, expected, found } => Refused "project-mismatch"
        ("'{}' is of a different release", file.display()),
        file(file), evidence(expected, found);
    Self::SignedEarly { file, after, found } => Refused "signed-too-early"
        ("'{}' was signed too early", file.display()),
        file(file), evidence(format!("{after} or later"), found);
    Self::SignedLate { file, before, found } => Refused "signed-too-late"
        ("'{}' was signed too late", file.display()),
        file(file), evidence(format!("{before} or earlier"), found);
    Self::SignerUnlisted { file, entry, expected, found } => Refused "signer-unlisted"
        ("'{}' was signed by none of the signers of {entry}", file.display()),
        file(file), evidence(expected, found);
    Self::TimestampRequired { file, flag } => Refused "timestamp-required"
        ("'{}' has no proven timestamp, which '{flag}' requires", file.display()),
        file(file);
    Self::Uncovered { file, policy, name } => Refused "project-uncovered"
        ("'{}' has no entry for '{name}', the name of '{}'", policy.display(), file.display()),
        file(file);
    Self::Version { file, git_ref } => Refused "version-missing"
        ("'{}' has no version to put into '{git_ref}'", file.display()),
        file(file);
} from {
    Self::OtherSigner { cause, entry } => &**cause, ("{cause} ({entry})"), hint_if(None);
} }
