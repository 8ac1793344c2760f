//! What keeps a file from being proven, beside what files, archives and signatures say themselves.

use std::fmt;
use std::path::{Path, PathBuf};

use pysign_host::{Problem, Status};
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
    /// A signature of a kind that this version can't verify.
    UnsupportedSignature {
        /// The sidecar.
        file: PathBuf,
        /// The kind.
        kind: SignatureKind,
    },
}

impl Error {
    /// Every code of this type.
    pub const CODES: &'static [&'static str] =
        &["output-is-input", "pair-mismatch", "signature-unsupported", "unsigned"];
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutputIsInput { directory } => {
                write!(f, "'{}' can't take the copies: files are read from it", directory.display())
            }
            Self::PairMismatch { file } => {
                write!(f, "'{}' and its certificate are not those of the bundle", file.display())
            }
            Self::Unsigned { file } => write!(f, "'{}' has no signature", file.display()),
            Self::UnsupportedSignature { file, kind: SignatureKind::Pair } => write!(
                f,
                "'{}' has no bundle beside it, and can't be looked up in the log yet",
                file.display()
            ),
            Self::UnsupportedSignature { file, kind } => {
                write!(
                    f,
                    "'{}' is a signature of the kind '{kind}', which can't be verified yet",
                    file.display()
                )
            }
        }
    }
}

impl std::error::Error for Error {}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::OutputIsInput { .. } => "output-is-input",
            Self::PairMismatch { .. } => "pair-mismatch",
            Self::Unsigned { .. } => "unsigned",
            Self::UnsupportedSignature { .. } => "signature-unsupported",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::OutputIsInput { .. } => Status::Input,
            _ => Status::Refused,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::OutputIsInput { directory: file }
            | Self::PairMismatch { file }
            | Self::Unsigned { file }
            | Self::UnsupportedSignature { file, .. } => Some(file),
        }
    }
}
