//! Capacity of the queues in which publications wait for an offset, in publications and in bytes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shared::protocol::{ErrorCode, Refusal};

/// Maximum number of publications in one queue. One more is refused with `overloaded`.
pub const QUEUE_PUBLICATIONS_MAX: usize = 8192;

/// Maximum bytes of the publications in one queue. One more is refused with `overloaded`.
pub const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// One quarter of both limits is reserved for small publications of senders that have no other publication in a queue, so that a
/// burst of others does not block them.
const RESERVED_DIVISOR: usize = 4;

/// Maximum bytes of a publication that may use the reserve.
pub(super) const RESERVE_PUBLICATION_BYTES_MAX: usize = 4 * 1024;

/// The retry time of a publication that a full queue refuses, in milliseconds.
pub(super) const QUEUE_RETRY_MS: u64 = 500;

/// The capacity of one queue.
#[derive(Debug, Default)]
pub(super) struct Capacity {
    publications: AtomicUsize,
    bytes: AtomicUsize,
}

impl Capacity {
    /// Admits a publication of `bytes` bytes. `may_use_reserve` is [`Publication::may_use_reserve`].
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if [`QUEUE_PUBLICATIONS_MAX`] or [`QUEUE_BYTES_MAX`] would be exceeded, or their
    /// unreserved part.
    ///
    /// [`Publication::may_use_reserve`]: super::publication::Publication::may_use_reserve
    pub(super) fn admit(&self, bytes: usize, may_use_reserve: bool) -> Result<(), Refusal> {
        let publications = self.publications.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes_now = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let of = |all: usize| if may_use_reserve { all } else { all - all / RESERVED_DIVISOR };
        if publications <= of(QUEUE_PUBLICATIONS_MAX) && bytes_now <= of(QUEUE_BYTES_MAX) {
            return Ok(());
        }
        self.release(1, bytes);
        Err(Refusal::for_now(ErrorCode::Overloaded, "Too many messages at once.", retry()))
    }

    /// Returns the number of publications in the queue, and their bytes.
    pub(super) fn used(&self) -> (usize, usize) {
        (self.publications.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Releases the capacity of publications that have left the queue.
    pub(super) fn release(&self, publications: usize, bytes: usize) {
        self.publications.fetch_sub(publications, Ordering::Relaxed);
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// The refusal after the writer has stopped.
pub(super) fn stopping() -> Refusal {
    Refusal::for_now(ErrorCode::Stopping, "The server is stopping.", retry())
}

fn retry() -> Duration {
    Duration::from_millis(QUEUE_RETRY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_bounded_in_publications_and_in_bytes() {
        let capacity = Capacity::default();
        assert!((0..QUEUE_PUBLICATIONS_MAX).all(|_| capacity.admit(1, true).is_ok()));
        assert_eq!(capacity.admit(1, true).unwrap_err().code, ErrorCode::Overloaded);
        capacity.release(2, 2);
        let left = QUEUE_BYTES_MAX - (QUEUE_PUBLICATIONS_MAX - 2);
        assert!(capacity.admit(left + 1, true).is_err());
        assert!(capacity.admit(left, true).is_ok(), "a refused publication uses no capacity");
        assert!(capacity.admit(1, true).is_err());
    }

    #[test]
    fn a_quarter_is_reserved() {
        let capacity = Capacity::default();
        let many = std::iter::repeat_with(|| capacity.admit(1, false)).take_while(Result::is_ok).count();
        assert_eq!(many, QUEUE_PUBLICATIONS_MAX / 4 * 3);
        assert!(capacity.admit(1, true).is_ok());

        let capacity = Capacity::default();
        assert!(capacity.admit(QUEUE_BYTES_MAX / 4 * 3, false).is_ok());
        assert!(capacity.admit(1, false).is_err());
        assert!(capacity.admit(1, true).is_ok());
    }
}
