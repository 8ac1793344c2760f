//! The one time in a canonical archive.

/// 1980-01-01, before which a zip has no time; nor should a tar, for wheels are built from it.
const FIRST: u64 = 315_532_800;

/// 2107-12-31 23:59:58, after which a zip has no time.
const LAST: u64 = 4_354_819_198;

const DAY: u64 = 86_400;

/// Seconds since 1970, within what both formats can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UnixTime(pub(crate) u64);

impl UnixTime {
    pub(crate) fn clamp(epoch: u64) -> Self {
        Self(epoch.clamp(FIRST, LAST))
    }
}

/// The same moment in UTC as a zip says it, APPNOTE 4.4.6: two seconds to the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DosTime {
    pub(crate) time: u16,
    pub(crate) date: u16,
}

impl DosTime {
    pub(crate) fn clamp(epoch: u64) -> Self {
        let since = UnixTime::clamp(epoch).0 - FIRST;
        let (mut days, second) = (since / DAY, since % DAY);
        let (mut year, mut month) = (0, 1);
        while days >= days_in_month(year, month) {
            days -= days_in_month(year, month);
            (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        }
        let time = (second / 3600) << 11 | (second / 60 % 60) << 5 | (second % 60 / 2);
        let date = (year << 9) | (month << 5) | (days + 1);
        // Both are made of fields that fill 16 bits and no more.
        let narrow = |value: u64| u16::try_from(value).unwrap_or(u16::MAX);
        Self { time: narrow(time), date: narrow(date) }
    }
}

/// Years count from 1980; the only exception to every fourth up to 2107 is 2100.
fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && year != 120 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(epoch: u64) -> (u16, u16, u16, u16, u16, u16) {
        let DosTime { time, date } = DosTime::clamp(epoch);
        let day = (1980 + (date >> 9), date >> 5 & 15, date & 31);
        (day.0, day.1, day.2, time >> 11, time >> 5 & 63, (time & 31) * 2)
    }

    #[test]
    fn a_moment_is_said_in_utc() {
        assert_eq!(parts(1_700_000_000), (2023, 11, 14, 22, 13, 20));
        assert_eq!(parts(951_782_400), (2000, 2, 29, 0, 0, 0));
        assert_eq!(parts(4_107_542_399), (2100, 2, 28, 23, 59, 58));
        assert_eq!(parts(4_107_542_400), (2100, 3, 1, 0, 0, 0));
    }

    #[test]
    fn a_moment_out_of_range_is_the_nearest_within() {
        assert_eq!(parts(0), (1980, 1, 1, 0, 0, 0));
        assert_eq!(parts(FIRST), parts(0));
        assert_eq!(parts(u64::MAX), (2107, 12, 31, 23, 59, 58));
        assert_eq!(UnixTime::clamp(0), UnixTime(FIRST));
        assert_eq!(UnixTime::clamp(1_700_000_001), UnixTime(1_700_000_001));
    }
}
