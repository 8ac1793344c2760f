//! Clocks that differ. Nothing that a service says is compared with the clock of this machine, but no
//! verifier believes what is dated in its future, and the first one is on this machine.

use std::time::Duration;

use pysign_host::Clock;

/// A machine that nobody sets may be some seconds behind, and we wait for it. More than this is a
/// wrong clock: its owner must know.
const MAX_WAIT: i64 = 60;

/// Waits until `time`, in seconds since 1970, has come. If that takes too long: by how many seconds
/// this machine is behind.
pub(crate) fn catch_up(clock: Clock, time: i64) -> Result<(), i64> {
    let behind = time.saturating_sub(clock.unix());
    if behind > MAX_WAIT {
        return Err(behind);
    }
    if let Ok(seconds @ 1..) = u64::try_from(behind) {
        clock.sleep(Duration::from_secs(seconds));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_past_and_the_present_are_not_waited_for() {
        let clock = Clock::system();
        for time in [clock.unix(), clock.unix() - 3600, 0, i64::MIN] {
            assert_eq!(catch_up(clock, time), Ok(()));
            assert!(clock.unix() >= time);
        }
    }

    #[test]
    fn the_near_future_is_waited_for_and_the_far_one_is_an_error() {
        let clock = Clock::system();
        let soon = clock.unix() + 1;
        assert_eq!(catch_up(clock, soon), Ok(()));
        assert!(clock.unix() >= soon);
        // A second may pass between here and there.
        let behind = catch_up(clock, clock.unix() + 3600).unwrap_err();
        assert!((3599..=3600).contains(&behind));
        assert!(catch_up(clock, i64::MAX).is_err());
    }
}
