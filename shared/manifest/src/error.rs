//! What can be wrong with a manifest, or between a manifest and its files.

use std::path::{Path, PathBuf};

use pysign_host::{FileError, Sha256};
use pysign_json::Fault;

/// Why a manifest, or a file it speaks of, is refused.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A key of `builds` is not the digest of its entry, or an artifact names none.
    BuildKey {
        /// What the key should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// Two values for one thing.
    Conflict {
        /// Where.
        place: String,
    },
    /// The system can't say where we are.
    CurrentDirectory {
        /// Its reason.
        cause: std::io::Error,
    },
    /// A file has other bytes than were claimed.
    Digest {
        /// The file.
        file: PathBuf,
        /// The claim.
        expected: Sha256,
        /// The fact.
        found: Sha256,
    },
    /// A manifest that was read from a file, and what is wrong with it.
    Document {
        /// The file.
        file: PathBuf,
        /// The rest of the story.
        error: Box<Self>,
    },
    /// A file can't be read.
    File(FileError),
    /// Not the name of one file.
    FileName {
        /// The name.
        name: String,
    },
    /// It is not JSON, or not of a manifest's form.
    Json(Fault),
    /// Two files of one name: a release has room for one.
    Namesakes {
        /// The one.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// A manifest without artifacts.
    NoArtifacts,
    /// A file was never read, so nothing can be said of it.
    NoDigest {
        /// The file.
        file: String,
    },
    /// Only a digest is known where a file is needed.
    NoPath {
        /// The artifact.
        filename: String,
    },
    /// A sidecar without the file that it is about.
    Orphan {
        /// The sidecar.
        path: PathBuf,
    },
    /// Two files of one name with different bytes.
    OtherBytes {
        /// The name.
        filename: String,
    },
    /// A path that a document may not hold.
    Path {
        /// The path.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A schema that this version does not know.
    Schema {
        /// The schema.
        found: String,
    },
    /// One release, built from several commits.
    SeveralCommits {
        /// The commits.
        found: Vec<String>,
    },
    /// Files of several releases.
    SeveralReleases {
        /// The releases.
        found: Vec<String>,
    },
    /// A sidecar's path is not its artifact's with a known suffix.
    Sidecar {
        /// The path.
        path: PathBuf,
        /// The artifact.
        filename: String,
    },
    /// A file has another size than was claimed.
    Size {
        /// The file.
        file: PathBuf,
        /// The claim in bytes.
        expected: u64,
        /// The fact in bytes.
        found: u64,
    },
}

impl Error {
    /// The same about the manifest in `file`.
    #[must_use]
    pub fn in_file(self, file: &Path) -> Self {
        Self::Document { file: file.into(), error: Box::new(self) }
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Json(fault)
    }
}

pysign_host::problem! { Error {
    Self::BuildKey { expected, found } => Input "build-key"
        ("a key of the manifest's builds is not the digest of its entry"),
        evidence(expected, found);
    Self::Conflict { place } => Input "manifest-conflict" ("the manifest has contradictory values: {place}");
    Self::CurrentDirectory { cause } => Input "file-unreadable" ("the current directory is not known"),
        cause(cause);
    Self::Digest { file, expected, found } => Refused "digest-mismatch"
        ("'{}' does not match its manifest", file.display()),
        file(file), evidence(format!("sha256:{expected}"), format!("sha256:{found}"));
    Self::FileName { name } => Input "manifest-filename" ("'{name}' is not a file name");
    Self::Json(Fault::DuplicateKey(cause)) => Input "manifest-duplicate-key"
        ("the manifest is malformed: {cause}");
    Self::Json(Fault::Number(cause)) => Input "manifest-number" ("the manifest is malformed: {cause}");
    Self::Json(Fault::TooMany { what, cap }) => Input "manifest-too-large"
        ("the manifest has more than {cap} {what}");
    Self::Json(Fault::Trailing(cause)) => Input "manifest-trailing" ("the manifest is malformed: {cause}");
    Self::Json(fault) => Input "manifest-malformed" ("the manifest is malformed: {fault}");
    Self::Namesakes { one, other } => Input "manifest-conflict"
        ("'{}' and '{}' have the same file name", one.display(), other.display());
    Self::NoArtifacts => Input "manifest-empty" ("there are no artifacts");
    Self::NoDigest { file } => Input "manifest-no-file" ("'{file}' was not read");
    Self::NoPath { filename } => Input "manifest-no-file"
        ("'{filename}' is only a digest, and a file is needed");
    Self::Orphan { path } => Input "sidecar-orphan" ("'{}' has no matching artifact", path.display()),
        file(path);
    Self::OtherBytes { filename } => Refused "other-bytes"
        ("'{filename}' is listed twice, with different bytes");
    Self::Path { path, reason } => Input "manifest-path"
        ("the manifest's path '{path}' is refused: {reason}");
    Self::Schema { found } => Input "manifest-schema" ("the manifest has the schema '{found}'"),
        evidence(crate::SCHEMA, found);
    Self::SeveralCommits { found } => Input "several-commits"
        ("the release was built from several commits: {}", found.join(", "));
    Self::SeveralReleases { found } => Input "several-releases"
        ("the files belong to several releases: {}", found.join(", "));
    Self::Sidecar { path, filename } => Input "sidecar-path"
        ("'{}' is not the name of a sidecar of '{filename}'", path.display()),
        file(path);
    Self::Size { file, expected, found } => Refused "digest-mismatch"
        ("'{}' does not match its manifest", file.display()),
        file(file), evidence(format!("{expected} bytes"), format!("{found} bytes"));
} from {
    Self::Document { file, error } => &**error, ("{error}, in '{}'", file.display()), file(file);
    Self::File(error) => error;
} }
