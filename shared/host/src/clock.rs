//! The only reader of time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

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
}
