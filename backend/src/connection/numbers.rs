//! Connection numbers.
//!
//! The log reserves them in blocks, so no number is used twice, even after a restart. The event loop does not wait for
//! the log: the first block is reserved before the server listens, and another thread reserves the next one when half
//! of the current block is used.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::ids::ConnectionId;
use shared::protocol::{ErrorCode, Refusal};

use crate::store::{Log, LogError, Offload};

/// Number of connection numbers per block. Numbers that are left when the server stops are never used. A block is large
/// enough for new connections while the disk is full, and small enough for 8,000,000,000 starts below 2^53, the largest
/// number that JavaScript represents exactly.
pub(crate) const BLOCK_NUMBERS: u64 = 1 << 20;

/// Hands out connection numbers. Cheap to clone.
#[derive(Clone)]
pub struct ConnectionNumbers {
    log: Arc<dyn Log>,
    offload: Arc<dyn Offload>,
    blocks: Arc<Mutex<Blocks>>,
}

/// The reserved numbers.
#[derive(Debug)]
struct Blocks {
    current: Range<u64>,
    next: Option<Range<u64>>,
    /// Whether the next block is being reserved.
    reserving: bool,
}

impl ConnectionNumbers {
    /// Reserves the first block, which waits for the log. `offload` runs later reservations.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot reserve numbers.
    pub(crate) fn reserve(log: Arc<dyn Log>, offload: Arc<dyn Offload>) -> Result<Self, LogError> {
        let blocks = Blocks { current: block(&*log)?, next: None, reserving: false };
        Ok(Self { log, offload, blocks: Arc::new(Mutex::new(blocks)) })
    }

    /// Returns a number that no connection has had. Never waits for the log.
    ///
    /// # Errors
    /// A [`Refusal`] with `storage_failed` if all reserved numbers are used and the log has not reserved new ones yet.
    pub fn next(&self) -> Result<ConnectionId, Refusal> {
        let mut blocks = self.lock();
        if blocks.current.is_empty()
            && let Some(next) = blocks.next.take()
        {
            blocks.current = next;
        }
        let number = blocks.current.next();
        let left = blocks.current.end - blocks.current.start;
        if left < BLOCK_NUMBERS / 2 && blocks.next.is_none() && !blocks.reserving {
            blocks.reserving = true;
            drop(blocks);
            self.reserve_next();
        }
        number.map(ConnectionId).ok_or_else(|| {
            const RETRY: Duration = Duration::from_secs(2);
            let what = "The server cannot assign a number to a new connection now.";
            Refusal::for_now(ErrorCode::StorageFailed, what, RETRY)
        })
    }

    fn reserve_next(&self) {
        let this = self.clone();
        self.offload.run(Box::new(move || {
            let reserved = block(&*this.log);
            let mut blocks = this.lock();
            blocks.reserving = false;
            match reserved {
                Ok(next) => blocks.next = Some(next),
                // The next new connection tries again.
                Err(error) => tracing::warn!(%error, "cannot reserve connection numbers"),
            }
        }));
    }

    fn lock(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn block(log: &dyn Log) -> Result<Range<u64>, LogError> {
    let first = log.reserve_connections(BLOCK_NUMBERS)?;
    Ok(first..first.saturating_add(BLOCK_NUMBERS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Durability;
    use crate::store::sqlite::SqliteLog;

    /// Jobs that wait until the test runs them.
    #[derive(Default)]
    struct Waiting(Mutex<Vec<Box<dyn FnOnce() + Send>>>);

    impl Offload for Waiting {
        fn run(&self, job: Box<dyn FnOnce() + Send>) {
            self.0.lock().unwrap().push(job);
        }
    }

    impl Waiting {
        fn run_jobs(&self) -> usize {
            let jobs = std::mem::take(&mut *self.0.lock().unwrap());
            jobs.into_iter().map(|job| job()).count()
        }
    }

    fn open(directory: &tempfile::TempDir) -> Arc<SqliteLog> {
        let path = directory.path().join("tidings.db");
        Arc::new(SqliteLog::open(&path, Durability::Normal).unwrap())
    }

    #[test]
    fn a_connection_beyond_the_reserved_numbers_is_refused_without_waiting() {
        let directory = tempfile::tempdir().unwrap();
        let waiting = Arc::<Waiting>::default();
        let offload = Arc::clone(&waiting) as Arc<dyn Offload>;
        // `next` runs only on this thread, and reaches the log only through `waiting`.
        let numbers = ConnectionNumbers::reserve(open(&directory), offload).unwrap();
        for number in 1..=BLOCK_NUMBERS {
            assert_eq!(numbers.next(), Ok(ConnectionId(number)));
        }
        assert_eq!(numbers.next().unwrap_err().code, ErrorCode::StorageFailed);
        assert_eq!(waiting.run_jobs(), 1, "the next block is requested once");
        assert_eq!(numbers.next(), Ok(ConnectionId(BLOCK_NUMBERS + 1)));
        assert_eq!(waiting.run_jobs(), 0, "more than half of the block is left");
    }

    #[test]
    fn no_number_is_used_again_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let start = || {
            let offload = Arc::<Waiting>::default();
            ConnectionNumbers::reserve(open(&directory), offload).unwrap().next().unwrap().0
        };
        assert_eq!([start(), start()], [1, 1 + BLOCK_NUMBERS]);
    }
}
