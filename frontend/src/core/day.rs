//! Days in the reader's time zone, and how they are named.

use shared::time::Timestamp;

/// A day in the reader's time zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Day {
    /// Counted from 1970.
    pub(crate) number: i64,
    pub(crate) ends: Timestamp,
}

/// Time zones differ by multiples of a quarter of an hour, so a day ends at one of these times.
const QUARTER_MS: u64 = 15 * 60 * 1000;

impl Day {
    /// Returns the day of `now`.
    pub(crate) fn of(now: Timestamp, day_of: fn(Timestamp) -> i64) -> Self {
        let number = day_of(now);
        let quarters =
            (now.0 / QUARTER_MS + 1..).map(|quarter| Timestamp(quarter.saturating_mul(QUARTER_MS)));
        // A day has at most 25 hours.
        let mut ends = quarters.take(101).filter(|end| day_of(*end) != number);
        Self { number, ends: ends.next().unwrap_or(Timestamp(now.0.saturating_add(QUARTER_MS))) }
    }
}

/// How a day is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DayName {
    Today,
    Yesterday,
    /// By weekday, day and month.
    Date,
    /// The same with the year.
    DateAndYear,
}

impl DayName {
    /// Names a day on the day `today`. Both are counted from 1970.
    pub(crate) fn of(day: i64, today: i64) -> Self {
        match today.saturating_sub(day) {
            0 => Self::Today,
            1 => Self::Yesterday,
            _ if year_of(day) == year_of(today) => Self::Date,
            _ => Self::DateAndYear,
        }
    }
}

/// Returns the year of a day that is counted from 1970, in the Gregorian calendar
/// (<https://howardhinnant.github.io/date_algorithms.html>, `civil_from_days`).
fn year_of(day: i64) -> i64 {
    let day = day.saturating_add(719_468);
    let era = day.div_euclid(146_097);
    let day_of_era = day.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // The year of the algorithm begins in March.
    let is_next = day_of_year >= 306;
    year_of_era + era * 400 + i64::from(is_next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named_from_near_to_far() {
        let today = 20_787; // 30 November 2026
        let names = [0, 1, 2, 300, 333, 334, 400, -1].map(|ago| DayName::of(today - ago, today));
        use DayName::{Date, DateAndYear, Today, Yesterday};
        assert_eq!(names, [Today, Yesterday, Date, Date, Date, DateAndYear, DateAndYear, Date]);
        assert_eq!(DayName::of(20_818, 20_819), Yesterday, "also on the first of January");
    }

    #[test]
    fn years_are_those_of_the_calendar() {
        for (day, year) in [
            (0, 1970),
            (-1, 1969),
            (364, 1970),
            (365, 1971),
            (10_956, 1999),
            (10_957, 2000),
            (11_016, 2000),
            (11_322, 2000),
            (11_323, 2001),
        ] {
            assert_eq!(year_of(day), year, "{day}");
        }
    }
}
