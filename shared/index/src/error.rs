//! Why the page of a project can't be read, apart from the errors of HTTP and files.

use pysign_host::FileError;
use pysign_http::{Origin, Url};

/// Why there is no page.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The answer is neither JSON nor HTML.
    ContentType {
        /// Where it came from.
        place: String,
        /// What it says it is.
        found: String,
    },
    /// A page in a directory can't be read.
    File(FileError),
    /// The index doesn't have the project, and redirects to another index.
    Forwarded {
        /// The page.
        url: Url,
        /// The other index.
        to: Origin,
    },
    /// The index can't be asked.
    Http(pysign_http::Error),
    /// The page is not what its standard says.
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

pysign_host::problem! { Error {
    Self::ContentType { place, found } => Input "index-content-type"
        ("'{place}' did not answer with a page of an index"),
        evidence("JSON or HTML", or_nothing(found));
    Self::Forwarded { url, to } => Input "index-forwarded"
        ("'{url}' does not exist, and the request was forwarded to '{to}'");
    Self::Malformed { place, reason } => Input "index-malformed"
        ("'{place}' is not a valid page of an index: {reason}");
    Self::Version { place, found } => Input "index-version"
        ("'{place}' is of an unknown version of the simple API"),
        evidence("1.x", or_nothing(found));
} from {
    Self::File(error) => error;
    Self::Http(error) => error;
} }

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

fn or_nothing(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}
