//! Signing many files at once, and which failures end the run.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use pysign_host::{Failure, Jobs, Notes};

/// More names than this are counted and not listed.
const MAX_NAMED: usize = 10;

/// Why a file has no signature.
#[derive(Debug)]
pub(crate) enum Unsigned {
    /// The file can't be read or has changed: the others are signed all the same.
    File(Failure),
    /// A service, a token or the disk has failed, and would fail the next file too.
    Run(Failure),
    /// Another file's failure came first.
    Skipped,
}

impl From<Failure> for Unsigned {
    fn from(failure: Failure) -> Self {
        Self::Run(failure)
    }
}

/// Does `work` on every item, up to `jobs` at once. After a failure that is not about one file alone,
/// what is begun is finished and nothing else is begun: what a service refuses is not asked for a
/// hundred times, and what can't be kept is not logged.
pub(crate) fn for_each<T: Send, R: Send>(
    jobs: Jobs,
    items: &mut [T],
    work: impl Fn(&mut T) -> Result<R, Unsigned> + Sync,
) -> Vec<Result<R, Unsigned>> {
    let ended = AtomicBool::new(false);
    jobs.on_each(items, |item| {
        if ended.load(Ordering::Relaxed) {
            return Err(Unsigned::Skipped);
        }
        let outcome = work(item);
        if let Err(Unsigned::Run(_) | Unsigned::Skipped) = outcome {
            ended.store(true, Ordering::Relaxed);
        }
        outcome
    })
}

/// All results, or what went wrong: the same only once, however many files have met it.
pub(crate) fn collect<R>(outcomes: Vec<Result<R, Unsigned>>) -> Result<Vec<R>, Failure> {
    let mut reported = BTreeSet::new();
    let outcomes = outcomes.into_iter().filter_map(|outcome| match outcome {
        Ok(signed) => Some(Ok(signed)),
        Err(Unsigned::Skipped) => None,
        Err(Unsigned::File(failure) | Unsigned::Run(failure)) => {
            let text: Vec<String> = failure.problems().map(ToString::to_string).collect();
            reported.insert(text).then_some(Err(failure))
        }
    });
    Failure::collect(outcomes)
}

/// Names what the next run has to sign, where this one has signed something.
pub(crate) fn warn_of_unsigned<R>(
    outcomes: &[Result<R, Unsigned>],
    names: impl Iterator<Item = String>,
    notes: &Notes,
) {
    let left = |outcome: &Result<R, Unsigned>| {
        matches!(outcome, Err(Unsigned::Run(_) | Unsigned::Skipped))
    };
    let names: Vec<String> =
        outcomes.iter().zip(names).filter(|(one, _)| left(one)).map(|(_, name)| name).collect();
    let done = outcomes.iter().filter(|one| one.is_ok()).count();
    if names.is_empty() || done == 0 {
        return;
    }
    let listed: Vec<String> =
        names.iter().take(MAX_NAMED).map(|name| format!("'{name}'")).collect();
    let more = match names.len() - listed.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!(
        "{done} of {} signatures are made and stay; the next run makes the rest: {}{more}",
        outcomes.len(),
        listed.join(", "),
    );
    notes.warn("files-left", message);
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use pysign_host::{FileError, Note};

    use super::*;

    fn changed(name: &str) -> FileError {
        FileError::Changed { file: name.into() }
    }

    fn one_at_a_time(
        names: &mut [&'static str],
        work: impl Fn(&str) -> Result<(), Unsigned> + Sync,
    ) -> Vec<Result<(), Unsigned>> {
        for_each("1".parse().unwrap(), names, |name| work(name))
    }

    #[test]
    fn a_bad_file_is_named_and_the_others_are_signed() {
        let outcomes = one_at_a_time(&mut ["a", "b", "c"], |name| match name {
            "b" => Err(Unsigned::File(changed(name).into())),
            _ => Ok(()),
        });
        assert!(outcomes[0].is_ok() && outcomes[2].is_ok());
        let failure = collect(outcomes).unwrap_err();
        assert_eq!(
            failure.problems().map(|problem| problem.facts().code).collect::<Vec<_>>(),
            ["file-changed"]
        );
    }

    #[test]
    fn nothing_is_begun_after_a_failure_that_would_meet_every_file() {
        let begun = Mutex::new(Vec::new());
        let outcomes = one_at_a_time(&mut ["a", "b", "c"], |name| {
            begun.lock().unwrap().push(name.to_owned());
            if name == "b" { Err(Failure::from(changed("service")).into()) } else { Ok(()) }
        });
        assert_eq!(*begun.lock().unwrap(), ["a", "b"]);
        assert!(matches!(outcomes[2], Err(Unsigned::Skipped)));
    }

    #[test]
    fn the_same_failure_is_told_once() {
        let run = |name: &str| Err::<(), _>(Unsigned::Run(changed(name).into()));
        let outcomes = vec![run("log"), run("log"), run("disk"), Ok(()), Err(Unsigned::Skipped)];
        let failure = collect(outcomes).unwrap_err();
        let texts: Vec<String> = failure.problems().map(ToString::to_string).collect();
        assert_eq!(texts, [changed("log").to_string(), changed("disk").to_string()]);
    }

    fn warnings(outcomes: &[Result<(), Unsigned>], names: &[&str]) -> Vec<String> {
        let told = std::sync::Arc::new(Mutex::new(Vec::new()));
        let heard = std::sync::Arc::clone(&told);
        let notes = Notes::new(Box::new(move |note| {
            if let Note::Warning { message, .. } = note {
                heard.lock().unwrap().push(message);
            }
        }));
        warn_of_unsigned(outcomes, names.iter().map(ToString::to_string), &notes);
        told.lock().unwrap().clone()
    }

    #[test]
    fn what_is_left_is_named_if_something_is_done() {
        let run = || Err(Unsigned::Run(changed("log").into()));
        let all = [Ok(()), run(), Err(Unsigned::Skipped), Err(Unsigned::File(changed("d").into()))];
        assert_eq!(
            warnings(&all, &["a", "b", "c", "d"]),
            ["1 of 4 signatures are made and stay; the next run makes the rest: 'b', 'c'"]
        );
        assert!(warnings(&[run(), Err(Unsigned::Skipped)], &["a", "b"]).is_empty());
        assert!(warnings(&[Ok(())], &["a"]).is_empty());
    }
}
