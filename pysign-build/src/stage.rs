//! What is built: a private copy of the source, so that the user's checkout is never touched.

mod git;
mod sdist;
mod tree;

use std::path::{Path, PathBuf};

use pysign_host::{Failure, Host, Sha256};
use pysign_manifest::{Digests, Map, Source, Value};

use crate::Error;
use crate::overrides::Overrides;
use crate::workspace::Workspace;

/// 1980-01-01, the first time that a zip archive can express.
const FIRST_EPOCH: u64 = 315_532_800;

/// A private copy of the source.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The directory of the project in it.
    pub(crate) project: PathBuf,
    pub(crate) origin: Origin,
    pub(crate) epoch: Epoch,
}

/// Where the source came from.
#[derive(Debug)]
pub(crate) enum Origin {
    /// The commit that was checked out.
    Git { commit: String, dirty: bool, subdirectory: Option<String> },
    /// An sdist was given.
    Sdist { path: PathBuf, filename: String, sha256: Sha256 },
    /// A directory was copied as it was.
    Tree,
}

/// The time of every file in the archives, in seconds since 1970, and where it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Epoch {
    pub(crate) seconds: u64,
    pub(crate) source: &'static str,
}

/// Which source is built, and how it is copied.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// A directory, or an sdist.
    pub(crate) source: PathBuf,
    /// `--from-tree`: the files as they are, without asking git.
    pub(crate) from_tree: bool,
    /// `--allow-dirty`: uncommitted changes of tracked files are built too.
    pub(crate) allow_dirty: bool,
    /// The output directory, which is never a part of the source.
    pub(crate) output: PathBuf,
}

impl Stage {
    /// Copies the source into `workspace`.
    pub(crate) fn set(request: &Request, workspace: &Workspace<'_>) -> Result<Self, Failure> {
        let stage = if !request.source.is_dir() {
            sdist::stage(&request.source, workspace)?
        } else if request.from_tree {
            tree::stage(request, workspace)?
        } else {
            git::stage(request, workspace)?
        };
        if !["pyproject.toml", "setup.py"].iter().any(|name| stage.project.join(name).is_file()) {
            return Err(Error::NoProject {
                directory: request.source.clone(),
                committed: matches!(stage.origin, Origin::Git { .. }),
            }
            .into());
        }
        Ok(stage)
    }

    /// Writes `overrides` into the copy of `pyproject.toml`. A project whose version comes from git
    /// is still that of its tag: git does not look for the change.
    pub(crate) fn edit(
        &self,
        overrides: &Overrides,
        workspace: &Workspace<'_>,
    ) -> Result<(), Error> {
        overrides.apply(&self.project)?;
        match self.origin {
            Origin::Git { .. } if !overrides.is_empty() => {
                git::assume_unchanged(&self.project, workspace)
            }
            _ => Ok(()),
        }
    }

    /// The member `source` of the manifest's entry.
    pub(crate) fn describe(&self, overrides: Map<String, Value>) -> Source {
        let source = Source {
            epoch: Some(self.epoch.seconds),
            epoch_source: Some(self.epoch.source.to_owned()),
            overrides: Some(overrides),
            ..Source::default()
        };
        match &self.origin {
            Origin::Git { commit, dirty, subdirectory } => Source {
                kind: Some("git".to_owned()),
                commit: Some(commit.clone()),
                dirty: Some(*dirty),
                subdirectory: subdirectory.clone(),
                ..source
            },
            Origin::Sdist { filename, sha256, .. } => Source {
                kind: Some("sdist".to_owned()),
                filename: Some(filename.clone()),
                digests: Some(Digests { sha256: Some(*sha256), ..Digests::default() }),
                ..source
            },
            Origin::Tree => Source { kind: Some("tree".to_owned()), ..source },
        }
    }
}

impl Epoch {
    /// `SOURCE_DATE_EPOCH` (reproducible-builds.org), else what the source says of itself, else the
    /// first time that both kinds of archive can express.
    fn choose(host: &Host, own: Option<(u64, &'static str)>) -> Result<Self, Error> {
        let (seconds, source) = match host.env.var("SOURCE_DATE_EPOCH") {
            Some(text) => (text.parse().map_err(|_| Error::Epoch)?, "SOURCE_DATE_EPOCH"),
            None => own.unwrap_or((FIRST_EPOCH, "default")),
        };
        Ok(Self { seconds: seconds.max(FIRST_EPOCH), source })
    }
}

/// A path to show, relative to the directory it was found in.
fn shown(path: &Path, root: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epoch(variable: &str, own: Option<(u64, &'static str)>) -> Result<Epoch, Error> {
        Epoch::choose(&Host::test(&[("SOURCE_DATE_EPOCH", variable)]), own)
    }

    #[test]
    fn the_epoch_is_the_users_then_the_sources_then_the_first() {
        let commit = Some((1_700_000_000, "commit"));
        assert_eq!(epoch("1600000000", commit).unwrap().source, "SOURCE_DATE_EPOCH");
        assert_eq!(epoch("", commit).unwrap().seconds, 1_700_000_000);
        assert_eq!(epoch("", None).unwrap(), Epoch { seconds: FIRST_EPOCH, source: "default" });
    }

    #[test]
    fn a_time_before_zip_is_the_first_that_it_has() {
        assert_eq!(epoch("0", None).unwrap().seconds, FIRST_EPOCH);
    }

    #[test]
    fn an_epoch_that_is_no_number_is_refused() {
        for text in ["x", "-1", "1.5", " 1"] {
            assert!(matches!(epoch(text, None), Err(Error::Epoch)), "{text}");
        }
    }
}
