//! Why a file that is signed is refused all the same, or a policy can't be used.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use pysign_host::Problem;
use pysign_manifest::SignatureKind;

use super::file::Fault;

/// What a policy asks for and a proven signature does not give.
#[derive(Debug)]
#[non_exhaustive]
pub enum PolicyError {
    /// A file of the release is not there, or one is there that is not of it.
    Incomplete {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        fault: ReleaseFault,
    },
    /// No proven signature of a kind that is required.
    KindMissing {
        /// The file.
        file: PathBuf,
        /// The kind.
        kind: SignatureKind,
    },
    /// A policy file can't be read.
    Malformed {
        /// The policy file.
        file: PathBuf,
        /// What is wrong with it.
        fault: Fault,
    },
    /// No proven statement of a type that is required.
    PredicateMissing {
        /// The file.
        file: PathBuf,
        /// The type.
        expected: String,
        /// The types of those that are proven.
        found: String,
    },
    /// Another project or version than the one that was asked for.
    Project {
        /// The file.
        file: PathBuf,
        /// `NAME==VERSION`.
        expected: String,
        /// The same of the file.
        found: String,
    },
    /// The one signer that a policy file lists is another. What the options would take is no hint
    /// here: the file is the policy, and it is changed with care.
    OtherSigner {
        /// What is not as the file demands.
        cause: Box<dyn Problem>,
        /// The entry of the policy file.
        entry: String,
    },
    /// Signed before the time after which it should have been, or the other way round.
    SignedAt {
        /// The file.
        file: PathBuf,
        /// The bound.
        bound: Bound,
        /// When it was signed.
        found: Timestamp,
    },
    /// The signer is none of those that a policy file lists.
    SignerUnlisted {
        /// The file.
        file: PathBuf,
        /// The entry of the policy file.
        entry: String,
        /// Those that it lists.
        expected: String,
        /// The signer.
        found: String,
    },
    /// No time-stamp authority has seen the signature, or nothing says when it was made.
    TimestampRequired {
        /// The file.
        file: PathBuf,
        /// The flag that asks for it.
        flag: &'static str,
    },
    /// A file that no pattern of a policy file covers.
    Uncovered {
        /// The file.
        file: PathBuf,
        /// The policy file.
        policy: PathBuf,
        /// What the patterns are compared with.
        name: String,
    },
    /// A ref takes the version of a file that has none.
    Version {
        /// The file.
        file: PathBuf,
        /// The ref.
        git_ref: String,
    },
}

/// What a file is to its release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReleaseFault {
    /// The release statement has it, and it is not there.
    Absent,
    /// It is there with other bytes.
    Other,
    /// No release statement is proven for it.
    Unstated,
}

/// A time that a signature must keep to; the very time is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Not earlier.
    After(Timestamp),
    /// Not later.
    Before(Timestamp),
}

impl fmt::Display for ReleaseFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Absent => "is in the release statement and missing here",
            Self::Other => "is in the release statement with another digest",
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
        ("'{}' is of another release", file.display()),
        file(file), evidence(expected, found);
    Self::SignedAt { file, bound: Bound::After(time), found } => Refused "signed-too-early"
        ("'{}' was signed too early", file.display()),
        file(file), evidence(format!("{time} or later"), found);
    Self::SignedAt { file, bound: Bound::Before(time), found } => Refused "signed-too-late"
        ("'{}' was signed too late", file.display()),
        file(file), evidence(format!("{time} or earlier"), found);
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
