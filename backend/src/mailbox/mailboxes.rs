//! The mailboxes of all workers.

use std::sync::Arc;

use bytes::Bytes;
use shared::ids::ConnectionId;
use shared::protocol::Refusal;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, TryAcquireError, mpsc, oneshot};

use super::batch::Batch;
use super::command::WorkerCommand;
use super::overloaded::overloaded;
use crate::message::SignalKey;
use crate::telemetry::event::SignalDropped;
use crate::telemetry::metrics::Metrics;
use crate::telemetry::{Event, Events};

/// Maximum number of commands in a worker's mailbox. At the limit, batches wait and all other commands are refused.
pub(crate) const MAILBOX_MAX: usize = 1024;

/// Maximum number of bytes of the batches in the mailboxes and on their way there. At the limit, the sequencers wait
/// until the slowest worker has processed some. A batch that is larger than the limit is delivered alone.
pub(crate) const MAILBOX_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// The mailboxes of all workers. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailboxes {
    workers: Arc<[mpsc::Sender<WorkerCommand>]>,
    bytes: Arc<Semaphore>,
    events: Events,
}

impl Mailboxes {
    /// Creates the mailboxes for `workers` workers. Returns their receivers by worker index.
    pub fn new(workers: usize, metrics: Metrics) -> (Self, Vec<mpsc::Receiver<WorkerCommand>>) {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..workers).map(|_| mpsc::channel(MAILBOX_MAX)).unzip();
        let bytes = Arc::new(Semaphore::new(MAILBOX_BYTES_MAX as usize));
        (Self { workers: senders.into(), bytes, events: metrics.events }, receivers)
    }

    /// Bytes of the batches in the mailboxes and on their way there.
    pub fn bytes(&self) -> usize {
        (MAILBOX_BYTES_MAX as usize).saturating_sub(self.bytes.available_permits())
    }

    /// Number of workers.
    pub fn count(&self) -> usize {
        self.workers.len()
    }

    /// Puts a batch into all mailboxes. Waits while a mailbox is full or too many bytes are on their way: publishers
    /// slow down to the slowest worker, and nothing is dropped.
    pub(crate) async fn deliver(&self, batch: Arc<Batch>) {
        let bytes =
            u32::try_from(batch.bytes()).map_or(MAILBOX_BYTES_MAX, |bytes| bytes.min(MAILBOX_BYTES_MAX));
        // There is almost always room, and `try_acquire` costs less than a future.
        let permit = match Arc::clone(&self.bytes).try_acquire_many_owned(bytes) {
            Err(TryAcquireError::NoPermits) => Arc::clone(&self.bytes).acquire_many_owned(bytes).await.ok(),
            tried => tried.ok(),
        };
        // The semaphore is never closed. Without a permit, only the bytes of the batch would not be counted.
        if let Some(permit) = permit {
            batch.hold(permit);
        }
        for worker in &*self.workers {
            // A worker that has ended has no connections to serve.
            if let Err(TrySendError::Full(batch)) = worker.try_send(WorkerCommand::Batch(Arc::clone(&batch)))
            {
                let _ = worker.send(batch).await;
            }
        }
    }

    /// Sends a signal to the subscribers of a channel. The connection `except` does not get it.
    pub(crate) fn relay(&self, key: &SignalKey, frame: &Bytes, except: Option<ConnectionId>) {
        for worker in &*self.workers {
            let relay = WorkerCommand::Relay { key: key.clone(), frame: frame.clone(), except };
            // Drop the signal if a worker is that far behind: it would be stale when it is delivered.
            if worker.try_send(relay).is_err() {
                let channel = &key.channel;
                self.events.emit(Event::SignalDropped(SignalDropped::MailboxFull { channel }));
            }
        }
    }

    /// Puts a command into one worker's mailbox.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if the mailbox is full.
    pub fn send(&self, worker: usize, command: WorkerCommand) -> Result<(), Refusal> {
        let mailbox = self.workers.get(worker);
        let is_sent = mailbox.is_some_and(|mailbox| mailbox.try_send(command).is_ok());
        if is_sent { Ok(()) } else { Err(overloaded()) }
    }

    /// Makes all workers close their connections. Each receiver gets a value when its worker has none left.
    pub fn stop(&self) -> Vec<oneshot::Receiver<()>> {
        let send_stop = |worker: &mpsc::Sender<WorkerCommand>| {
            let (reply, stopped) = oneshot::channel();
            worker.try_send(WorkerCommand::Stop { reply }).is_ok().then_some(stopped)
        };
        self.workers.iter().filter_map(send_stop).collect()
    }

    /// Waits until a worker's mailbox is closed because its event loop has ended.
    pub async fn closed(&self, worker: usize) {
        match self.workers.get(worker) {
            Some(mailbox) => mailbox.closed().await,
            None => std::future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use shared::ids::{ChannelName, Offset};

    use super::*;
    use crate::mailbox::News;
    use crate::message::EncodedMessage;

    fn batch(bytes: usize) -> Arc<Batch> {
        let typed = Bytes::from(vec![0; bytes]);
        let (offset, prev) = (Offset(1), Offset(0));
        let message = Arc::new(EncodedMessage { offset, prev, origin: None, typed, plain: None });
        let channel = ChannelName::parse("room:lobby").unwrap();
        Arc::new(Batch::new(vec![News::new(channel, vec![message])], Vec::new()))
    }

    #[test]
    fn batches_wait_while_too_many_bytes_are_in_the_mailboxes() {
        const MAX: usize = MAILBOX_BYTES_MAX as usize;
        let (mailboxes, mut receivers) = Mailboxes::new(2, Metrics::new());
        assert!(mailboxes.deliver(batch(MAX - 1)).now_or_never().is_some());
        assert!(mailboxes.deliver(batch(1)).now_or_never().is_some(), "a batch at the limit is delivered");
        assert_eq!(mailboxes.bytes(), MAX);
        let mut waiting = Box::pin(mailboxes.deliver(batch(1)));
        assert!((&mut waiting).now_or_never().is_none(), "one byte above the limit");
        drop(receivers[0].try_recv().unwrap());
        assert!((&mut waiting).now_or_never().is_none(), "the slower worker still has the first batch");
        drop(receivers[1].try_recv().unwrap());
        assert!((&mut waiting).now_or_never().is_some());

        let (mailboxes, _receivers) = Mailboxes::new(1, Metrics::new());
        assert!(mailboxes.deliver(batch(2 * MAX)).now_or_never().is_some(), "a larger batch goes alone");
        assert!(mailboxes.deliver(batch(1)).now_or_never().is_none());
    }
}
