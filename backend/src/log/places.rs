//! How many publications may wait for their place in the order.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use shared::protocol::{ErrorCode, Refusal};

/// Most publications that wait in one queue. One more is refused with `overloaded`.
pub const QUEUE_PUBLICATIONS_MAX: usize = 8192;

/// When to try again what a queue has not taken, in milliseconds.
pub(super) const QUEUE_RETRY_MS: u64 = 500;

/// The places of a queue.
#[derive(Debug, Default)]
pub(super) struct Places {
    taken: AtomicUsize,
}

impl Places {
    /// Takes one.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` where [`QUEUE_PUBLICATIONS_MAX`] are taken.
    pub(super) fn take(&self) -> Result<(), Refusal> {
        if self.taken.fetch_add(1, Ordering::Relaxed) < QUEUE_PUBLICATIONS_MAX {
            return Ok(());
        }
        self.give_back(1);
        Err(Refusal::for_now(ErrorCode::Overloaded, "Too many messages at once.", retry()))
    }

    /// Gives some back.
    pub(super) fn give_back(&self, count: usize) {
        self.taken.fetch_sub(count, Ordering::Relaxed);
    }
}

/// What is said where nobody takes what is queued any more.
pub(super) fn stopping() -> Refusal {
    Refusal::for_now(ErrorCode::Stopping, "The server is stopping.", retry())
}

fn retry() -> Duration {
    Duration::from_millis(QUEUE_RETRY_MS)
}
