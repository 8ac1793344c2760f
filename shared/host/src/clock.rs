//! The only reader of time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::Notes;

/// A machine whose clock nobody sets may be some seconds behind a service's. If it is behind by
/// more than this, its owner must know.
const MAX_SKEW: i64 = 60;

/// The system's clock. Verification and TLS use the same one, so there is nothing to set here:
/// tests move the clocks of the services instead.
#[derive(Clone, Copy, Debug)]
pub struct Clock(());

impl Clock {
    /// The clock of this machine.
    pub const fn system() -> Self {
        Self(())
    }

    /// The time of day.
    pub fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// The time of day in whole seconds since 1970; negative before.
    pub fn unix(&self) -> i64 {
        let seconds = |span: Duration| i64::try_from(span.as_secs()).unwrap_or(i64::MAX);
        match self.now().duration_since(UNIX_EPOCH) {
            Ok(after) => seconds(after),
            Err(before) => -seconds(before.duration()),
        }
    }

    /// A point to measure a span from.
    pub fn instant(&self) -> Instant {
        Instant::now()
    }

    /// Waits before a request is tried again.
    pub fn sleep(&self, span: Duration) {
        std::thread::sleep(span);
    }

    /// Waits, and says so, until this clock has reached `time` (in seconds since 1970), at which
    /// something was dated by the clock of `whose`: no verifier believes a date in its future.
    /// Where that is more than a minute ahead, the error is by how many seconds this clock is
    /// behind.
    pub fn wait_until(&self, time: i64, whose: &str, notes: &Notes) -> Result<(), i64> {
        let seconds = to_wait(time, self.unix())?;
        if seconds > 0 {
            let message = format!(
                "the clock of this machine is {seconds} s behind that of {whose}; waiting for it"
            );
            notes.warn("clock-behind", message);
            self.sleep(Duration::from_secs(seconds));
        }
        Ok(())
    }
}

/// For how many seconds to wait for `time`; or, if that is too many, how many there are.
fn to_wait(time: i64, now: i64) -> Result<u64, i64> {
    let behind = time.saturating_sub(now);
    if behind > MAX_SKEW { Err(behind) } else { Ok(u64::try_from(behind).unwrap_or(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_near_future_is_waited_for() {
        const NOW: i64 = 1_800_000_000;
        for time in [NOW, NOW - 3600, 0, i64::MIN] {
            assert_eq!(to_wait(time, NOW), Ok(0));
        }
        assert_eq!(to_wait(NOW + 1, NOW), Ok(1));
        assert_eq!(to_wait(NOW + MAX_SKEW, NOW), Ok(60));
        assert_eq!(to_wait(NOW + MAX_SKEW + 1, NOW), Err(61));
        assert!(to_wait(i64::MAX, NOW).is_err());
    }
}
