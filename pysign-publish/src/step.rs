//! One file to publish, and what was done with it at one target.

use std::fmt;

use pysign_host::Sha256;
use pysign_manifest::{ProjectName, Version};

use crate::Error;
use crate::release::Package;
use crate::sidecar::SidecarFile;

/// A file to publish.
#[derive(Clone, Debug)]
pub(crate) enum Item<'r> {
    Package(&'r Package),
    Sidecar(SidecarFile),
}

impl<'r> Item<'r> {
    pub(crate) fn package(&self) -> Option<&'r Package> {
        match self {
            Self::Package(package) => Some(package),
            Self::Sidecar(_) => None,
        }
    }

    /// Project and version that it belongs to, and its file name.
    pub(crate) fn names(&self) -> (&ProjectName, &Version, &str) {
        match self {
            Self::Package(Package { name, .. }) => (name.project(), name.version(), name.as_str()),
            Self::Sidecar(file) => (&file.project, &file.version, &file.filename),
        }
    }

    pub(crate) fn filename(&self) -> &str {
        self.names().2
    }

    pub(crate) fn sha256(&self) -> Sha256 {
        match self {
            Self::Package(package) => package.sha256,
            Self::Sidecar(file) => file.sha256(),
        }
    }

    /// The error for different content under its name.
    pub(crate) fn conflict(&self, place: String, found: String) -> Error {
        let filename = self.filename().to_owned();
        Error::Conflict { filename, place, expected: self.sha256(), found }
    }
}

/// What a target holds under the name of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing.
    Absent,
    /// Other bytes; `found` is what is known of them.
    Other { url: String, found: String },
    /// The same bytes.
    Same { url: String },
}

/// How a file came to be at a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was there already.
    Kept,
    /// It was sent, and the target shows it.
    Stored,
    /// It was sent, and not looked for afterwards.
    Unconfirmed,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "kept",
            Self::Stored => "stored",
            Self::Unconfirmed => "unconfirmed",
        })
    }
}

/// One item at one target.
#[derive(Debug)]
pub(crate) struct Step<'r> {
    /// A sidecar has the bytes that the target holds, or will hold, under its name.
    pub(crate) item: Item<'r>,
    pub(crate) url: String,
    /// `None`: still to be sent.
    pub(crate) outcome: Option<Outcome>,
    /// Why the bytes are not those that were given.
    pub(crate) reason: Option<&'static str>,
}
