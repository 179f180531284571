//! How many publications may wait for their place in the order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shared::protocol::{ErrorCode, Refusal};

/// Maximum number of publications that wait in one queue. One more is refused with `overloaded`.
pub const QUEUE_PUBLICATIONS_MAX: usize = 8192;

/// Maximum bytes of the publications that wait in one queue. One more is refused with `overloaded`.
pub const QUEUE_BYTES_MAX: usize = 32 * 1024 * 1024;

/// One quarter of both limits is reserved for small publications of senders who have nothing else waiting: a crowd that fills the
/// queue does not keep them out.
const RESERVED_DIVISOR: usize = 4;

/// When to try again what a queue has not taken, in milliseconds.
pub(super) const QUEUE_RETRY_MS: u64 = 500;

/// The places of a queue, bounded in publications and in bytes.
#[derive(Debug, Default)]
pub(super) struct Places {
    publications: AtomicUsize,
    bytes: AtomicUsize,
}

impl Places {
    /// Admits a publication of so many bytes. `modest`: it may use the reserved quarter.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if [`QUEUE_PUBLICATIONS_MAX`] or [`QUEUE_BYTES_MAX`] would be exceeded, or what is not
    /// reserved.
    pub(super) fn admit(&self, bytes: usize, modest: bool) -> Result<(), Refusal> {
        let publications = self.publications.fetch_add(1, Ordering::Relaxed) + 1;
        let bytes_now = self.bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        let of = |all: usize| if modest { all } else { all - all / RESERVED_DIVISOR };
        if publications <= of(QUEUE_PUBLICATIONS_MAX) && bytes_now <= of(QUEUE_BYTES_MAX) {
            return Ok(());
        }
        self.release(1, bytes);
        Err(Refusal::for_now(ErrorCode::Overloaded, "Too many messages at once.", retry()))
    }

    /// Returns the number of publications that wait, and their bytes.
    pub(super) fn waiting(&self) -> (usize, usize) {
        (self.publications.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed))
    }

    /// Gives back the places of publications that have left the queue.
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
        let places = Places::default();
        assert!((0..QUEUE_PUBLICATIONS_MAX).all(|_| places.admit(1, true).is_ok()));
        assert_eq!(places.admit(1, true).unwrap_err().code, ErrorCode::Overloaded);
        places.release(2, 2);
        let left = QUEUE_BYTES_MAX - (QUEUE_PUBLICATIONS_MAX - 2);
        assert!(places.admit(left + 1, true).is_err());
        assert!(places.admit(left, true).is_ok(), "what was refused holds no place");
        assert!(places.admit(1, true).is_err());
    }

    #[test]
    fn a_part_is_kept_for_those_who_have_little() {
        let places = Places::default();
        let many = std::iter::repeat_with(|| places.admit(1, false)).take_while(Result::is_ok).count();
        assert_eq!(many, QUEUE_PUBLICATIONS_MAX / 4 * 3);
        assert!(places.admit(1, true).is_ok());

        let places = Places::default();
        assert!(places.admit(QUEUE_BYTES_MAX / 4 * 3, false).is_ok());
        assert!(places.admit(1, false).is_err());
        assert!(places.admit(1, true).is_ok());
    }
}
