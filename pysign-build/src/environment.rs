//! The environment of a backend: a fresh one for every set of requirements.
//!
//! When a backend asks for more, a new environment is made rather than the old one extended: the
//! installer, which has the user's credentials, never runs where backend code could have been.

use std::collections::BTreeSet;
use std::path::PathBuf;

use pysign_names::Requirement;

use crate::Error;
use crate::installer::{Choice, Installed, Installer};
use crate::isolation::Isolation;
use crate::python::Python;
use crate::room::Room;

/// A virtual environment and what was installed into it.
#[derive(Debug)]
pub(crate) struct Environment {
    pub(crate) place: PathBuf,
    pub(crate) requirements: BTreeSet<Requirement>,
    pub(crate) installed: Vec<Installed>,
}

/// What environments are made with.
#[derive(Debug)]
pub(crate) struct Workshop<'r, 'h> {
    pub(crate) room: &'r Room<'h>,
    pub(crate) isolation: Isolation,
    pub(crate) python: Python,
    pub(crate) choice: Choice,
}

impl Workshop<'_, '_> {
    /// An environment with the wheels that `requirements` stand for.
    pub(crate) fn environment(
        &self,
        requirements: BTreeSet<Requirement>,
    ) -> Result<Environment, Error> {
        let place = self.room.path().join(self.room.fresh("env"));
        let mut command = self.isolation.command(self.room, &self.python.executable);
        command.args(["-I", "-m", "venv", "--without-pip"]).arg(&place);
        let ended = self.room.run(&mut command, None)?;
        if !ended.is_success() {
            return Err(Error::Python {
                program: self.python.executable.clone().into(),
                reason: "it can't make a virtual environment",
                tail: ended.tail,
            });
        }
        let installed = if requirements.is_empty() {
            Vec::new()
        } else {
            let names: Vec<&str> = requirements.iter().map(Requirement::as_str).collect();
            self.room.host.notes.progress(format!("installing {}", names.join(", ")));
            let installer = Installer::find(self.choice, &self.python, self.room)?;
            installer.install(&place, &requirements, self.isolation, self.room)?
        };
        Ok(Environment { place, requirements, installed })
    }
}
