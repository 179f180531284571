//! How often something may be done: messages of a connection, false keys of the API.

use std::time::Duration;

use tokio::time::Instant;

/// A bucket that holds twice what a second allows, and fills with time.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: u32,
    tokens: f64,
    filled: Instant,
}

impl RateLimit {
    /// `per_second` times a second, with a burst of twice as many; 0: no limit.
    pub(crate) fn new(per_second: u32, now: Instant) -> Self {
        Self { per_second, tokens: f64::from(per_second) * 2.0, filled: now }
    }

    /// Takes one turn.
    ///
    /// # Errors
    /// How long to wait until one more may come.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), Duration> {
        if self.per_second == 0 {
            return Ok(());
        }
        let rate = f64::from(self.per_second);
        let filled = self.tokens + now.saturating_duration_since(self.filled).as_secs_f64() * rate;
        (self.tokens, self.filled) = (filled.min(rate * 2.0), now);
        if self.tokens >= 1.0 {
            self.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / rate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_of_twice_the_rate_is_taken_and_one_more_is_not() {
        let now = Instant::now();
        let mut limit = RateLimit::new(10, now);
        assert_eq!((0..20).filter(|_| limit.take(now).is_ok()).count(), 20);
        let wait = limit.take(now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert!(limit.take(now + wait).is_ok());
        assert!(limit.take(now + wait).is_err());
    }

    #[test]
    fn zero_is_no_limit() {
        let now = Instant::now();
        let mut limit = RateLimit::new(0, now);
        assert!((0..1000).all(|_| limit.take(now).is_ok()));
    }
}
