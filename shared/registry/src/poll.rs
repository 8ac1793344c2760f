//! How long to look for what was just sent: indexes are cached, and registries take their time.

use std::time::{Duration, Instant};

use pysign_host::{Failure, Host};

/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause: a place that caches longer than `--timeout` is a matter for the next run.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Looks until there is an answer, or until the next look would be after `deadline`.
pub fn poll<T>(
    host: &Host,
    deadline: Instant,
    waiting_for: &str,
    mut look: impl FnMut() -> Result<Option<T>, Failure>,
) -> Result<Option<T>, Failure> {
    let mut pauses = pauses();
    loop {
        if let Some(answer) = look()? {
            return Ok(Some(answer));
        }
        let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
        if host.clock.instant() + pause > deadline {
            return Ok(None);
        }
        host.notes.progress(format!("waiting for {waiting_for}"));
        host.clock.sleep(pause);
    }
}

fn pauses() -> impl Iterator<Item = Duration> {
    std::iter::successors(Some(FIRST_PAUSE), |pause| Some((*pause * 2).min(LONGEST_PAUSE)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_the_longest() {
        let pauses: Vec<_> = pauses().take(7).map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [250, 500, 1000, 2000, 4000, 5000, 5000]);
    }

    #[test]
    fn the_first_look_needs_no_time_and_the_last_one_is_before_the_deadline() {
        let host = Host::test(&[]);
        let deadline = host.clock.instant();
        assert_eq!(poll(&host, deadline, "", || Ok(Some(1))).unwrap(), Some(1));
        let mut looks = 0;
        let answer = poll::<()>(&host, deadline, "", || {
            looks += 1;
            Ok(None)
        });
        assert_eq!((answer.unwrap(), looks), (None, 1));
    }
}
