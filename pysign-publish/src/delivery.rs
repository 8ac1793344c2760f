//! Sending to a target, safe to repeat: whatever a service answers or doesn't, what counts is what
//! it holds.

use std::time::Duration;

use pysign_host::{Failure, Host, Problem, Status};
use pysign_http::Attempts;
use pysign_registry::poll;

use crate::Error;
use crate::plan::{Outcome, Step, conflict};
use crate::target::{Found, Target};

/// The way to one target.
pub(crate) struct Delivery<'t> {
    pub(crate) target: &'t Target<'t>,
    pub(crate) host: &'t Host,
    /// The user's patience with one request.
    pub(crate) timeout: Duration,
}

impl Delivery<'_> {
    /// Sends until it is there. An answer that was lost says nothing, and an error's words mean
    /// nothing across registries: whatever went wrong, the target is asked what it holds before
    /// anything is sent again.
    pub(crate) fn send(&self, step: &mut Step<'_>) -> Result<(), Failure> {
        let filename = step.item.filename().to_owned();
        self.host.notes.progress(format!("sending '{filename}'"));
        let mut attempts = Attempts::new(self.host.clock.instant(), self.timeout);
        // A "no" after a request whose fate is unknown may be the "no" to a second copy.
        let mut in_doubt = false;
        while let Err(failure) = self.target.send(&step.item) {
            match failure.status() {
                Status::Unavailable => in_doubt = true,
                Status::Denied => {}
                _ => return Err(failure),
            }
            match self.target.look(&[&step.item]).map(|found| found.into_iter().next()) {
                Err(_) => return Err(failure),
                Ok(Some(Found::Same { .. })) => break,
                Ok(Some(Found::Other { url, found })) => {
                    return Err(conflict(&step.item, url, found).into());
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
    pub(crate) fn read_back(&self, sent: &mut [&mut Step<'_>]) -> Result<(), Failure> {
        let mut missing = Vec::new();
        let deadline = self.host.clock.instant() + self.timeout;
        let all = poll(self.host, deadline, "what was sent to show up", || {
            missing.clear();
            let items: Vec<_> = sent.iter().map(|step| &step.item).collect();
            let found = self.target.look(&items)?;
            let answers = sent.iter_mut().zip(found).map(|(step, found)| match found {
                Found::Absent => {
                    let filename = step.item.filename().to_owned();
                    missing.push(Error::Unconfirmed {
                        filename,
                        place: self.target.shows(&step.item),
                    });
                    Ok(())
                }
                Found::Other { url, found } => Err(conflict(&step.item, url, found).into()),
                Found::Same { url } => {
                    step.url = url;
                    step.outcome = Some(Outcome::Stored);
                    Ok(())
                }
            });
            Failure::collect(answers)?;
            Ok(missing.is_empty().then_some(()))
        })?;
        match all {
            Some(()) => Ok(()),
            None => {
                Failure::collect::<()>(missing.into_iter().map(|error| Err(error.into()))).map(drop)
            }
        }
    }
}

/// How long the service asks to wait.
fn retry_after(failure: &Failure) -> Option<Duration> {
    failure.problems().find_map(|problem: &dyn Problem| {
        let error: &(dyn std::error::Error + 'static) = problem;
        error.downcast_ref::<pysign_http::Error>()?.retry_after()
    })
}
