//! A clock that goes on while the machine sleeps.

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
}
