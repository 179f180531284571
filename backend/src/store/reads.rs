//! Reading the log from the workers, which must not block.

use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use tokio::sync::{Semaphore, oneshot};

use super::log::{Bounds, Log, LogError, Run, RunJson};

/// Most reads at a time. One more waits: a storm of resuming clients must not take every thread and all memory.
const READS_MAX: usize = 4;

/// Carries out what would block a worker. The server's has threads for it ([`Threads`]); a simulator has its own.
pub trait Offload: Send + Sync {
    /// Has `job` run, now or later, somewhere else.
    fn run(&self, job: Box<dyn FnOnce() + Send>);
}

/// The threads that the runtime keeps for what blocks.
#[derive(Debug)]
pub struct Threads;

impl Offload for Threads {
    fn run(&self, job: Box<dyn FnOnce() + Send>) {
        tokio::task::spawn_blocking(job);
    }
}

/// The reading half of the log.
#[derive(Clone)]
pub struct LogReads {
    log: Arc<dyn Log>,
    offload: Arc<dyn Offload>,
    permits: Arc<Semaphore>,
}

impl LogReads {
    /// Reads from `log`, by way of `offload`.
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
    pub fn health(&self) -> Result<(), LogError> {
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

    /// See [`Log::read_before`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn read_before(
        &self,
        channel: &ChannelName,
        before: Option<Offset>,
        limit: u32,
    ) -> Result<Run, LogError> {
        let channel = channel.clone();
        self.blocking(move |log| log.read_before(&channel, before, limit)).await
    }

    /// See [`Log::page`].
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn page(
        &self,
        channel: &ChannelName,
        before: Option<Offset>,
        limit: u32,
    ) -> Result<RunJson, LogError> {
        let channel = channel.clone();
        self.blocking(move |log| log.page(&channel, before, limit)).await
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
            // Who asked may have gone meanwhile.
            let _ = tell.send(read(&*log));
            drop(permit);
        }));
        let result = told.await.map_err(|_| LogError::Failed("the read was given up".to_owned()));
        result.flatten().inspect_err(|error| tracing::error!(%error, "the log cannot be read"))
    }
}
