//! Why a place can't be used, found before anything is sent to it.

use std::path::PathBuf;

use pysign_host::FileError;

/// Why a place can't be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file that was named can't be read.
    File(FileError),
    /// An address is invalid.
    Http(pysign_http::Error),
    /// `gitlab` without a project, outside of a GitLab job.
    NoJob {
        /// The flag that it was given to.
        flag: &'static str,
    },
    /// A token file holds no token.
    TokenMalformed {
        /// The file.
        file: PathBuf,
        /// What is wrong with it, without any of its text.
        reason: &'static str,
    },
    /// The place takes nothing without a token, and there is none for it.
    TokenMissing {
        /// The place as it was typed.
        place: String,
        /// Why no other token is used.
        reason: &'static str,
    },
}

pysign_host::problem! { Error {
    Self::NoJob { flag } => Usage "gitlab-job-missing"
        ("'{flag} gitlab' works only inside a GitLab CI job"),
        hint(format!("to name the project: {flag} gitlab:{}", match *flag {
            "--signatures" => "GROUP/PROJECT",
            _ => "https://gitlab.com/api/v4#GROUP/PROJECT",
        }));
    Self::TokenMalformed { file, reason } => Denied "token-malformed"
        ("the token file '{}' is malformed: {reason}", file.display()),
        file(file);
    Self::TokenMissing { place, reason } => Denied "token-missing"
        ("no token for '{place}': {reason}"),
        hint(format!("to give one: --token-file '{place}=FILE'"));
} from {
    Self::File(error) => error;
    Self::Http(error) => error;
} }

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<pysign_http::ParseUrlError> for Error {
    fn from(error: pysign_http::ParseUrlError) -> Self {
        Self::Http(error.into())
    }
}
