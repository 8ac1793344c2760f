//! What a backend made, in canonical bytes.

use std::fs::File;
use std::path::{Path, PathBuf};

use pysign_host::{Failure, FileError, Host, open_regular};
use pysign_manifest::Artifact;
use pysign_names::{DistName, ProjectName, Version};

use crate::Error;
use crate::hooks::Target;
use crate::room::Room;

/// The largest file that an index takes, far above what one build makes.
pub(crate) const MAX_BYTES: u64 = 16 * 1024 * 1024 * 1024;

/// An archive in canonical bytes, in the private directory.
#[derive(Debug)]
pub(crate) struct Archive {
    pub(crate) path: PathBuf,
    pub(crate) name: DistName,
    pub(crate) target: Target,
}

impl Archive {
    /// Rewrites `made`. What is not what its name says, or not what its RECORD says, is refused.
    pub(crate) fn rewrite(
        made: &Path,
        target: Target,
        epoch: u64,
        room: &Room<'_>,
    ) -> Result<Self, Failure> {
        let name = Path::new(made.file_name().unwrap_or_default());
        let mut source = open_regular(made)?;
        let path = room.directory(&room.fresh("canonical"))?.join(name);
        let unwritable = |cause| FileError::Unwritable { file: path.clone(), cause };
        let mut out = File::create_new(&path).map_err(unwritable)?;
        // Errors name the file alone: the directory around it is gone when they are read.
        match target {
            Target::Sdist => {
                pysign_archive::canonical::sdist(&mut source, name, &mut out, epoch)?;
            }
            Target::Wheel => {
                pysign_archive::canonical::wheel(&mut source, name, &mut out, epoch)?;
            }
        }
        let text = name.to_string_lossy();
        let name = text
            .parse()
            .map_err(|cause| pysign_archive::Error::Name { file: name.to_owned(), cause })?;
        Ok(Self { path, name, target })
    }

    /// Puts it beside its target in `directory`, to be committed with the others of `group`.
    pub(crate) fn stage(
        &self,
        directory: &Path,
        host: &Host,
        group: &mut pysign_host::Group,
    ) -> Result<Artifact, Failure> {
        let target = directory.join(self.name.as_str());
        let mut draft = host.out.draft(&target)?;
        draft.fill(open_regular(&self.path)?, &self.path, MAX_BYTES)?;
        let staged = draft.finish()?;
        let mut artifact = Artifact::from_path(&target)?;
        artifact.record(staged.sha256(), staged.size())?;
        group.add(staged);
        Ok(artifact)
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
            return Err(differs("name of --set", name.to_string(), project.to_string()));
        }
        for (flag, expected) in &wanted.versions {
            if expected != version {
                return Err(differs(flag, expected.to_string(), version.to_string()));
            }
        }
        Ok(())
    }
}

/// The release that was asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) name: Option<ProjectName>,
    /// By which flag, and which.
    pub(crate) versions: Vec<(&'static str, Version)>,
}
