//! Rate limits, for example of a connection's messages or of false API keys.

use std::time::Duration;

use tokio::time::Instant;

/// A token bucket. It holds the tokens of some seconds at most, and fills with time.
#[derive(Debug)]
pub(crate) struct RateLimit {
    per_second: u32,
    tokens_max: f64,
    tokens: f64,
    filled: Instant,
}

impl RateLimit {
    /// Creates a full bucket that gets `per_second` tokens per second and holds `burst_seconds` times as many. 0 tokens per
    /// second mean no limit.
    pub(crate) fn new(per_second: u32, burst_seconds: u32, now: Instant) -> Self {
        let tokens_max = f64::from(per_second) * f64::from(burst_seconds);
        Self { per_second, tokens_max, tokens: tokens_max, filled: now }
    }

    /// Removes `price` tokens. Any price needs only one token in the bucket; the level may become negative, so that a price above
    /// the burst is possible.
    ///
    /// # Errors
    /// The time until one token is available.
    pub(crate) fn take(&mut self, price: f64, now: Instant) -> Result<(), Duration> {
        if self.per_second == 0 {
            return Ok(());
        }
        let rate = f64::from(self.per_second);
        let filled = self.tokens + now.saturating_duration_since(self.filled).as_secs_f64() * rate;
        (self.tokens, self.filled) = (filled.min(self.tokens_max), now);
        if self.tokens >= price.min(1.0) {
            self.tokens -= price;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - self.tokens) / rate))
    }
}

impl RateLimit {
    /// Returns tokens to the bucket that were removed without use.
    pub(crate) fn give_back(&mut self, price: f64) {
        self.tokens = (self.tokens + price).min(self.tokens_max);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_admitted_and_one_more_is_not() {
        let now = Instant::now();
        let mut limit = RateLimit::new(10, 2, now);
        assert_eq!((0..20).filter(|_| limit.take(1.0, now).is_ok()).count(), 20);
        let wait = limit.take(1.0, now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(100));
        assert!(limit.take(1.0, now + wait).is_ok());
        assert!(limit.take(1.0, now + wait).is_err());
    }

    #[test]
    fn a_price_above_the_burst_makes_the_level_negative() {
        let now = Instant::now();
        let mut limit = RateLimit::new(10, 2, now);
        assert!(limit.take(30.0, now).is_ok());
        let wait = limit.take(1.0, now).unwrap_err();
        assert_eq!(wait, Duration::from_millis(1_100));
        assert!(limit.take(1.0, now + wait).is_ok());
    }

    #[test]
    fn zero_is_no_limit() {
        let now = Instant::now();
        let mut limit = RateLimit::new(0, 2, now);
        assert!((0..1000).all(|_| limit.take(1.0, now).is_ok()));
    }
}
