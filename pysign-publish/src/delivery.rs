//! Sending to a target. It is safe to repeat: whatever a service answers or fails to answer, what counts
//! is what it then holds.

use std::time::Duration;

use pysign_host::{Failure, Host, Problem, Sha256, Status};
use pysign_http::Attempts;
use pysign_manifest::Role;
use pysign_registry::poll;

use crate::Error;
use crate::plan::Plan;
use crate::release::Package;
use crate::sidecar::SidecarFile;
use crate::step::{Found, Item, Outcome, Step};
use crate::target::Target;

/// A target, and how long to try.
struct Delivery<'t> {
    target: &'t dyn Target,
    host: &'t Host,
    /// `--timeout`.
    timeout: Duration,
}

/// Sends what `plan` says is missing. With `confirm` no package is sent before its sidecars are seen to
/// be there, and no marker before everything else is.
pub(crate) fn carry_out(
    plan: &mut Plan<'_, '_>,
    host: &Host,
    confirm: bool,
    timeout: Duration,
) -> Result<(), Failure> {
    let delivery = Delivery { target: plan.target, host, timeout };
    for step in plan.steps().filter(|step| step.outcome.is_some()) {
        delivery.say_kept(step);
    }
    let sidecars = plan.files.partition_point(|step| step.item.package().is_none());
    let (sidecars, packages) = plan.files.split_at_mut(sidecars);
    for steps in [sidecars, packages, &mut plan.markers] {
        let open = steps.iter_mut().filter(|step| step.outcome.is_none());
        let mut open: Vec<&mut Step<'_>> = open.collect();
        for step in &mut open {
            delivery.send(step)?;
        }
        if confirm {
            delivery.read_back(&mut open)?;
        }
    }
    let packages = plan.files.iter().filter_map(|step| step.item.package());
    plan.target.list(&packages.collect::<Vec<_>>())
}

impl Delivery<'_> {
    /// Says what is kept; as a warning, if it is not the signature that was given.
    fn say_kept(&self, step: &Step<'_>) {
        let reason = step.reason.map_or(String::new(), |reason| format!(": {reason}"));
        let message = format!("kept '{}' at '{}'{reason}", step.item.filename(), step.url);
        match (&step.item, step.reason) {
            (Item::Sidecar(SidecarFile { part: Some((_, Role::Bundle)), .. }), Some(_)) => {
                self.host.notes.warn("signature-kept", message);
            }
            _ => self.host.notes.detail(message),
        }
    }

    /// Sends until the target has it. A lost answer says nothing, and the texts of errors differ between
    /// registries: so after any failure the target is asked what it holds before anything is sent
    /// again.
    fn send(&self, step: &mut Step<'_>) -> Result<(), Failure> {
        let filename = step.item.filename().to_owned();
        self.host.notes.progress(format!("sending '{filename}'"));
        let mut attempts = Attempts::new(self.host.clock.instant(), self.timeout);
        // A refusal after a request whose fate is unknown may be that of a second copy.
        let mut in_doubt = false;
        while let Err(failure) = self.target.send(&step.item) {
            match failure.status() {
                Status::Unavailable => in_doubt = true,
                Status::Denied => {}
                _ => return Err(failure),
            }
            match self.look_up(&[&step.item]).map(|found| found.into_iter().next()) {
                Err(_) => return Err(failure),
                Ok(Some(Found::Same { .. })) => break,
                Ok(Some(Found::Other { url, found })) => {
                    return Err(step.item.conflict(url, found).into());
                }
                Ok(Some(Found::Absent) | None) => {}
            }
            let pause = attempts.pause(self.host.clock.instant(), retry_after(&failure));
            let Some(pause) = pause.filter(|_| in_doubt) else { return Err(failure) };
            self.host.notes.trace(format!("sending '{filename}' again after a failure"));
            self.host.clock.sleep(pause);
        }
        step.outcome = Some(Outcome::Unconfirmed);
        self.host.notes.detail(format!("sent '{filename}' to '{}'", step.url));
        Ok(())
    }

    /// Asks until the target shows everything that was sent, for as long as one request may take:
    /// indexes are cached.
    fn read_back(&self, sent: &mut [&mut Step<'_>]) -> Result<(), Failure> {
        let mut missing = Vec::new();
        let deadline = self.host.clock.instant() + self.timeout;
        poll(self.host, deadline, "what was sent to show up", || {
            missing.clear();
            let found = self.look_up(&sent.iter().map(|step| &step.item).collect::<Vec<_>>())?;
            let answers = sent.iter_mut().zip(found).map(|(step, found)| match found {
                Found::Absent => {
                    let filename = step.item.filename().to_owned();
                    let place = self.target.shown_at(&step.item);
                    missing.push(Error::Unconfirmed { filename, place });
                    Ok(())
                }
                Found::Other { url, found } => Err(step.item.conflict(url, found).into()),
                Found::Same { url } => {
                    step.url = url;
                    step.outcome = Some(Outcome::Stored);
                    Ok(())
                }
            });
            Failure::collect(answers)?;
            Ok(missing.is_empty().then_some(()))
        })?;
        Failure::collect::<()>(missing.into_iter().map(|error| Err(error.into()))).map(drop)
    }

    /// What the target holds under the names of `items`: one answer for each, in their order.
    fn look_up(&self, items: &[&Item<'_>]) -> Result<Vec<Found>, Failure> {
        let packages: Vec<&Package> = items.iter().filter_map(|item| item.package()).collect();
        let mut packages = match packages.as_slice() {
            [] => Vec::new(),
            packages => self.target.look_up(packages)?,
        }
        .into_iter();
        Failure::collect(items.iter().map(|item| match item {
            Item::Sidecar(file) => self.look_up_sidecar(item, file),
            Item::Package(_) => Ok(packages.next().unwrap_or(Found::Absent)),
        }))
    }

    fn look_up_sidecar(&self, item: &Item<'_>, file: &SidecarFile) -> Result<Found, Failure> {
        let url = self.target.url(item);
        Ok(match self.target.read(file)? {
            None => Found::Absent,
            Some(bytes) if bytes == file.bytes => Found::Same { url },
            // The marker is replaced: as long as the old one is there, the new one is not.
            Some(_) if file.is_marker() => Found::Absent,
            Some(bytes) => Found::Other { url, found: format!("sha256:{}", Sha256::of(&bytes)) },
        })
    }
}

/// How long the service asks to wait.
fn retry_after(failure: &Failure) -> Option<Duration> {
    failure.problems().find_map(|problem: &dyn Problem| {
        let error: &(dyn std::error::Error + 'static) = problem;
        error.downcast_ref::<pysign_http::Error>()?.retry_after()
    })
}

#[cfg(test)]
mod tests;
