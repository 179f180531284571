//! The mailboxes of all workers.

use std::sync::Arc;

use bytes::Bytes;
use shared::ids::ConnectionId;
use shared::protocol::Refusal;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot};

use super::batch::Batch;
use super::command::ToWorker;
use super::overloaded::overloaded;
use crate::message::SlotKey;
use crate::telemetry::metrics::Metrics;

/// Maximum number of commands in a worker's mailbox. At the limit, batches wait and all else is refused.
pub const MAILBOX_MAX: usize = 1024;

/// Maximum bytes of the batches that are on their way to the workers or in their mailboxes. At the limit, the
/// sequencers wait until the slowest worker has taken some. A larger batch is on its way alone.
pub const MAILBOX_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// The mailboxes of all workers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailboxes {
    workers: Arc<[mpsc::Sender<ToWorker>]>,
    bytes: Arc<Semaphore>,
    metrics: Metrics,
}

impl Mailboxes {
    /// The mailboxes of so many workers, and their receiving ends by the workers' indexes.
    pub fn new(workers: usize, metrics: Metrics) -> (Self, Vec<mpsc::Receiver<ToWorker>>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(MAILBOX_MAX)).unzip();
        let bytes = Arc::new(Semaphore::new(MAILBOX_BYTES_MAX as usize));
        (Self { workers: senders.into(), bytes, metrics }, receivers)
    }

    /// The number of workers.
    pub fn count(&self) -> usize {
        self.workers.len()
    }

    /// Puts a batch into all mailboxes. Waits while one is full or too many bytes are on their way: publishers slow down to the
    /// slowest worker, and nothing is skipped.
    pub async fn deliver(&self, batch: Arc<Batch>) {
        let bytes =
            u32::try_from(batch.bytes()).map_or(MAILBOX_BYTES_MAX, |bytes| bytes.min(MAILBOX_BYTES_MAX));
        // There is almost always room, and trying costs less than a future that waits.
        let permit = match Arc::clone(&self.bytes).try_acquire_many_owned(bytes) {
            Err(TryAcquireError::NoPermits) => Arc::clone(&self.bytes).acquire_many_owned(bytes).await.ok(),
            tried => tried.ok(),
        };
        // The semaphore is never closed. Without a permit the batch would only not be counted.
        if let Some(permit) = permit {
            batch.hold(permit, &self.metrics.mailbox_bytes);
        }
        for worker in &*self.workers {
            // A worker that has ended has no connections left to serve.
            if let Err(TrySendError::Full(batch)) = worker.try_send(ToWorker::Batch(Arc::clone(&batch))) {
                let _ = worker.send(batch).await;
            }
        }
    }

    /// Tells the subscribers of a channel something that is true only now. The connection `except` does not get it.
    pub fn relay(&self, key: &SlotKey, frame: &Bytes, except: Option<ConnectionId>) {
        for worker in &*self.workers {
            let relay = ToWorker::Relay { key: key.clone(), frame: frame.clone(), except };
            // For a worker that is so far behind, the signal would be stale when its turn comes.
            if worker.try_send(relay).is_err() {
                self.metrics.signals_dropped.inc();
                tracing::debug!(channel = %key.channel, "a signal was dropped: a worker is behind");
            }
        }
    }

    /// Puts a command into one worker's mailbox.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if the mailbox is full.
    pub fn tell(&self, worker: usize, command: ToWorker) -> Result<(), Refusal> {
        let mailbox = self.workers.get(worker);
        let told = mailbox.is_some_and(|mailbox| mailbox.try_send(command).is_ok());
        if told { Ok(()) } else { Err(overloaded()) }
    }

    /// Tells all workers to close their connections. Each receiver gets a value when its worker has none left.
    pub fn stop(&self) -> Vec<oneshot::Receiver<()>> {
        let tell = |worker: &mpsc::Sender<ToWorker>| {
            let (reply, stopped) = oneshot::channel();
            worker.try_send(ToWorker::Stop { reply }).is_ok().then_some(stopped)
        };
        self.workers.iter().filter_map(tell).collect()
    }

    /// Waits until a worker's mailbox is closed because its event loop has ended.
    pub async fn closed(&self, worker: usize) {
        match self.workers.get(worker) {
            Some(mailbox) => mailbox.closed().await,
            None => std::future::pending().await,
        }
    }
}
