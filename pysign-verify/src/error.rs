//! What keeps a file from being proven, beside what files, archives and signatures say themselves.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Evidence, Problem, Status};
use pysign_manifest::SignatureKind;

/// Why nothing was proven.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The directory of the output is that of a file that is read.
    OutputIsInput {
        /// The directory.
        directory: PathBuf,
    },
    /// What is wrong with a signature, and where that is: the file may have several.
    Within {
        /// The sidecar.
        sidecar: PathBuf,
        /// What is wrong; it is about the signed file.
        cause: Box<dyn Problem>,
    },
    /// No log knows of a signature that does not say itself where it is logged.
    NotLogged {
        /// The signature.
        file: PathBuf,
    },
    /// A sidecar whose name promises another kind of signature.
    OtherKind {
        /// The sidecar.
        file: PathBuf,
        /// The kind that its name is for.
        kind: SignatureKind,
    },
    /// A pair is not that of any bundle of its file.
    PairMismatch {
        /// The signature.
        file: PathBuf,
    },
    /// A file without any signature.
    Unsigned {
        /// The file.
        file: PathBuf,
    },
}

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] =
        &["not-logged", "output-is-input", "pair-mismatch", "signature-kind", "unsigned"];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Within { sidecar, cause } => write!(f, "{cause} ('{}')", sidecar.display()),
            Self::NotLogged { file } => {
                write!(f, "no log that was asked has an entry for '{}'", file.display())
            }
            Self::OtherKind {
                file,
                kind: kind @ (SignatureKind::Bundle | SignatureKind::Pair),
            } => {
                let file = file.display();
                write!(
                    f,
                    "'{file}' is over a statement about the file, and a {kind} is over the file"
                )
            }
            Self::OtherKind { file, kind } => {
                let file = file.display();
                write!(f, "'{file}' is over the file, and a {kind} is over a statement about it")
            }
            Self::OutputIsInput { directory } => {
                write!(f, "'{}' can't take the copies: files are read from it", directory.display())
            }
            Self::PairMismatch { file } => {
                write!(f, "'{}' and its certificate are not those of the bundle", file.display())
            }
            Self::Unsigned { file } => write!(f, "'{}' has no signature", file.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Within { cause, .. } => cause.source(),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::Within { cause, .. } => cause.code(),
            Self::NotLogged { .. } => "not-logged",
            Self::OtherKind { .. } => "signature-kind",
            Self::OutputIsInput { .. } => "output-is-input",
            Self::PairMismatch { .. } => "pair-mismatch",
            Self::Unsigned { .. } => "unsigned",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::Within { cause, .. } => cause.status(),
            Self::OutputIsInput { .. } => Status::Input,
            _ => Status::Refused,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::Within { cause, sidecar } => cause.file().or(Some(sidecar)),
            Self::OutputIsInput { directory: file }
            | Self::NotLogged { file }
            | Self::OtherKind { file, .. }
            | Self::PairMismatch { file }
            | Self::Unsigned { file } => Some(file),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Within { cause, .. } => cause.hint(),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        match self {
            Self::Within { cause, .. } => cause.evidence(),
            _ => None,
        }
    }
}
