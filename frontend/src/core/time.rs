//! Time: a clock that goes on while the machine sleeps, and how a day is named.

/// Minimum difference of the two clocks, in milliseconds, that counts as sleep. It is less while the machine is awake.
const SLEEP_MS_MIN: f64 = 1_000.0;

/// Most browsers stop their monotonic clock while the machine sleeps, except on Windows
/// (<https://github.com/w3c/hr-time/issues/115>). This one goes on, and never goes back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WakefulClock {
    /// How long the machine has slept since the app was opened, in milliseconds.
    slept_ms: f64,
}

impl WakefulClock {
    /// Makes a clock of a machine that has not slept.
    pub(crate) const fn new() -> Self {
        Self { slept_ms: 0.0 }
    }

    /// Returns the time in milliseconds since 1970, from that of the browser's monotonic clock.
    pub(crate) fn now_ms(self, monotonic_ms: f64) -> f64 {
        monotonic_ms + self.slept_ms
    }

    /// Adds the time that the machine has slept, as the difference to the wall clock. Call it when the machine may have woken
    /// up.
    pub(crate) fn catch_up(&mut self, monotonic_ms: f64, wall_ms: f64) {
        let slept_ms = wall_ms - self.now_ms(monotonic_ms);
        if slept_ms > SLEEP_MS_MIN {
            self.slept_ms += slept_ms;
        }
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
    fn the_clock_goes_on_while_the_machine_sleeps() {
        const HOUR_MS: f64 = 3_600_000.0;
        let mut clock = WakefulClock::new();
        clock.catch_up(1_000.0, 1_200.0);
        assert!((clock.now_ms(1_000.0) - 1_000.0).abs() < 1.0, "the clocks always differ a little");
        // Eight hours of sleep: the monotonic clock stands still.
        clock.catch_up(1_000.0, 1_000.0 + 8.0 * HOUR_MS);
        assert!((clock.now_ms(2_000.0) - 2_000.0 - 8.0 * HOUR_MS).abs() < 1.0);
        // A user who sets the wall clock back does not turn back the time.
        clock.catch_up(3_000.0, 0.0);
        assert!(clock.now_ms(3_000.0) > clock.now_ms(2_000.0));
    }

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
