//! Why a release can't be published, apart from the errors of files, archives and HTTP.

use std::path::PathBuf;

use pysign_host::Sha256;
use pysign_manifest::SignatureKind;

/// Why nothing was published, or not everything.
#[derive(Debug)]
pub(crate) enum Error {
    /// The target has a file of this name with different content.
    Conflict { filename: String, place: String, expected: Sha256, found: String },
    /// The manifest has an artifact that no index takes.
    Kind { filename: String },
    /// Another run writes to the directory, and goes on doing so.
    Locked { directory: PathBuf },
    /// A signature that names a different file, or none.
    OtherSubject { file: PathBuf, expected: Sha256, found: String },
    /// The target took a file and does not show it at `place` yet.
    Unconfirmed { filename: String, place: String },
    /// No target would hold a signature of this file, `signed` though it may be.
    Unsigned { file: PathBuf, signed: bool },
    /// A signature of a kind that this version can't look into.
    UnsupportedSignature { file: PathBuf, kind: SignatureKind },
}

pysign_host::problem! { Error {
    Self::Conflict { filename, place, expected, found } => Refused "publish-conflict"
        ("'{filename}' already exists at '{place}' with different content"),
        file(filename), evidence(format!("sha256:{expected}"), found);
    Self::Kind { filename } => Input "artifact-kind"
        ("'{filename}' is neither a wheel nor an sdist, and only these can be published"),
        file(filename);
    // Another run ends, and indexes are cached for minutes: the next run goes on.
    Self::Locked { directory } => Unavailable "publish-locked"
        ("another run is publishing to '{}'", directory.display()),
        file(directory);
    Self::OtherSubject { file, expected, found } => Refused "signature-other-file"
        ("'{}' does not name the digest of its artifact", file.display()),
        file(file), evidence(format!("sha256:{expected}"), found);
    Self::Unconfirmed { filename, place } => Unavailable "publish-unconfirmed"
        ("'{filename}' was sent, but '{place}' does not show it yet"),
        file(filename);
    Self::Unsigned { file, signed } => Refused "unsigned"
        ("'{}' {}", file.display(), match signed {
            true => "is signed, but no target stores signatures",
            false => "has no signature that names its digest",
        }),
        file(file);
    Self::UnsupportedSignature { file, kind } => Refused "signature-unsupported"
        ("'{}' is a signature of the kind '{kind}', which no target takes yet: leave it out", file.display()),
        file(file);
} }
