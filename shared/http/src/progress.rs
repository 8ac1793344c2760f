//! How far a transfer is, for someone who waits at a terminal.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use pysign_host::{Clock, Notes};

use crate::Url;

/// What takes less time is over before anyone has read a line about it; and nobody reads more lines
/// in a second.
const EVERY: Duration = Duration::from_millis(250);

/// Payload on its way.
pub(crate) struct Transfer<'n> {
    verb: &'static str,
    name: String,
    size: Option<u64>,
    pub(crate) done: u64,
    next: Instant,
    clock: Clock,
    notes: &'n Notes,
}

impl<'n> Transfer<'n> {
    pub(crate) fn new(
        verb: &'static str,
        url: &Url,
        size: Option<u64>,
        clock: Clock,
        notes: &'n Notes,
    ) -> Self {
        let last = url.path().rsplit('/').find(|segment| !segment.is_empty());
        let name = last.map_or_else(|| url.origin().to_string(), str::to_owned);
        Self { verb, name, size, done: 0, next: clock.instant() + EVERY, clock, notes }
    }

    /// `count` bytes more.
    pub(crate) fn add(&mut self, count: usize) {
        self.done = self.done.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        let now = self.clock.instant();
        if now >= self.next {
            self.next = now + EVERY;
            self.notes.progress(format!("{} {}: {}", self.verb, self.name, self.figures()));
        }
    }

    fn figures(&self) -> String {
        match self.size.filter(|size| *size > 0) {
            Some(size) => {
                let percent = u128::from(self.done) * 100 / u128::from(size);
                format!("{} of {}, {percent} %", bytes(self.done), bytes(size))
            }
            None => bytes(self.done),
        }
    }
}

/// A number of bytes as people read it.
fn bytes(count: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match UNITS.into_iter().find(|(unit, _)| count >= *unit) {
        Some((unit, name)) => {
            let tenths = u128::from(count) * 10 / u128::from(unit);
            format!("{}.{} {name}", tenths / 10, tenths % 10)
        }
        None => format!("{count} B"),
    }
}

/// A reader of what is sent.
pub(crate) struct Sending<'n, R>(pub(crate) R, pub(crate) Transfer<'n>);

impl<R: Read> Read for Sending<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        self.1.add(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_says_bytes_and_percent_where_the_size_is_known() {
        let url: Url = "https://a.example/files/demo-1.0.tar.gz".parse().unwrap();
        let notes = Notes::silent();
        for (size, done, shown) in [
            (Some(40 << 20), 13 << 20, "13.0 MiB of 40.0 MiB, 32 %"),
            (Some(1536), 1536, "1.5 KiB of 1.5 KiB, 100 %"),
            (None, 5 << 30, "5.0 GiB"),
            (Some(0), 7, "7 B"),
        ] {
            let mut transfer = Transfer::new("downloading", &url, size, Clock::system(), &notes);
            transfer.add(done);
            assert_eq!(transfer.name, "demo-1.0.tar.gz");
            assert_eq!(transfer.figures(), shown);
        }
    }
}
