//! What a backend made, in canonical bytes.

use std::path::{Path, PathBuf};

use pysign_archive::canonical;
use pysign_host::{Failure, FileError, Sha256, Staged, Staging, hash_regular, open_regular};
use pysign_manifest::Artifact;
use pysign_names::{DistName, ProjectName, Version};

use crate::Error;
use crate::hooks::Target;

/// An archive in canonical bytes, beside the place where it will be.
#[derive(Debug)]
pub(crate) struct Archive {
    staged: Staged,
    pub(crate) name: DistName,
    pub(crate) target: Target,
}

impl Archive {
    /// Rewrites `made` for `directory`. What is not what its name says, or not what its RECORD
    /// says, is refused.
    pub(crate) fn rewrite(
        made: &Path,
        target: Target,
        epoch: u64,
        directory: &Path,
        staging: &Staging,
    ) -> Result<Self, Failure> {
        // Errors name the file alone: the directory around it is gone when they are read.
        let name = Path::new(made.file_name().unwrap_or_default());
        let mut source = open_regular(made)?;
        let mut draft = staging.draft(&directory.join(name))?;
        let written = match target {
            Target::Sdist => {
                canonical::sdist(&mut source, name, &mut draft, epoch).map(DistName::Sdist)
            }
            Target::Wheel => {
                canonical::wheel(&mut source, name, &mut draft, epoch).map(DistName::Wheel)
            }
        };
        let name = match written {
            Err(pysign_archive::Error::File(FileError::Unwritable { cause, .. })) => {
                return Err(draft.unwritable(cause).into());
            }
            written => written?,
        };
        Ok(Self { staged: draft.finish()?, name, target })
    }

    /// Unpacks an sdist beneath `into`; gives the directory of the project.
    pub(crate) fn unpack(&self, into: &Path) -> Result<PathBuf, Failure> {
        let name = Path::new(self.name.as_str());
        unpack(self.staged.path(), name, self.staged.sha256(), into)
    }

    /// What the manifest says of it, and the file for its place.
    pub(crate) fn into_parts(self) -> Result<(Artifact, Staged), Failure> {
        let mut artifact = Artifact::from_path(self.staged.target())?;
        artifact.record(self.staged.sha256(), self.staged.size())?;
        Ok((artifact, self.staged))
    }

    /// Whether it has the project and version of `other`.
    pub(crate) fn is_of_the_release(&self, other: &Self) -> bool {
        (self.name.project(), self.name.version()) == (other.name.project(), other.name.version())
    }

    /// Refuses a result that is not the release that was asked for.
    pub(crate) fn expect(&self, wanted: &Wanted) -> Result<(), Error> {
        let (project, version) = (self.name.project(), self.name.version());
        let differs =
            |what, expected: String, found: String| Error::Version { what, expected, found };
        if let Some(name) = wanted.name.as_ref().filter(|name| *name != project) {
            return Err(differs("name that --set gives", name.to_string(), project.to_string()));
        }
        for (flag, expected) in &wanted.versions {
            if expected != version {
                return Err(differs(flag, expected.to_string(), version.to_string()));
            }
        }
        Ok(())
    }
}

/// Unpacks the sdist `name`, which lies at `path`, beneath `into`. The file must have the digest
/// `sha256` when that is done: otherwise somebody is writing to it.
pub(crate) fn unpack(
    path: &Path,
    name: &Path,
    sha256: Sha256,
    into: &Path,
) -> Result<PathBuf, Failure> {
    let project = pysign_archive::unpack_sdist(&mut open_regular(path)?, name, into)?;
    match hash_regular(path, Artifact::MAX_BYTES)? {
        (found, _) if found == sha256 => Ok(project),
        _ => Err(FileError::Changed { file: name.into() }.into()),
    }
}

/// The release that was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) name: Option<ProjectName>,
    /// By which flag, and which.
    pub(crate) versions: Vec<(&'static str, Version)>,
}
