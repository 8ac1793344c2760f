//! A file to sign.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use pysign_attest::Envelope;
use pysign_host::{Failure, FileError, Sha256, copy_hashed, open_regular};
use pysign_manifest::{Artifact, Kind};
use pysign_sigstore::Subject;

use crate::error::Error;

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

/// How much of a file shows whether it is a DSSE pre-authentication encoding.
const HEAD: u64 = 16;

impl File {
    /// Reads the artifact once, for its digest.
    pub(crate) fn read(artifact: &mut Artifact) -> Result<Self, Failure> {
        let path = artifact.path()?.to_owned();
        let (sha256, size) = hash(&path)?;
        artifact.record(sha256, size)?;
        Ok(Self {
            index: 0,
            sha256,
            path,
            filename: artifact.filename.clone(),
            is_package: matches!(artifact.kind, Kind::Sdist | Kind::Wheel),
            release: artifact.release_path(),
        })
    }

    /// What a signature must be about.
    pub(crate) fn subject(&self) -> Subject<'_> {
        let filename = self.is_package.then_some(self.filename.as_str());
        Subject { file: &self.path, digest: self.sha256, filename }
    }

    /// Refuses a file that is no longer what was read.
    pub(crate) fn check_unchanged(&self) -> Result<(), Failure> {
        match hash(&self.path)? {
            (sha256, _) if sha256 == self.sha256 => Ok(()),
            _ => Err(FileError::Changed { file: self.path.clone() }.into()),
        }
    }
}

/// Digest and size of a file that may be signed. Of the bytes that are hashed, the first show that a
/// signature over them is not one over a statement too.
fn hash(path: &Path) -> Result<(Sha256, u64), Failure> {
    let (mut file, mut head) = (open_regular(path)?, Vec::new());
    let read = file.by_ref().take(HEAD).read_to_end(&mut head);
    read.map_err(|cause| FileError::on_open(path, cause))?;
    if Envelope::is_pae(&head) {
        return Err(Error::Encoding { file: path.into() }.into());
    }
    Ok(copy_hashed(head.chain(file), path, Artifact::MAX_BYTES, io::sink(), path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoded_statement_is_not_signed_as_a_file() {
        let path = std::env::temp_dir().join(format!("pysign-sign-{}.bin", std::process::id()));
        let code = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            hash(&path).err().map(|failure| failure.problems().next().unwrap().facts().code)
        };
        let pae = Envelope::unsigned(b"{}".to_vec()).pae();
        let found = [code(&pae), code(b"DSSEv1 x"), code(b"DSSEv1"), code(b"x DSSEv1 "), code(b"")];
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found, [Some("file-dsse"), Some("file-dsse"), None, None, None]);
    }
}
