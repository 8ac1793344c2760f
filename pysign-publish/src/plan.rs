//! What will be sent where, known before the first byte leaves.

use std::fmt;
use std::time::Duration;

use pysign_host::{Failure, Host, Sha256};
use pysign_manifest::Role;

use crate::delivery::Delivery;
use crate::release::{Beside, Package, Part, Release};
use crate::target::{Found, Item, Storage, Target};
use crate::{Error, binding, marker};

/// How something came to be at a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was there already.
    Kept,
    /// It was sent, and the target shows it.
    Stored,
    /// It was sent.
    Unconfirmed,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Kept => "kept",
            Self::Stored => "stored",
            Self::Unconfirmed => "unconfirmed",
        })
    }
}

/// One item at one target.
#[derive(Debug)]
pub(crate) struct Step<'r> {
    /// A small file has the bytes that the target holds, or will hold, under its name.
    pub(crate) item: Item<'r>,
    pub(crate) url: String,
    /// Nothing: still to be sent.
    pub(crate) outcome: Option<Outcome>,
    /// Why the bytes are not those that were given.
    pub(crate) reason: Option<&'static str>,
}

impl Step<'_> {
    /// Says that it is kept; aloud, if it isn't what was given.
    fn tell(&self, host: &Host) {
        let (name, url) = (self.item.filename(), &self.url);
        match (&self.item, self.reason) {
            (Item::Beside(file), Some(reason)) if file.role() == Some(Role::Bundle) => {
                host.notes.warn("signature-kept", format!("'{url}' is kept: {reason}"));
            }
            (_, Some(reason)) => host.notes.detail(format!("kept '{name}' at '{url}': {reason}")),
            (_, None) => host.notes.detail(format!("kept '{name}' at '{url}'")),
        }
    }
}

/// Everything for one target.
pub(crate) struct Plan<'t, 'r> {
    pub(crate) target: &'t Target<'t>,
    /// Signatures, then packages, in the order they are sent.
    pub(crate) files: Vec<Step<'r>>,
    /// What says that all of them are there.
    pub(crate) markers: Vec<Step<'r>>,
}

impl<'t, 'r> Plan<'t, 'r> {
    /// Asks the target what it holds. Other bytes under a name of ours are an error, each of them.
    pub(crate) fn make(target: &'t Target<'t>, releases: &'r [Release]) -> Result<Self, Failure> {
        let packages = releases.iter().flat_map(|release| &release.packages);
        let mut files = Vec::new();
        if let Some(storage) = &target.storage {
            for package in packages.clone() {
                files.extend(sidecar_steps(&**storage, package)?);
            }
        }
        files.extend(package_steps(target, packages.map(Item::Package).collect())?);
        // What a marker says depends on what the target keeps.
        let files = Failure::collect(files)?;
        let mut markers = Vec::new();
        if let Some(storage) = &target.storage {
            let steps = releases.iter().map(|release| marker_step(&**storage, release, &files));
            markers = Failure::collect(steps)?;
        }
        Ok(Self { target, files, markers })
    }

    fn steps(&self) -> impl Iterator<Item = &Step<'r>> {
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

    /// Whether something is at the target because of this run.
    pub(crate) fn has_sent(&self) -> bool {
        self.steps()
            .any(|step| matches!(step.outcome, Some(Outcome::Stored | Outcome::Unconfirmed)))
    }

    /// What became of it, in one line.
    pub(crate) fn summary(&self) -> String {
        let count = |outcome| self.steps().filter(|step| step.outcome == Some(outcome)).count();
        let unconfirmed = count(Outcome::Unconfirmed);
        let sent = count(Outcome::Stored) + unconfirmed;
        let note = if unconfirmed > 0 { ", not read back" } else { "" };
        let files = if sent == 1 { "file" } else { "files" };
        format!("{}: {sent} {files} stored, {} kept{note}", self.target.kind, count(Outcome::Kept))
    }

    /// Sends what is missing. With `confirm` no package is sent before its signatures are seen to be
    /// there, and no marker before everything else is.
    pub(crate) fn carry_out(
        &mut self,
        host: &Host,
        confirm: bool,
        timeout: Duration,
    ) -> Result<(), Failure> {
        let delivery = Delivery { target: self.target, host, timeout };
        for step in self.steps().filter(|step| step.outcome.is_some()) {
            step.tell(host);
        }
        let sidecars = self.files.partition_point(|step| step.item.package().is_none());
        let (sidecars, packages) = self.files.split_at_mut(sidecars);
        for steps in [sidecars, packages, &mut self.markers] {
            let open = steps.iter_mut().filter(|step| step.outcome.is_none());
            let mut open: Vec<&mut Step<'r>> = open.collect();
            for step in &mut open {
                delivery.send(step)?;
            }
            if confirm {
                delivery.read_back(&mut open)?;
            }
        }
        let packages = self.files.iter().filter_map(|step| step.item.package());
        self.target.index.settle(&packages.collect::<Vec<_>>())
    }
}

/// Each step, or its conflict; an error, if the target can't be asked.
type Steps<'r> = Result<Vec<Result<Step<'r>, Failure>>, Failure>;

fn package_steps<'r>(target: &Target<'_>, items: Vec<Item<'r>>) -> Steps<'r> {
    let found = target.look(&items.iter().collect::<Vec<_>>())?;
    let step = |(item, found)| {
        let (url, outcome) = match found {
            Found::Absent => (target.place(&item), None),
            Found::Other { url, found } => return Err(conflict(&item, url, found).into()),
            Found::Same { url } => (url, Some(Outcome::Kept)),
        };
        Ok(Step { item, url, outcome, reason: None })
    };
    Ok(items.into_iter().zip(found).map(step).collect())
}

/// What becomes of the signatures of `package` at a place that may hold some already: a first run
/// may have been cut off, and a signature of the same bytes differs with every run.
fn sidecar_steps<'r>(storage: &dyn Storage, package: &'r Package) -> Steps<'r> {
    let theirs: Result<Vec<_>, Failure> =
        package.sidecars.iter().map(|file| storage.read(file)).collect();
    let theirs = theirs?;
    let standing = binding::Standing::of(package, &theirs);
    let steps = package.sidecars.iter().zip(theirs).map(|(ours, theirs)| {
        let url = storage.place(ours);
        let step = |file: Beside, outcome, reason| {
            let item = Item::Beside(file);
            Ok(Step { item, url: url.clone(), outcome, reason })
        };
        match theirs {
            None => match standing.completed(ours) {
                Some(bytes) => {
                    let reason = "made from the signature that is there already";
                    step(Beside { bytes, ..ours.clone() }, None, Some(reason))
                }
                None => step(ours.clone(), None, None),
            },
            Some(bytes) if bytes == ours.bytes => step(ours.clone(), Some(Outcome::Kept), None),
            Some(bytes) if standing.holds(ours, &bytes) => {
                let reason = "another signature of the same bytes";
                step(Beside { bytes, ..ours.clone() }, Some(Outcome::Kept), Some(reason))
            }
            Some(bytes) => {
                let found = format!("sha256:{}", Sha256::of(&bytes));
                Err(conflict(&Item::Beside(ours.clone()), url, found).into())
            }
        }
    });
    Ok(steps.collect())
}

/// The marker is the one file that may be replaced: a release can get further files.
fn marker_step<'r>(
    storage: &dyn Storage,
    release: &Release,
    files: &[Step<'_>],
) -> Result<Step<'r>, Failure> {
    let sidecars = files.iter().filter_map(|step| match &step.item {
        Item::Beside(file) if file.part != Part::Marker => Some(file),
        _ => None,
    });
    let mut file = marker::of(release, &sidecars.collect::<Vec<_>>());
    let url = storage.place(&file);
    let theirs = storage.read(&file)?;
    let mut reason = None;
    if let Some(theirs) = &theirs {
        let Some(united) = marker::united(&file, theirs) else {
            let found = format!("sha256:{}", Sha256::of(theirs));
            return Err(conflict(&Item::Beside(file), url, found).into());
        };
        file.bytes = united;
        reason = Some("with the files that it names already").filter(|_| *theirs != file.bytes);
    }
    let outcome = (theirs.as_deref() == Some(&*file.bytes)).then_some(Outcome::Kept);
    Ok(Step { item: Item::Beside(file), url, outcome, reason })
}

/// The error for other bytes under the name of `item`.
pub(crate) fn conflict(item: &Item<'_>, place: String, found: String) -> Error {
    let filename = item.filename().to_owned();
    Error::Conflict { filename, place, expected: item.sha256(), found }
}

#[cfg(test)]
mod tests;
