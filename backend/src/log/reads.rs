//! Reading the log from the workers, which must not block.

use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use tokio::sync::Semaphore;

use super::{Bounds, Log, LogError, Run};

/// Most reads at a time. One more waits: a storm of resuming clients must not take every thread and all memory.
const READS_MAX: usize = 4;

/// The reading half of the log.
#[derive(Clone)]
pub struct LogReads {
    log: Arc<dyn Log>,
    permits: Arc<Semaphore>,
}

impl LogReads {
    /// Reads from `log`.
    pub fn new(log: Arc<dyn Log>) -> Self {
        Self { log, permits: Arc::new(Semaphore::new(READS_MAX)) }
    }

    /// See [`Log::epoch`].
    pub fn epoch(&self) -> Epoch {
        self.log.epoch()
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
        let _permit = self.permits.acquire().await.map_err(|error| failed(&error))?;
        let log = Arc::clone(&self.log);
        let result = tokio::task::spawn_blocking(move || read(&*log)).await.map_err(|error| failed(&error));
        result.flatten().inspect_err(|error| tracing::error!(%error, "the log cannot be read"))
    }
}
