//! What a client pays for what it sends: each frame has a price, and a client that cannot pay is refused.
//!
//! A frame that is refused has a price too. It is paid from a second, larger bucket; a client that has emptied that one
//! floods, and is closed.

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
const REFUSED_SECONDS_MAX: u32 = 20;

/// A client may be refused so many messages a second at least, however low the allowed rate is: they cost the server little.
const REFUSED_PER_SECOND_MIN: u32 = 50;

/// Whether a frame was paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Paid {
    /// It is to be handled.
    Yes,
    /// It is to be refused; one can be paid for after this time.
    Wait(Duration),
    /// It is to be refused, and the client has been refused too often.
    Flood,
}

/// The two buckets of one connection.
#[derive(Debug)]
pub(super) struct Prices {
    allowed: RateLimit,
    refused: RateLimit,
}

impl Prices {
    /// Full buckets for `message_rate` messages a second; 0: everything is free.
    pub(super) fn new(message_rate: u32, now: Instant) -> Self {
        let allowed = RateLimit::new(message_rate, BURST_SECONDS, now);
        let refused_rate = if message_rate == 0 { 0 } else { message_rate.max(REFUSED_PER_SECOND_MIN) };
        Self { allowed, refused: RateLimit::new(refused_rate, REFUSED_SECONDS_MAX, now) }
    }

    /// Pays for a frame.
    pub(super) fn pay(&mut self, received: &Received, now: Instant) -> Paid {
        let price = match received {
            Received::Text(_) | Received::Binary(_) | Received::Ping(_) | Received::Pong => {
                received.bytes().div_ceil(BYTES_A_MESSAGE).max(1) as f64
            }
            Received::Part(_) => PART_PRICE,
            Received::Close(_) | Received::Broken { .. } | Received::Gone => return Paid::Yes,
        };
        let Err(wait) = self.allowed.take(price, now) else { return Paid::Yes };
        match self.refused.take(price, now) {
            Ok(()) => Paid::Wait(wait),
            Err(_) => Paid::Flood,
        }
    }

    /// Pays what a signal costs beyond its frame, for the number of clients that are told. Returns whether it was paid.
    pub(super) fn pay_for_readers(&mut self, readers: usize, now: Instant) -> bool {
        /// So many are told for the price of one message.
        const READERS_A_MESSAGE: usize = 100;
        self.allowed.take((readers / READERS_A_MESSAGE) as f64, now).is_ok()
    }
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
        assert_eq!(refused.take_while(|paid| matches!(paid, Paid::Wait(_))).count(), 999);
        assert_eq!(prices.pay(&text(1), now), Paid::Flood);
    }

    #[test]
    fn a_client_at_twice_its_rate_is_refused_half_of_it_and_never_closed() {
        let start = Instant::now();
        let mut prices = Prices::new(50, start);
        let outcomes: Vec<_> = (0..60_000)
            .map(|number| prices.pay(&text(1), start + Duration::from_millis(number * 10)))
            .collect();
        assert!(outcomes.iter().all(|paid| *paid != Paid::Flood));
        let allowed = outcomes.iter().filter(|paid| **paid == Paid::Yes).count();
        assert!((30_000..30_200).contains(&allowed), "{allowed}");
    }
}
