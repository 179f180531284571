//! The numbers of connections.
//!
//! They are reserved in the log, a block at a time, so that none is given twice, also by a later start. The event loop does
//! not wait for that: the first block is reserved before the server listens, and the next one by another thread when half
//! of the last is used.

use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::ids::ConnectionId;
use shared::protocol::{ErrorCode, Refusal};

use crate::store::{Log, LogError, Offload};

/// How many numbers are reserved at a time. What is left of them when the server stops is never used. Enough for newcomers
/// while the disk is full, and for 8,000,000,000 starts below 2^53, the largest number that JavaScript knows exactly.
pub const BLOCK_NUMBERS: u64 = 1 << 20;

/// The numbers that new connections get. Cheap to clone.
#[derive(Clone)]
pub struct ConnectionNumbers {
    log: Arc<dyn Log>,
    offload: Arc<dyn Offload>,
    blocks: Arc<Mutex<Blocks>>,
}

/// The numbers that are reserved.
#[derive(Debug)]
struct Blocks {
    current: Range<u64>,
    next: Option<Range<u64>>,
    /// Whether the next block is being reserved.
    reserving: bool,
}

impl ConnectionNumbers {
    /// Reserves the first block, which waits for the log. Later ones are reserved by way of `offload`.
    ///
    /// # Errors
    /// [`LogError`].
    pub fn reserve(log: Arc<dyn Log>, offload: Arc<dyn Offload>) -> Result<Self, LogError> {
        let blocks = Blocks { current: block(&*log)?, next: None, reserving: false };
        Ok(Self { log, offload, blocks: Arc::new(Mutex::new(blocks)) })
    }

    /// A number for a new connection, never given before. It never waits for the log.
    ///
    /// # Errors
    /// A [`Refusal`] with `storage_failed` if all are used and the log has not given new ones yet.
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
            let what = "The server cannot number a new connection now.";
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
                // The next newcomer tries again.
                Err(error) => tracing::warn!(%error, "no numbers for connections can be reserved"),
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

    /// Reads that wait until somebody carries them out.
    #[derive(Default)]
    struct Waiting(Mutex<Vec<Box<dyn FnOnce() + Send>>>);

    impl Offload for Waiting {
        fn run(&self, job: Box<dyn FnOnce() + Send>) {
            self.0.lock().unwrap().push(job);
        }
    }

    impl Waiting {
        fn carry_out(&self) -> usize {
            let jobs = std::mem::take(&mut *self.0.lock().unwrap());
            jobs.into_iter().map(|job| job()).count()
        }
    }

    fn open(directory: &tempfile::TempDir) -> Arc<SqliteLog> {
        let path = directory.path().join("tidings.db");
        Arc::new(SqliteLog::open(&path, Durability::Normal).unwrap())
    }

    #[test]
    fn a_newcomer_beyond_the_reserved_numbers_does_not_wait_for_the_log() {
        let directory = tempfile::tempdir().unwrap();
        let waiting = Arc::<Waiting>::default();
        let offload = Arc::clone(&waiting) as Arc<dyn Offload>;
        // All that `next` does is on this thread, and the log is reached by way of `waiting` alone.
        let numbers = ConnectionNumbers::reserve(open(&directory), offload).unwrap();
        for number in 1..=BLOCK_NUMBERS {
            assert_eq!(numbers.next(), Ok(ConnectionId(number)));
        }
        assert_eq!(numbers.next().unwrap_err().code, ErrorCode::StorageFailed);
        assert_eq!(waiting.carry_out(), 1, "the next block was asked for once");
        assert_eq!(numbers.next(), Ok(ConnectionId(BLOCK_NUMBERS + 1)));
        assert_eq!(waiting.carry_out(), 0, "more than half of it is left");
    }

    #[test]
    fn no_number_is_given_by_two_starts() {
        let directory = tempfile::tempdir().unwrap();
        let start = || {
            let offload = Arc::<Waiting>::default();
            ConnectionNumbers::reserve(open(&directory), offload).unwrap().next().unwrap().0
        };
        assert_eq!([start(), start()], [1, 1 + BLOCK_NUMBERS]);
    }
}
