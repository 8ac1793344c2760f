//! An sdist from the source, and a wheel from that sdist: what ships can be built by others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pysign_host::Failure;
use pysign_manifest::{Build, Source};
use pysign_names::Requirement;

use crate::Error;
use crate::archives::Archive;
use crate::environment::Environments;
use crate::error::HookFault;
use crate::hooks::{Call, Hooks, Target};
use crate::installer::Installed;
use crate::project::BuildSystem;
use crate::stage::{Origin, Stage};
use crate::workspace::Workspace;

/// Builds one project, and remembers with what.
#[derive(Debug)]
pub(crate) struct Builder<'b, 'h> {
    pub(crate) workspace: &'b Workspace<'h>,
    pub(crate) hooks: &'b Hooks<'b, 'h>,
    pub(crate) environments: Environments<'b, 'h>,
    pub(crate) epoch: u64,
    /// Where the archives will be.
    pub(crate) output: &'b Path,
    pub(crate) backend: String,
}

impl Builder<'_, '_> {
    /// The archives that are wanted, the sdist first. An sdist that is the source is not built
    /// again, unless its `pyproject.toml` was edited.
    pub(crate) fn build(
        &mut self,
        stage: &Stage,
        is_edited: bool,
        targets: &[Target],
    ) -> Result<Vec<Archive>, Failure> {
        let sdist = match &stage.origin {
            Origin::Sdist { path, .. } if !is_edited => self.rewrite(path, Target::Sdist)?,
            _ => self.archive(&stage.project, Target::Sdist)?,
        };
        if !targets.contains(&Target::Wheel) {
            return Ok(vec![sdist]);
        }
        let unpacked = sdist.unpack(&self.workspace.directory("unpacked")?)?;
        let wheel = self.archive(&unpacked, Target::Wheel)?;
        if !wheel.is_of_the_release(&sdist) {
            let fault =
                HookFault::Answer("built another project or version than that of its sdist");
            let (backend, hook) = (self.backend.clone(), "build_wheel");
            return Err(Error::Hook { backend, hook, fault, tail: None }.into());
        }
        let mut archives = vec![sdist, wheel];
        archives.retain(|archive| targets.contains(&archive.target));
        Ok(archives)
    }

    /// One archive of the source in `project`, in canonical bytes.
    fn archive(&mut self, project: &Path, target: Target) -> Result<Archive, Failure> {
        let made = self.make(project, target)?;
        self.rewrite(&made, target)
    }

    fn rewrite(&self, made: &Path, target: Target) -> Result<Archive, Failure> {
        Archive::rewrite(made, target, self.epoch, self.output, &self.workspace.host.out)
    }

    fn make(&mut self, project: &Path, target: Target) -> Result<PathBuf, Error> {
        let system = BuildSystem::read(project)?;
        self.backend.clone_from(&system.backend);
        let mut needed: BTreeSet<Requirement> = system.requires.iter().cloned().collect();
        let environment = self.environments.with(&needed)?;
        let call = Call { project, system: &system, environment: &environment };
        needed.extend(self.hooks.requires(call, target)?);
        let environment = self.environments.with(&needed)?;
        self.hooks.build(Call { environment: &environment, ..call }, target)
    }

    /// The manifest's entry on how this was built: no clock, no host, no user.
    pub(crate) fn describe(&self, source: Source) -> Build {
        let requires = self.environments.installed().into_iter().map(Installed::describe);
        Build {
            source: Some(source),
            backend: Some(self.backend.clone()),
            python: Some(self.environments.python.version.clone()),
            platform: Some(self.environments.python.platform.clone()),
            canon: Some(pysign_archive::CANON.to_owned()),
            isolation: Some(self.workspace.isolation.name().to_owned()),
            locked: Some(false),
            requires: Some(requires.collect()),
            ..Build::default()
        }
    }
}
