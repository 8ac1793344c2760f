//! When a request is sent again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::time::{Duration, Instant, SystemTime};

/// All waiting for one request ends then, whatever the service asks for.
const PATIENCE: Duration = Duration::from_secs(300);

/// The first attempt and five more: what has not recovered by then is the CI system's to retry.
const ATTEMPTS: u32 = 6;

/// Each pause is longer by up to a quarter: many requests that were refused at once, by all jobs of a
/// run or of many runs, must not all come back at once.
const SPREAD: u32 = 4;

/// All attempts together.
pub(crate) fn patience(timeout: Duration) -> Duration {
    PATIENCE.min(timeout.saturating_mul(10))
}

/// The attempts at one request: for whoever sends one that only its own caller can repeat, too.
#[derive(Debug)]
pub struct Attempts {
    began: Instant,
    patience: Duration,
    /// The next pause; each is twice as long as the one before.
    next: Duration,
    made: u32,
    /// This request's part of the spread, in 256ths.
    part: u32,
}

impl Attempts {
    /// `timeout` is the user's patience with one attempt: ten times that is enough for all, and
    /// the first pause is a hundredth of it. By default the pauses add up to some ten seconds.
    pub fn new(now: Instant, timeout: Duration) -> Self {
        let part = u32::from(RandomState::new().build_hasher().finish().to_le_bytes()[0]);
        Self { began: now, patience: patience(timeout), next: timeout / 100, made: 1, part }
    }

    /// How long to wait before the next attempt; nothing if there is none. A service that says how
    /// long to wait is obeyed, if that is within our patience.
    pub fn pause(&mut self, now: Instant, asked: Option<Duration>) -> Option<Duration> {
        if self.made >= ATTEMPTS {
            return None;
        }
        let pause = asked.unwrap_or(self.next);
        let left = self.patience.checked_sub(now.saturating_duration_since(self.began))?;
        self.made += 1;
        self.next = self.next.saturating_mul(2);
        let longer = pause / SPREAD / 256 * self.part;
        (pause <= left).then(|| pause.saturating_add(longer).min(left))
    }
}

/// What `Retry-After` asks for (RFC 9110 §10.2.3): seconds, or a date.
pub(crate) fn retry_after(value: &str, now: SystemTime) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?;
    let date = SystemTime::from(date.timestamp());
    Some(date.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// The least pauses that there are.
    fn steady(now: Instant, timeout: u64) -> Attempts {
        Attempts { part: 0, ..Attempts::new(now, Duration::from_secs(timeout)) }
    }

    #[test]
    fn pauses_grow_and_end() {
        let now = Instant::now();
        let mut attempts = steady(now, 30);
        let pauses: Vec<_> =
            std::iter::from_fn(|| attempts.pause(now, None)).map(|p| p.as_millis()).collect();
        assert_eq!(pauses, [300, 600, 1200, 2400, 4800]);
    }

    #[test]
    fn what_was_refused_at_once_does_not_come_back_at_once() {
        let now = Instant::now();
        for (asked, least) in [(None, 300), (Some(Duration::from_secs(2)), 2000)] {
            let pause = |_| {
                Attempts::new(now, Duration::from_secs(30)).pause(now, asked).unwrap().as_millis()
            };
            let pauses: BTreeSet<_> = (0..100).map(pause).collect();
            assert!(pauses.len() > 10, "{pauses:?}");
            assert!(
                pauses.iter().all(|pause| (least..=least / 4 * 5).contains(pause)),
                "{pauses:?}"
            );
        }
    }

    #[test]
    fn all_waiting_ends() {
        let began = Instant::now();
        for (timeout, patience) in [(1, 10), (30, 300), (86_400, 300)] {
            let pause_after = |seconds| {
                let mut attempts = steady(began, timeout);
                attempts.pause(began + Duration::from_secs(seconds), Some(Duration::ZERO))
            };
            assert_eq!(pause_after(patience), Some(Duration::ZERO), "{timeout}");
            assert_eq!(pause_after(patience + 1), None, "{timeout}");
        }
    }

    #[test]
    fn a_service_is_obeyed_within_our_patience() {
        let now = Instant::now();
        let asked = |seconds| {
            let mut attempts = steady(now, 30);
            attempts.pause(now, Some(Duration::from_secs(seconds)))
        };
        assert_eq!(asked(300), Some(Duration::from_secs(300)));
        assert_eq!(asked(301), None);
        assert_eq!(asked(u64::MAX), None);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        assert_eq!(retry_after("7", now), Some(Duration::from_secs(7)));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(retry_after(date, now), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(date, now + Duration::from_secs(99)), Some(Duration::ZERO));
        assert_eq!(retry_after("soon", now), None);
        assert_eq!(retry_after("-1", now), None);
    }
}
