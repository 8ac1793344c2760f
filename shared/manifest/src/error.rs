//! What can be wrong with a manifest, or between a manifest and its files.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, FileError, Problem, Sha256, Status};

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
    /// Two equal keys in one object.
    DuplicateKey {
        /// Which, and where.
        cause: serde_json::Error,
    },
    /// A file can't be read.
    File(FileError),
    /// Not the name of one file.
    FileName {
        /// The name.
        name: String,
    },
    /// Not JSON.
    Malformed {
        /// What is wrong, and where.
        cause: serde_json::Error,
    },
    /// A member is missing or of the wrong shape.
    Member {
        /// Its place in the document.
        place: String,
        /// What it should be.
        expected: &'static str,
    },
    /// Two files of one name: a release has room for one.
    Namesakes {
        /// The one.
        one: PathBuf,
        /// The other.
        other: PathBuf,
    },
    /// There is nothing to do.
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
    /// A number that would not come out as it came in.
    Number {
        /// Which, and where.
        cause: serde_json::Error,
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
        /// Its place in the document.
        place: String,
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
    /// More than a manifest may hold.
    TooLarge {
        /// Of what.
        what: &'static str,
        /// The limit.
        cap: &'static str,
    },
    /// Text after the document.
    Trailing {
        /// Where.
        cause: serde_json::Error,
    },
}

impl Error {
    /// Every code of this type, those of [`FileError`] aside.
    pub const CODES: &'static [&'static str] = &[
        "build-key",
        "digest-mismatch",
        "manifest-conflict",
        "manifest-duplicate-key",
        "manifest-empty",
        "manifest-filename",
        "manifest-malformed",
        "manifest-no-file",
        "manifest-number",
        "manifest-path",
        "manifest-schema",
        "manifest-too-large",
        "manifest-trailing",
        "other-bytes",
        "several-commits",
        "several-releases",
        "sidecar-orphan",
        "sidecar-path",
    ];

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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuildKey { .. } => f.write_str("the manifest's builds do not fit their keys"),
            Self::Conflict { place } => write!(f, "the manifest contradicts itself: {place}"),
            Self::CurrentDirectory { .. } => f.write_str("the current directory is not known"),
            Self::Digest { file, .. } | Self::Size { file, .. } => {
                write!(f, "'{}' does not match its manifest", file.display())
            }
            Self::Document { file, error } => write!(f, "{error}, in '{}'", file.display()),
            Self::DuplicateKey { cause }
            | Self::Malformed { cause }
            | Self::Number { cause }
            | Self::Trailing { cause } => write!(f, "the manifest is malformed: {cause}"),
            Self::File(error) => error.fmt(f),
            Self::FileName { name } => write!(f, "'{name}' is not a file name"),
            Self::Member { place, expected } => {
                write!(f, "the manifest is malformed: {place}: expected {expected}")
            }
            Self::Namesakes { one, other } => {
                write!(f, "'{}' and '{}' have one file name", one.display(), other.display())
            }
            Self::NoArtifacts => f.write_str("there are no artifacts"),
            Self::NoDigest { file } => write!(f, "'{file}' was not read"),
            Self::NoPath { filename } => write!(f, "'{filename}' is a digest, a file is needed"),
            Self::Orphan { path } => {
                write!(f, "'{}' lies there without the file it is about", path.display())
            }
            Self::OtherBytes { filename } => {
                write!(f, "'{filename}' is there twice, with different bytes")
            }
            Self::Path { path, reason, .. } => {
                write!(f, "the manifest's path '{path}' is refused: {reason}")
            }
            Self::Schema { found } => write!(f, "the manifest has the schema '{found}'"),
            Self::SeveralCommits { found } => {
                write!(f, "the release was built from several commits: {}", found.join(", "))
            }
            Self::SeveralReleases { found } => {
                write!(f, "the files belong to several releases: {}", found.join(", "))
            }
            Self::Sidecar { path, filename } => {
                write!(f, "'{}' is not the name of a sidecar of '{filename}'", path.display())
            }
            Self::TooLarge { what, cap } => write!(f, "the manifest has more than {cap} {what}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::CurrentDirectory { cause } => Some(cause),
            Self::Document { error, .. } => error.source(),
            Self::File(error) => error.source(),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::BuildKey { .. } => "build-key",
            Self::Conflict { .. } | Self::Namesakes { .. } => "manifest-conflict",
            Self::CurrentDirectory { .. } => "file-unreadable",
            Self::Digest { .. } | Self::Size { .. } => "digest-mismatch",
            Self::Document { error, .. } => error.code(),
            Self::DuplicateKey { .. } => "manifest-duplicate-key",
            Self::File(error) => error.code(),
            Self::FileName { .. } => "manifest-filename",
            Self::Malformed { .. } | Self::Member { .. } => "manifest-malformed",
            Self::NoArtifacts => "manifest-empty",
            Self::NoDigest { .. } | Self::NoPath { .. } => "manifest-no-file",
            Self::Number { .. } => "manifest-number",
            Self::Orphan { .. } => "sidecar-orphan",
            Self::OtherBytes { .. } => "other-bytes",
            Self::Path { .. } => "manifest-path",
            Self::Schema { .. } => "manifest-schema",
            Self::SeveralCommits { .. } => "several-commits",
            Self::SeveralReleases { .. } => "several-releases",
            Self::Sidecar { .. } => "sidecar-path",
            Self::TooLarge { .. } => "manifest-too-large",
            Self::Trailing { .. } => "manifest-trailing",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Digest { .. } | Self::OtherBytes { .. } | Self::Size { .. } => Status::Refused,
            Self::Document { error, .. } => error.status(),
            Self::File(error) => error.status(),
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Digest { file, .. } | Self::Document { file, .. } | Self::Size { file, .. } => {
                Some(file)
            }
            Self::File(error) => error.file(),
            Self::Orphan { path } | Self::Sidecar { path, .. } => Some(path),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        let (expected, found) = match self {
            Self::BuildKey { expected, found } => (expected.clone(), found.clone()),
            Self::Document { error, .. } => return error.evidence(),
            Self::Digest { expected, found, .. } => {
                (format!("sha256:{expected}"), format!("sha256:{found}"))
            }
            Self::Schema { found } => (crate::SCHEMA.to_owned(), found.clone()),
            Self::Size { expected, found, .. } => {
                (format!("{expected} bytes"), format!("{found} bytes"))
            }
            _ => return None,
        };
        Some(Evidence { expected, found })
    }
}
