//! An sdist from the source, and a wheel from that sdist: what ships can be built by others.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use pysign_host::Failure;
use pysign_manifest::{Value, json};
use pysign_names::Requirement;

use crate::Error;
use crate::archives::Archive;
use crate::environment::{Environment, Workshop};
use crate::error::HookFault;
use crate::hooks::{Call, Hooks, Target};
use crate::installer::Installed;
use crate::project::BuildSystem;
use crate::stage::{Origin, Stage};

/// Builds one project, and remembers with what.
#[derive(Debug)]
pub(crate) struct Builder<'b, 'h> {
    workshop: &'b Workshop<'b, 'h>,
    hooks: &'b Hooks<'b, 'h>,
    epoch: u64,
    environments: Vec<Rc<Environment>>,
    backend: String,
}

impl<'b, 'h> Builder<'b, 'h> {
    pub(crate) fn new(
        workshop: &'b Workshop<'b, 'h>,
        hooks: &'b Hooks<'b, 'h>,
        epoch: u64,
    ) -> Self {
        Self { workshop, hooks, epoch, environments: Vec::new(), backend: String::new() }
    }

    /// The archives that are wanted, the sdist first. An sdist that is the source is not built
    /// again, unless its `pyproject.toml` was edited.
    pub(crate) fn build(
        &mut self,
        stage: &Stage,
        is_edited: bool,
        targets: &[Target],
    ) -> Result<Vec<Archive>, Failure> {
        let sdist = match &stage.origin {
            Origin::Sdist { path, .. } if !is_edited => {
                Archive::rewrite(path, Target::Sdist, self.epoch, self.workshop.room)?
            }
            _ => self.archive(&stage.project, Target::Sdist)?,
        };
        if !targets.contains(&Target::Wheel) {
            return Ok(vec![sdist]);
        }
        let room = self.workshop.room;
        let unpacked = pysign_archive::unpack_sdist(&sdist.path, &room.directory("unpacked")?)?;
        let wheel = self.archive(&unpacked, Target::Wheel)?;
        if !wheel.is_of_the_release(&sdist) {
            let fault = HookFault::Answer("built another release than its sdist's");
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
        Archive::rewrite(&made, target, self.epoch, self.workshop.room)
    }

    fn make(&mut self, project: &Path, target: Target) -> Result<PathBuf, Error> {
        let system = BuildSystem::read(project)?;
        self.backend.clone_from(&system.backend);
        let mut needed: BTreeSet<Requirement> = system.requires.iter().cloned().collect();
        let environment = self.environment(&needed)?;
        let call = Call { project, system: &system, environment: &environment };
        needed.extend(self.hooks.requires(call, target)?);
        let environment = self.environment(&needed)?;
        self.hooks.build(Call { environment: &environment, ..call }, target)
    }

    /// An environment with exactly what is needed: one that is there, or a new one.
    fn environment(&mut self, needed: &BTreeSet<Requirement>) -> Result<Rc<Environment>, Error> {
        if let Some(known) = self.environments.iter().find(|known| known.requirements == *needed) {
            return Ok(Rc::clone(known));
        }
        let new = Rc::new(self.workshop.environment(needed.clone())?);
        self.environments.push(Rc::clone(&new));
        Ok(new)
    }

    /// The manifest's entry on how this was built: no clock, no host, no user.
    pub(crate) fn describe(&self, source: &Value) -> Value {
        let installed: BTreeSet<&Installed> =
            self.environments.iter().flat_map(|environment| &environment.installed).collect();
        let requires: Vec<Value> = installed.into_iter().map(Installed::describe).collect();
        json!({
            "source": source,
            "backend": self.backend,
            "python": self.workshop.python.version,
            "platform": self.workshop.python.platform,
            "canon": pysign_archive::CANON,
            "isolation": self.workshop.isolation.name(),
            "locked": false,
            "requires": requires,
        })
    }
}
