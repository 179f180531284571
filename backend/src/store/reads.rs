//! Reads the log from the workers, which must not block.

use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use tokio::sync::{Semaphore, oneshot};

use super::log::{Bounds, Log, LogError, Run};
use crate::message::messages_json;

/// Maximum number of concurrent reads. Further reads wait, because a burst of resuming clients must not use all threads and all
/// memory.
const READS_MAX: usize = 4;

/// Which messages of a channel a [`Page`] has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageRange {
    /// The oldest after an offset.
    After(Offset),
    /// The newest before an offset, or the newest of all.
    Before(Option<Offset>),
}

/// A [`Run`] as clients receive it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// A JSON array of messages, oldest first.
    pub messages: Vec<u8>,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// Runs jobs that would block a worker. The server uses threads ([`Threads`]); the simulator has its own implementation.
pub trait Offload: Send + Sync {
    /// Runs `job` outside of the worker, now or later.
    fn run(&self, job: Box<dyn FnOnce() + Send>);
}

/// The runtime's threads for blocking jobs.
#[derive(Debug)]
pub struct Threads;

impl Offload for Threads {
    fn run(&self, job: Box<dyn FnOnce() + Send>) {
        tokio::task::spawn_blocking(job);
    }
}

/// Asynchronous reads of the log. Cheap to clone; all clones share one limit of concurrent reads.
#[derive(Clone)]
pub struct LogReads {
    log: Arc<dyn Log>,
    offload: Arc<dyn Offload>,
    permits: Arc<Semaphore>,
}

impl LogReads {
    /// Reads from `log` on the threads of `offload`.
    pub fn new(log: Arc<dyn Log>, offload: Arc<dyn Offload>) -> Self {
        Self { log, offload, permits: Arc::new(Semaphore::new(READS_MAX)) }
    }

    /// See [`Log::epoch`].
    pub fn epoch(&self) -> Epoch {
        self.log.epoch()
    }

    /// See [`Log::health`].
    ///
    /// # Errors
    /// [`LogError`].
    pub(crate) fn health(&self) -> Result<(), LogError> {
        self.log.health()
    }

    /// See [`Log::read`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn read(&self, channel: &ChannelName, after: Offset, limit: u32) -> Result<Run, LogError> {
        let channel = channel.clone();
        self.blocking(move |log| log.read(&channel, after, limit)).await
    }

    /// Reads at most `limit` messages and encodes them.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn page(&self, channel: &ChannelName, range: PageRange, limit: u32) -> Result<Page, LogError> {
        let channel = channel.clone();
        self.blocking(move |log| {
            let Run { messages, more } = match range {
                PageRange::After(offset) => log.read(&channel, offset, limit),
                PageRange::Before(offset) => log.read_before(&channel, offset, limit),
            }?;
            Ok(Page { messages: messages_json(&messages), more })
        })
        .await
    }

    /// See [`Log::bounds`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError> {
        let channel = channel.clone();
        self.blocking(move |log| log.bounds(&channel)).await
    }

    /// See [`Log::channels`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn channels(&self, after: String, limit: u32) -> Result<Vec<(ChannelName, Offset)>, LogError> {
        self.blocking(move |log| log.channels(&after, limit)).await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn Log) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let failed = |error: &dyn std::fmt::Display| LogError::Failed(error.to_string());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|error| failed(&error))?;
        let (log, (tell, told)) = (Arc::clone(&self.log), oneshot::channel());
        self.offload.run(Box::new(move || {
            // The caller may be gone; then nobody needs the result.
            let _ = tell.send(read(&*log));
            drop(permit);
        }));
        let result = told.await.map_err(|_| LogError::Failed("the read was dropped".to_owned()));
        result.flatten().inspect_err(|error| tracing::error!(%error, "the log cannot be read"))
    }
}
