//! A file to sign.

use std::path::PathBuf;

use pysign_host::{Failure, FileError, Sha256, hash_regular};
use pysign_manifest::{Artifact, Kind, release_path};
use pysign_sigstore::Subject;

/// A file that was hashed, as it is named and found from here on.
#[derive(Debug)]
pub(crate) struct File {
    /// Its place in the manifest.
    pub(crate) index: usize,
    pub(crate) path: PathBuf,
    pub(crate) filename: String,
    pub(crate) sha256: Sha256,
    /// Whether it is a wheel or an sdist, whose name verifiers compare.
    pub(crate) is_package: bool,
    /// Where the statement of its release lies; `None` for a file that is in no release.
    pub(crate) release: Option<PathBuf>,
}

impl File {
    /// Reads the artifact once, for its digest.
    pub(crate) fn read(artifact: &mut Artifact) -> Result<Self, Failure> {
        Ok(Self {
            index: 0,
            sha256: artifact.hash()?,
            path: artifact.path()?.to_owned(),
            filename: artifact.filename.clone(),
            is_package: matches!(artifact.kind, Kind::Sdist | Kind::Wheel),
            release: release_path(artifact),
        })
    }

    /// What a signature must be about.
    pub(crate) fn subject(&self) -> Subject<'_> {
        let filename = self.is_package.then_some(self.filename.as_str());
        Subject { file: &self.path, digest: self.sha256, filename }
    }

    /// Refuses a file that is no longer what was read.
    pub(crate) fn check_unchanged(&self) -> Result<(), FileError> {
        match hash_regular(&self.path, Artifact::MAX_BYTES)? {
            (sha256, _) if sha256 == self.sha256 => Ok(()),
            _ => Err(FileError::Changed { file: self.path.clone() }),
        }
    }
}
