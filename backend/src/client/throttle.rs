//! The message rate of a client: each frame costs tokens, and a frame without tokens is refused.
//!
//! A refused frame costs tokens of a second bucket, and a pause in which the server does not read from the client. A client that
//! empties the second bucket floods, and is closed.

use std::time::Duration;

use tokio::time::Instant;

use super::frames::Received;
use crate::rate::RateLimit;

/// A message costs one token for each started unit of this many bytes, and at least one.
pub(super) const BYTES_PER_TOKEN: usize = 4 * 1024;

/// Tokens for a frame that does not complete a message. The last frame pays for the bytes of all.
const PART_TOKENS: f64 = 1.0 / 16.0;

/// Number of recipients of a signal that cost one token.
const READERS_PER_TOKEN: usize = 100;

/// The first bucket holds the tokens of this many seconds.
const BURST_SECONDS: u32 = 2;

/// The second bucket holds the tokens of this many seconds.
const REFUSED_SECONDS_MAX: u32 = 5;

/// Minimum rate at which the second bucket fills, in tokens per second, however low the message rate is: a refusal costs the
/// server little.
const REFUSED_PER_SECOND_MIN: u32 = 50;

/// The rate at which frames above the message rate are read, as a multiple of the rate at which the second bucket fills. At 2, a
/// flood empties that bucket in [`REFUSED_SECONDS_MAX`] seconds.
const REFUSED_READ_FACTOR: f64 = 2.0;

/// Maximum time that earlier refusals add to `retry_after_ms`: that of one burst, because a full bucket admits that many at once.
const RETRY_MAX: Duration = Duration::from_secs(BURST_SECONDS as u64);

/// What the message rate allows for a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Handle it.
    Admit,
    /// Refuse it.
    Refuse {
        /// After this time it is admitted, with those that were refused before it.
        retry_after: Duration,
        /// Do not read from the client for this time.
        pause: Duration,
    },
    /// Close the connection: too many frames were refused. Do not read from the client for this time.
    Close(Duration),
}

/// The two buckets of one connection.
#[derive(Debug)]
pub(super) struct Throttle {
    allowed: RateLimit,
    refused: RateLimit,
    message_rate: f64,
    refused_per_second: f64,
    /// The tokens of the frames that were refused since a message was last handled.
    refused_tokens: f64,
}

impl Throttle {
    /// Full buckets for `message_rate` messages per second. 0 means no limit.
    pub(super) fn new(message_rate: u32, now: Instant) -> Self {
        let allowed = RateLimit::new(message_rate, BURST_SECONDS, now);
        let refused_rate = if message_rate == 0 { 0 } else { message_rate.max(REFUSED_PER_SECOND_MIN) };
        let refused = RateLimit::new(refused_rate, REFUSED_SECONDS_MAX, now);
        let refused_per_second = f64::from(refused_rate) * REFUSED_READ_FACTOR;
        let message_rate = f64::from(message_rate);
        Self { allowed, refused, message_rate, refused_per_second, refused_tokens: 0.0 }
    }

    /// Charges a frame.
    pub(super) fn admit(&mut self, received: &Received, now: Instant) -> Decision {
        let tokens = match received {
            Received::Text(_) | Received::Binary(_) | Received::Ping(_) | Received::Pong => {
                f64::from(tokens_of(received.bytes()))
            }
            Received::Part(_) => PART_TOKENS,
            Received::Close(_) | Received::Broken { .. } | Received::Gone => return Decision::Admit,
        };
        match self.allowed.take(tokens, now) {
            Ok(()) => Decision::Admit,
            Err(wait) => self.refuse(tokens, wait, now),
        }
    }

    /// Refunds the tokens of messages that were refused with `out_of_turn`, and charges the second bucket instead, so that the
    /// client does not pay twice when it resends them.
    pub(super) fn refund(&mut self, tokens: u32, now: Instant) -> Decision {
        let tokens = f64::from(tokens);
        self.allowed.give_back(tokens);
        self.refuse(tokens, Duration::ZERO, now)
    }

    /// Notes that an admitted message was handled: earlier refusals no longer add to `retry_after_ms`.
    pub(super) fn handled(&mut self) {
        self.refused_tokens = 0.0;
    }

    fn refuse(&mut self, tokens: f64, wait: Duration, now: Instant) -> Decision {
        if self.message_rate == 0.0 {
            return Decision::Admit;
        }
        // A client resends refused messages in their order, so each message also waits for those before it.
        let before = Duration::from_secs_f64(self.refused_tokens / self.message_rate);
        let retry_after = wait + before.min(RETRY_MAX);
        self.refused_tokens += tokens;
        let pause = Duration::from_secs_f64(tokens / self.refused_per_second);
        match self.refused.take(tokens, now) {
            Ok(()) => Decision::Refuse { retry_after, pause },
            Err(_) => Decision::Close(pause),
        }
    }

    /// Charges a signal for its number of recipients, in addition to its frame. Returns whether it is admitted.
    pub(super) fn admit_signal(&mut self, readers: usize, now: Instant) -> bool {
        self.allowed.take((readers / READERS_PER_TOKEN) as f64, now).is_ok()
    }
}

/// The tokens that a message of this many bytes costs.
pub(super) fn tokens_of(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytestring::ByteString;

    fn text(bytes: usize) -> Received {
        Received::Text(ByteString::from("x".repeat(bytes)))
    }

    fn admitted(throttle: &mut Throttle, received: &Received, now: Instant) -> usize {
        std::iter::repeat_with(|| throttle.admit(received, now))
            .take_while(|decision| *decision == Decision::Admit)
            .count()
    }

    #[test]
    fn the_cost_of_a_message_depends_on_its_bytes() {
        let now = Instant::now();
        let of_burst = |bytes| admitted(&mut Throttle::new(50, now), &text(bytes), now);
        assert_eq!([0, BYTES_PER_TOKEN, BYTES_PER_TOKEN + 1, 64 * 1024].map(of_burst), [100, 100, 50, 7]);
    }

    #[test]
    fn the_largest_message_is_admitted_at_the_lowest_rate() {
        let now = Instant::now();
        assert_eq!(Throttle::new(1, now).admit(&text(64 * 1024), now), Decision::Admit);
    }

    #[test]
    fn pings_pongs_and_binary_messages_are_charged() {
        let now = Instant::now();
        for received in [Received::Ping(bytes::Bytes::new()), Received::Pong, Received::Binary(0)] {
            assert_eq!(admitted(&mut Throttle::new(50, now), &received, now), 100, "{received:?}");
        }
        assert_eq!(admitted(&mut Throttle::new(50, now), &Received::Part(1), now), 1600);
    }

    #[test]
    fn a_client_that_is_refused_too_often_floods() {
        let now = Instant::now();
        let mut throttle = Throttle::new(50, now);
        admitted(&mut throttle, &text(1), now);
        let refused = std::iter::repeat_with(|| throttle.admit(&text(1), now));
        // One refusal was counted by `admitted`.
        assert_eq!(refused.take_while(|decision| matches!(decision, Decision::Refuse { .. })).count(), 249);
        assert!(matches!(throttle.admit(&text(1), now), Decision::Close(_)));
    }

    #[test]
    fn a_client_that_waits_for_the_largest_retry_time_can_send_all_again() {
        let start = Instant::now();
        let mut throttle = Throttle::new(50, start);
        admitted(&mut throttle, &text(1), start);
        // `admitted` was refused once.
        let mut longest = Duration::ZERO;
        for _ in 0..60 {
            if let Decision::Refuse { retry_after, .. } = throttle.admit(&text(1), start) {
                longest = longest.max(retry_after);
            }
        }
        let later = start + longest;
        assert_eq!(admitted(&mut throttle, &text(1), later), 61);
    }

    #[test]
    fn a_message_refused_out_of_turn_is_not_charged_twice() {
        let now = Instant::now();
        let mut throttle = Throttle::new(50, now);
        for _ in 0..60 {
            assert_eq!(throttle.admit(&text(1), now), Decision::Admit);
            assert!(matches!(throttle.refund(1, now), Decision::Refuse { .. }));
        }
        assert_eq!(admitted(&mut throttle, &text(1), now), 100, "all of the burst is left");
    }

    #[test]
    fn a_client_that_sends_as_fast_as_it_is_read_is_closed_in_bounded_time_whatever_it_sends() {
        for received in [text(1), text(64 * 1024), Received::Part(0), Received::Ping(bytes::Bytes::new())] {
            let start = Instant::now();
            let (mut throttle, mut now) = (Throttle::new(50, start), start);
            loop {
                match throttle.admit(&received, now) {
                    Decision::Admit => {}
                    Decision::Refuse { pause, .. } => now += pause,
                    Decision::Close(_) => break,
                }
            }
            let seconds = (now - start).as_secs_f64();
            assert!((1.0..10.0).contains(&seconds), "{received:?}: {seconds}");
        }
    }

    #[test]
    fn a_client_at_twice_its_rate_is_refused_half_of_it_and_never_closed() {
        let start = Instant::now();
        let mut throttle = Throttle::new(50, start);
        let outcomes: Vec<_> = (0..60_000)
            .map(|number| throttle.admit(&text(1), start + Duration::from_millis(number * 10)))
            .collect();
        assert!(!outcomes.iter().any(|decision| matches!(decision, Decision::Close(_))));
        let allowed = outcomes.iter().filter(|decision| **decision == Decision::Admit).count();
        assert!((30_000..30_200).contains(&allowed), "{allowed}");
    }

    #[test]
    fn earlier_refusals_add_to_the_retry_time_up_to_its_maximum() {
        const RATE: u32 = 50;
        let now = Instant::now();
        let mut throttle = Throttle::new(RATE, now);
        while throttle.admit(&text(1), now) == Decision::Admit {}
        // The refusal that ended the loop is one of those that take two seconds to be admitted.
        let mut retry_after = || match throttle.admit(&text(1), now) {
            Decision::Refuse { retry_after, .. } => retry_after,
            decision => panic!("{decision:?}"),
        };
        let first = retry_after();
        let one_token = Duration::from_secs(1) / RATE;
        let times: Vec<_> = (0..RATE * BURST_SECONDS + 9).map(|_| retry_after()).collect();
        let at_maximum = (RATE * BURST_SECONDS) as usize - 2;
        assert_eq!(times[at_maximum - 1], one_token + RETRY_MAX - one_token);
        assert!(first < times[0] && times[at_maximum..].iter().all(|time| *time == one_token + RETRY_MAX));
    }

    #[test]
    fn an_occasional_admitted_message_does_not_save_a_flooding_client() {
        let start = Instant::now();
        let (mut throttle, mut now) = (Throttle::new(50, start), start);
        loop {
            match throttle.admit(&text(1), now) {
                Decision::Admit => throttle.handled(),
                Decision::Refuse { pause, .. } => now += pause,
                Decision::Close(_) => break,
            }
        }
        assert!(now - start < Duration::from_secs(10), "{:?}", now - start);
    }
}
