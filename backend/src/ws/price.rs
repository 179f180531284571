//! What a client pays for what it sends: each frame has a price, and a client that cannot pay is refused.
//!
//! A frame that is refused has a price too. It is paid from a second bucket, and with a pause in which the client is not read
//! from; a client that has emptied the second bucket floods, and is closed.

use std::time::Duration;

use tokio::time::Instant;

use super::connection::Received;
use crate::rate::RateLimit;

/// A message up to this size costs 1, one of twice the size costs 2, and so on.
pub(super) const BYTES_A_MESSAGE: usize = 4 * 1024;

/// The price of a frame that does not complete a message. Its bytes are paid for with the message.
const PART_PRICE: f64 = 1.0 / 16.0;

/// A client may send so many seconds' worth of messages at once.
const BURST_SECONDS: u32 = 2;

/// A client that was refused so many seconds' worth of messages, beyond what it may send meanwhile, is closed.
const REFUSED_SECONDS_MAX: u32 = 5;

/// A client may be refused so many messages a second at least, however low the allowed rate is: they cost the server little.
const REFUSED_PER_SECOND_MIN: u32 = 50;

/// The rate at which frames above the allowed rate are read, as a multiple of the rate at which the second bucket fills. At 2, a
/// flood empties that bucket in [`REFUSED_SECONDS_MAX`] seconds.
const REFUSED_READ_FACTOR: f64 = 2.0;

/// Maximum time that earlier refusals add to `retry_after_ms`: that of one burst, because a full bucket admits that many at once.
const RETRY_MAX: Duration = Duration::from_secs(BURST_SECONDS as u64);

/// Whether a frame was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paid {
    /// It is to be handled.
    Yes,
    /// It is to be refused.
    No {
        /// It can be paid for after this time, and so can those that were refused before it.
        retry: Duration,
        /// The client is not to be read from for this time.
        pause: Duration,
    },
    /// It is to be refused, and the client has been refused too often. It is not to be read from for this time.
    Flood(Duration),
}

/// The two buckets of one connection.
#[derive(Debug)]
pub(super) struct Prices {
    allowed: RateLimit,
    refused: RateLimit,
    message_rate: f64,
    refused_per_second: f64,
    /// The price of the refusals since a message was last handled.
    behind: f64,
}

impl Prices {
    /// Full buckets for `message_rate` messages a second; 0: everything is free.
    pub(super) fn new(message_rate: u32, now: Instant) -> Self {
        let allowed = RateLimit::new(message_rate, BURST_SECONDS, now);
        let refused_rate = if message_rate == 0 { 0 } else { message_rate.max(REFUSED_PER_SECOND_MIN) };
        let refused = RateLimit::new(refused_rate, REFUSED_SECONDS_MAX, now);
        let refused_per_second = f64::from(refused_rate) * REFUSED_READ_FACTOR;
        Self { allowed, refused, message_rate: f64::from(message_rate), refused_per_second, behind: 0.0 }
    }

    /// Pays for a frame.
    pub(super) fn pay(&mut self, received: &Received, now: Instant) -> Paid {
        let price = match received {
            Received::Text(_) | Received::Binary(_) | Received::Ping(_) | Received::Pong => {
                price_of(received.bytes())
            }
            Received::Part(_) => PART_PRICE,
            Received::Close(_) | Received::Broken { .. } | Received::Gone => return Paid::Yes,
        };
        match self.allowed.take(price, now) {
            Ok(()) => Paid::Yes,
            Err(wait) => self.refuse(price, wait, now),
        }
    }

    /// Gives back the price of a text that was refused with `out_of_turn`, and charges the second bucket instead, so that sending
    /// it again is not paid for twice.
    pub(super) fn pay_as_refused(&mut self, bytes: usize, now: Instant) -> Paid {
        let price = price_of(bytes);
        self.allowed.give_back(price);
        self.refuse(price, Duration::ZERO, now)
    }

    /// Notes that what was paid for has been done.
    pub(super) fn done(&mut self) {
        self.behind = 0.0;
    }

    fn refuse(&mut self, price: f64, wait: Duration, now: Instant) -> Paid {
        if self.message_rate == 0.0 {
            return Paid::Yes;
        }
        // A client sends again what was refused, in its order: each has to wait for those before it too.
        let before = Duration::from_secs_f64(self.behind / self.message_rate);
        let retry = wait + before.min(RETRY_MAX);
        self.behind += price;
        let pause = Duration::from_secs_f64(price / self.refused_per_second);
        match self.refused.take(price, now) {
            Ok(()) => Paid::No { retry, pause },
            Err(_) => Paid::Flood(pause),
        }
    }

    /// Pays what a signal costs beyond its frame, for the number of clients that are told. Returns whether it was paid.
    pub(super) fn pay_for_readers(&mut self, readers: usize, now: Instant) -> bool {
        /// So many are told for the price of one message.
        const READERS_A_MESSAGE: usize = 100;
        self.allowed.take((readers / READERS_A_MESSAGE) as f64, now).is_ok()
    }
}

fn price_of(bytes: usize) -> f64 {
    bytes.div_ceil(BYTES_A_MESSAGE).max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytestring::ByteString;

    fn text(bytes: usize) -> Received {
        Received::Text(ByteString::from("x".repeat(bytes)))
    }

    fn paid(prices: &mut Prices, received: &Received, now: Instant) -> usize {
        std::iter::repeat_with(|| prices.pay(received, now)).take_while(|paid| *paid == Paid::Yes).count()
    }

    #[test]
    fn a_message_costs_by_its_bytes() {
        let now = Instant::now();
        let of_burst = |bytes| paid(&mut Prices::new(50, now), &text(bytes), now);
        assert_eq!([0, BYTES_A_MESSAGE, BYTES_A_MESSAGE + 1, 64 * 1024].map(of_burst), [100, 100, 50, 7]);
    }

    #[test]
    fn the_largest_message_can_be_paid_for_at_the_lowest_rate() {
        let now = Instant::now();
        assert_eq!(Prices::new(1, now).pay(&text(64 * 1024), now), Paid::Yes);
    }

    #[test]
    fn pings_pongs_and_binary_messages_are_paid_for() {
        let now = Instant::now();
        for received in [Received::Ping(bytes::Bytes::new()), Received::Pong, Received::Binary(0)] {
            assert_eq!(paid(&mut Prices::new(50, now), &received, now), 100, "{received:?}");
        }
        assert_eq!(paid(&mut Prices::new(50, now), &Received::Part(1), now), 1600);
    }

    #[test]
    fn a_client_that_is_refused_too_often_floods() {
        let now = Instant::now();
        let mut prices = Prices::new(50, now);
        paid(&mut prices, &text(1), now);
        let refused = std::iter::repeat_with(|| prices.pay(&text(1), now));
        // One refusal was counted by `paid`.
        assert_eq!(refused.take_while(|paid| matches!(paid, Paid::No { .. })).count(), 249);
        assert!(matches!(prices.pay(&text(1), now), Paid::Flood(_)));
    }

    #[test]
    fn whoever_waits_as_long_as_the_last_was_told_can_send_all_again() {
        let start = Instant::now();
        let mut prices = Prices::new(50, start);
        paid(&mut prices, &text(1), start);
        // `paid` was refused once.
        let mut longest = Duration::ZERO;
        for _ in 0..60 {
            if let Paid::No { retry, .. } = prices.pay(&text(1), start) {
                longest = longest.max(retry);
            }
        }
        let later = start + longest;
        assert_eq!(paid(&mut prices, &text(1), later), 61);
    }

    #[test]
    fn what_was_refused_for_the_sake_of_order_is_not_paid_for_twice() {
        let now = Instant::now();
        let mut prices = Prices::new(50, now);
        for _ in 0..60 {
            assert_eq!(prices.pay(&text(1), now), Paid::Yes);
            assert!(matches!(prices.pay_as_refused(1, now), Paid::No { .. }));
        }
        assert_eq!(paid(&mut prices, &text(1), now), 100, "all of the burst is left");
    }

    #[test]
    fn a_client_that_sends_as_fast_as_it_is_read_is_closed_in_bounded_time_whatever_it_sends() {
        for received in [text(1), text(64 * 1024), Received::Part(0), Received::Ping(bytes::Bytes::new())] {
            let start = Instant::now();
            let (mut prices, mut now) = (Prices::new(50, start), start);
            loop {
                match prices.pay(&received, now) {
                    Paid::Yes => {}
                    Paid::No { pause, .. } => now += pause,
                    Paid::Flood(_) => break,
                }
            }
            let seconds = (now - start).as_secs_f64();
            assert!((1.0..10.0).contains(&seconds), "{received:?}: {seconds}");
        }
    }

    #[test]
    fn a_client_at_twice_its_rate_is_refused_half_of_it_and_never_closed() {
        let start = Instant::now();
        let mut prices = Prices::new(50, start);
        let outcomes: Vec<_> = (0..60_000)
            .map(|number| prices.pay(&text(1), start + Duration::from_millis(number * 10)))
            .collect();
        assert!(!outcomes.iter().any(|paid| matches!(paid, Paid::Flood(_))));
        let allowed = outcomes.iter().filter(|paid| **paid == Paid::Yes).count();
        assert!((30_000..30_200).contains(&allowed), "{allowed}");
    }
}
