//! The time of one service: the system's, moved by as much as a test wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock whose clones share one offset.
#[derive(Clone, Default)]
pub(crate) struct Clock {
    offset: Arc<AtomicI64>,
}

impl Clock {
    /// Moves the clock to `seconds` after (before, when negative) the system's.
    pub(crate) fn set_offset(&self, seconds: i64) {
        self.offset.store(seconds, Ordering::Relaxed);
    }

    pub(crate) fn now(&self) -> SystemTime {
        let offset = self.offset.load(Ordering::Relaxed);
        let distance = Duration::from_secs(offset.unsigned_abs());
        let moved = if offset < 0 {
            SystemTime::now().checked_sub(distance)
        } else {
            SystemTime::now().checked_add(distance)
        };
        moved.unwrap_or(UNIX_EPOCH)
    }

    /// Time since 1970; nothing before it.
    fn since_epoch(&self) -> Duration {
        self.now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }

    /// Whole seconds since 1970.
    pub(crate) fn unix(&self) -> u64 {
        self.since_epoch().as_secs()
    }

    /// Milliseconds since 1970, the unit of Certificate Transparency.
    pub(crate) fn unix_millis(&self) -> u64 {
        u64::try_from(self.since_epoch().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_clock_moves_its_clones_and_no_other() {
        let (clock, other) = (Clock::default(), Clock::default());
        let clone = clock.clone();
        clock.set_offset(-7200);
        assert!(clone.unix() + 7000 < other.unix());
        clock.set_offset(7200);
        assert!(clone.unix() > other.unix() + 7000);
    }
}
