//! The environments of a backend: a fresh one for every set of requirements.
//!
//! When a backend asks for more, a new environment is made rather than the old one extended: the
//! installer, which has the user's credentials, never runs where backend code could have been.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::rc::Rc;

use pysign_names::Requirement;

use crate::Error;
use crate::installer::{Choice, Installed, Installer};
use crate::python::Python;
use crate::workspace::Workspace;

/// A virtual environment and what was installed into it.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) place: PathBuf,
    requirements: BTreeSet<Requirement>,
    installed: Vec<Installed>,
}

/// All environments of a build.
#[derive(Debug)]
pub(crate) struct Environments<'w, 'h> {
    workspace: &'w Workspace<'h>,
    pub(crate) python: Python,
    choice: Choice,
    made: Vec<Rc<Environment>>,
}

impl<'w, 'h> Environments<'w, 'h> {
    pub(crate) fn new(workspace: &'w Workspace<'h>, python: Python, choice: Choice) -> Self {
        Self { workspace, python, choice, made: Vec::new() }
    }

    /// An environment with exactly what is needed: one that was made before, or a new one.
    pub(crate) fn with(
        &mut self,
        needed: &BTreeSet<Requirement>,
    ) -> Result<Rc<Environment>, Error> {
        if let Some(known) = self.made.iter().find(|known| known.requirements == *needed) {
            return Ok(Rc::clone(known));
        }
        let new = Rc::new(self.make(needed.clone())?);
        self.made.push(Rc::clone(&new));
        Ok(new)
    }

    fn make(&self, requirements: BTreeSet<Requirement>) -> Result<Environment, Error> {
        let (workspace, python) = (self.workspace, &self.python.executable);
        let place = workspace.fresh("env");
        let mut command = workspace.isolated(python);
        command.args(["-I", "-m", "venv", "--without-pip"]).arg(&place);
        workspace.run(command, None)?.output(|tail| Error::Python {
            program: python.into(),
            reason: "it can't make a virtual environment",
            tail,
        })?;
        let mut installed = Vec::new();
        if !requirements.is_empty() {
            let names: Vec<&str> = requirements.iter().map(Requirement::as_str).collect();
            workspace.host.notes.progress(format!("installing {}", names.join(", ")));
            let found = Installer::find(self.choice, &self.python, workspace)?;
            installed = found.install(&place, &names, workspace)?;
        }
        Ok(Environment { place, requirements, installed })
    }

    /// Everything that was installed into any of them.
    pub(crate) fn installed(&self) -> BTreeSet<&Installed> {
        self.made.iter().flat_map(|environment| &environment.installed).collect()
    }
}
