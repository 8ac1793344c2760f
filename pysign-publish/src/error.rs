//! What can go wrong with a release on its way out, beside what files, archives and HTTP say
//! themselves.

use std::path::PathBuf;

use pysign_host::Sha256;
use pysign_manifest::{Kind, SignatureKind};

/// Why nothing was published, or not everything.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The target has a file of this name with other bytes.
    Conflict {
        /// The file's name.
        filename: String,
        /// Where it is.
        place: String,
        /// The digest of ours.
        expected: Sha256,
        /// What is known of theirs.
        found: String,
    },
    /// The manifest has something that no index takes.
    Kind {
        /// The artifact.
        filename: String,
        /// What it is.
        kind: Kind,
    },
    /// Another run writes to the directory, and goes on doing so.
    Locked {
        /// The directory.
        directory: PathBuf,
    },
    /// A signature that names another file, or none.
    OtherSubject {
        /// The sidecar.
        file: PathBuf,
        /// The digest of its artifact.
        expected: Sha256,
        /// The one that it names.
        found: String,
    },
    /// The target took a file and does not show it.
    Unconfirmed {
        /// The file's name.
        filename: String,
        /// Where it should be.
        place: String,
    },
    /// No target would hold a signature of this file.
    Unsigned {
        /// The file.
        file: PathBuf,
        /// Whether there is one that no target holds.
        signed: bool,
    },
    /// A signature of a kind that this version can't look into.
    UnsupportedSignature {
        /// The sidecar.
        file: PathBuf,
        /// The kind.
        kind: SignatureKind,
    },
}

pysign_host::problem! { Error {
    Self::Conflict { filename, place, expected, found } => Refused "publish-conflict"
        ("'{filename}' already exists at '{place}' with other bytes"),
        file(filename), evidence(format!("sha256:{expected}"), found);
    Self::Kind { filename, kind } => Input "artifact-kind"
        ("'{filename}' is a {kind}, and only wheels and sdists can be published"),
        file(filename);
    // Another run ends, and indexes are cached for minutes: the next run goes on.
    Self::Locked { directory } => Unavailable "publish-locked"
        ("another run is publishing to '{}'", directory.display()),
        file(directory);
    Self::OtherSubject { file, expected, found } => Refused "signature-other-file"
        ("'{}' does not name the digest of its artifact", file.display()),
        file(file), evidence(format!("sha256:{expected}"), found);
    Self::Unconfirmed { filename, place } => Unavailable "publish-unconfirmed"
        ("'{filename}' was sent, but '{place}' does not show it"),
        file(filename);
    Self::Unsigned { file, signed } => Refused "unsigned"
        ("'{}' {}", file.display(), match signed {
            true => "is signed, but no target stores signatures",
            false => "has no signature that names its digest",
        }),
        file(file);
    Self::UnsupportedSignature { file, kind } => Refused "signature-unsupported"
        ("'{}' is a signature of the kind '{kind}', which can't be published yet", file.display()),
        file(file);
} }
