//! What can be wrong with an archive.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, FileError, Problem, Status};

use crate::fault::Fault;

/// Why an archive was not taken. Codes are an interface: see the man page's DIAGNOSTICS.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// What is in the archive.
    Archive {
        /// The archive.
        file: PathBuf,
        /// The fact.
        fault: Box<Fault>,
    },
    /// The file that should hold it, or the output.
    File(FileError),
    /// The file's name is no wheel's or sdist's.
    Name {
        /// The file.
        file: PathBuf,
        /// What is wrong with the name.
        cause: pysign_names::Error,
    },
}

impl Error {
    /// Every code of this type, without those of [`FileError`].
    pub const CODES: &'static [&'static str] = &[
        "layout-name",
        "metadata-malformed",
        "metadata-mismatch",
        "record-absent",
        "record-malformed",
        "record-mismatch",
        "record-unlisted",
        "sdist-directory",
        "sdist-missing",
        "tar-link",
        "tar-malformed",
        "tar-name",
        "tar-too-large",
        "tar-type",
        "wheel-directory",
        "wheel-malformed",
        "wheel-missing",
        "wheel-tags",
        "zip-malformed",
        "zip-name",
        "zip-too-large",
        "zip-type",
    ];

    /// Attaches the file to what was found in it.
    pub(crate) fn of(file: &Path) -> impl FnOnce(Fault) -> Self {
        move |fault| match fault {
            Fault::Changed => Self::File(FileError::Changed { file: file.into() }),
            Fault::Read(cause) => Self::File(FileError::on_open(file, cause)),
            Fault::Write(cause) => Self::File(FileError::Unwritable { file: file.into(), cause }),
            fault => Self::Archive { file: file.into(), fault: Box::new(fault) },
        }
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
            Self::Archive { file, fault } => write!(f, "'{}' {fault}", file.display()),
            Self::File(error) => error.fmt(f),
            Self::Name { cause, .. } => cause.fmt(f),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Archive { fault, .. } => fault.code(),
            Self::File(error) => error.code(),
            Self::Name { .. } => "layout-name",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Archive { .. } | Self::Name { .. } => Status::Refused,
            Self::File(error) => error.status(),
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Archive { file, .. } | Self::Name { file, .. } => Some(file),
            Self::File(error) => error.file(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Archive { fault, .. } => fault.evidence(),
            _ => None,
        }
    }
}
