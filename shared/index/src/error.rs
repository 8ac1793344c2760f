//! What can be wrong with an index, beside what HTTP and files say themselves.

use std::fmt;
use std::path::Path;

use pysign_host::{Evidence, FileError, Problem, Status};
use pysign_http::{Origin, Url};

/// Why there is no page.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The answer is no page of an index.
    ContentType {
        /// Where it came from.
        place: String,
        /// What it says it is.
        found: String,
    },
    /// A page in a directory can't be read.
    File(FileError),
    /// The index doesn't have the project, and sends us to another one.
    Forwarded {
        /// The page.
        url: Url,
        /// The other index.
        to: Origin,
    },
    /// The index can't be asked.
    Http(pysign_http::Error),
    /// The page breaks its own rules.
    Malformed {
        /// Where it came from.
        place: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The page is of a version of the simple API that is not known.
    Version {
        /// Where it came from.
        place: String,
        /// The version.
        found: String,
    },
}

impl Error {
    /// Every code of this type, those of [`FileError`] and [`pysign_http::Error`] aside.
    pub const CODES: &'static [&'static str] =
        &["index-content-type", "index-forwarded", "index-malformed", "index-version"];
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<pysign_http::Error> for Error {
    fn from(error: pysign_http::Error) -> Self {
        Self::Http(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentType { place, .. } => {
                write!(f, "'{place}' answered something else than a page of an index")
            }
            Self::File(error) => error.fmt(f),
            Self::Forwarded { url, to } => {
                write!(f, "'{url}' is not there, and the request is forwarded to '{to}'")
            }
            Self::Http(error) => error.fmt(f),
            Self::Malformed { place, reason } => {
                write!(f, "'{place}' is no page of an index: {reason}")
            }
            Self::Version { place, .. } => {
                write!(f, "'{place}' is of another version of the simple API")
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => error.source(),
            Self::Http(error) => error.source(),
            _ => None,
        }
    }
}

impl Problem for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::ContentType { .. } => "index-content-type",
            Self::File(error) => error.code(),
            Self::Forwarded { .. } => "index-forwarded",
            Self::Http(error) => error.code(),
            Self::Malformed { .. } => "index-malformed",
            Self::Version { .. } => "index-version",
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::File(error) => error.status(),
            Self::Http(error) => error.status(),
            _ => Status::Input,
        }
    }

    fn file(&self) -> Option<&Path> {
        match self {
            Self::File(error) => error.file(),
            Self::Http(error) => error.file(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::File(error) => error.hint(),
            Self::Http(error) => error.hint(),
            _ => None,
        }
    }

    fn evidence(&self) -> Option<Evidence> {
        let versus = |expected: &str, found: &str| {
            Some(Evidence { expected: expected.to_owned(), found: found.to_owned() })
        };
        match self {
            Self::ContentType { found, .. } => versus("JSON or HTML", or_nothing(found)),
            Self::File(error) => error.evidence(),
            Self::Http(error) => error.evidence(),
            Self::Version { found, .. } => versus("1.x", or_nothing(found)),
            _ => None,
        }
    }
}

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing said" } else { text }
}
