//! Several files at once: each thread takes the next one, and what is found is in the order of the
//! files, whoever was done first.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// More threads than any machine has cores that we know of; each has a stack and a buffer.
const MAX_JOBS: usize = 256;

/// How many files are worked on at once: 1 to 256.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jobs(NonZero<usize>);

impl Jobs {
    /// As many as there are cores that this process may use.
    #[must_use]
    pub fn cores() -> Self {
        let cores = thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN);
        NonZero::new(cores.get().min(MAX_JOBS)).map_or(Self(NonZero::<usize>::MIN), Self)
    }

    /// For work that waits for services most of the time: more than a machine has cores, and no more
    /// than a public service takes from one client before it asks to come back later.
    #[must_use]
    pub const fn requests() -> Self {
        Self(NonZero::<usize>::MIN.saturating_add(7))
    }

    /// Does `work` on every item; gives the results in the order of the items. With one job, or one
    /// item, no thread is started.
    pub fn on_each<T: Send, R: Send>(
        self,
        items: &mut [T],
        work: impl Fn(&mut T) -> R + Sync,
    ) -> Vec<R> {
        let threads = self.0.get().min(items.len());
        if threads <= 1 {
            return items.iter_mut().map(work).collect();
        }
        let mut results: Vec<Option<R>> = Vec::new();
        results.resize_with(items.len(), || None);
        let left = Mutex::new(items.iter_mut().zip(&mut results));
        let next = || left.lock().unwrap_or_else(PoisonError::into_inner).next();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some((item, result)) = next() {
                        *result = Some(work(item));
                    }
                });
            }
        });
        // None is missing: a thread that panics ends the scope, and the process with it.
        results.into_iter().flatten().collect()
    }
}

impl std::str::FromStr for Jobs {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number = text.parse().ok().filter(|number: &NonZero<usize>| number.get() <= MAX_JOBS);
        number.map(Self).ok_or("expected 1 to 256")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        for jobs in ["1", "2", "7", "256"] {
            let jobs: Jobs = jobs.parse().unwrap();
            let mut items: Vec<usize> = (0..100).collect();
            let found = jobs.on_each(&mut items, |item| {
                *item += 1;
                *item * 2
            });
            assert_eq!(items, (1..=100).collect::<Vec<_>>());
            assert_eq!(found, (1..=100).map(|item| item * 2).collect::<Vec<_>>());
            assert_eq!(jobs.on_each(&mut [0; 0], |_| ()), []);
        }
    }

    #[test]
    fn as_many_items_are_worked_on_at_once_as_there_are_jobs() {
        let all_there = Barrier::new(3);
        let jobs: Jobs = "3".parse().unwrap();
        jobs.on_each(&mut [(), (), ()], |()| all_there.wait());
    }

    #[test]
    fn a_number_of_jobs_has_its_bounds() {
        assert_eq!(Ok(Jobs::requests()), "8".parse());
        for (text, fits) in
            [("1", true), ("256", true), ("0", false), ("257", false), ("-1", false), ("", false)]
        {
            assert_eq!(text.parse::<Jobs>().is_ok(), fits, "{text}");
        }
    }
}
