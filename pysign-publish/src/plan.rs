//! What will be sent where, decided before the first byte is sent.

use pysign_host::Failure;

use crate::release::{Package, Release};
use crate::step::{Found, Item, Outcome, Step};
use crate::target::Target;
use crate::{existing, marker};

/// The steps for one target.
pub(crate) struct Plan<'t, 'r> {
    pub(crate) target: &'t dyn Target,
    /// Sidecars, then packages, in the order they are sent.
    pub(crate) files: Vec<Step<'r>>,
    /// The markers, one for each release.
    pub(crate) markers: Vec<Step<'r>>,
}

impl<'t, 'r> Plan<'t, 'r> {
    /// Asks the target what it holds. Each file that it has with different content is an error.
    pub(crate) fn make(target: &'t dyn Target, releases: &'r [Release]) -> Result<Self, Failure> {
        let packages: Vec<&Package> =
            releases.iter().flat_map(|release| &release.packages).collect();
        let mut files = Vec::new();
        if target.takes_sidecars() {
            for package in &packages {
                files.extend(existing::steps(target, package)?);
            }
        }
        let found = target.look_up(&packages)?.into_iter();
        files.extend(found.zip(packages).map(|(found, package)| {
            let item = Item::Package(package);
            let (url, outcome) = match found {
                Found::Absent => (target.url(&item), None),
                Found::Other { url, found } => return Err(item.conflict(url, found).into()),
                Found::Same { url } => (url, Some(Outcome::Kept)),
            };
            Ok(Step { item, url, outcome, reason: None })
        }));
        // What a marker says depends on what the target keeps.
        let files = Failure::collect(files)?;
        let mut markers = Vec::new();
        if target.takes_sidecars() {
            let steps = releases.iter().map(|release| marker::step(target, release, &files));
            markers = Failure::collect(steps)?;
        }
        Ok(Self { target, files, markers })
    }

    pub(crate) fn steps(&self) -> impl Iterator<Item = &Step<'r>> {
        self.files.iter().chain(&self.markers)
    }

    /// One line for each item.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.steps().map(|step| {
            let what = if step.outcome.is_some() { "would keep" } else { "would store" };
            let reason = step.reason.map_or(String::new(), |reason| format!(": {reason}"));
            format!("{what} '{}' at '{}'{reason}", step.item.filename(), step.url)
        })
    }

    /// Whether this run has sent anything.
    pub(crate) fn has_sent(&self) -> bool {
        self.steps()
            .any(|step| matches!(step.outcome, Some(Outcome::Stored | Outcome::Unconfirmed)))
    }

    /// What was done, in one line.
    pub(crate) fn summary(&self) -> String {
        let count = |outcome| self.steps().filter(|step| step.outcome == Some(outcome)).count();
        let unconfirmed = count(Outcome::Unconfirmed);
        let sent = count(Outcome::Stored) + unconfirmed;
        let note = if unconfirmed > 0 { ", not read back" } else { "" };
        let files = if sent == 1 { "file" } else { "files" };
        let (target, kept) = (self.target.kind(), count(Outcome::Kept));
        format!("{target}: {sent} {files} stored, {kept} already there{note}")
    }
}
