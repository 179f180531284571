//! The contract of a store.

use std::path::Path;
use std::time::Duration;

use shared::ids::{ChannelName, Epoch, MessageId, Namespace, Offset};
use shared::protocol::{ErrorCode, Message, RawPayload, Refusal, Sender};
use shared::time::Timestamp;
use thiserror::Error;

/// A message to be added.
#[derive(Debug, Clone)]
pub struct Append {
    /// The channel.
    pub channel: ChannelName,
    /// Its sender's id for it, by which a retry is recognised.
    pub id: MessageId,
    /// When the server took it.
    pub at: Timestamp,
    /// Who sends it.
    pub from: Sender,
    /// What it says.
    pub payload: RawPayload,
}

impl Append {
    /// The memory that it holds while it waits, in bytes: its payload, and an estimate of the rest.
    pub fn bytes(&self) -> usize {
        const AROUND_BYTES: usize = 512;
        AROUND_BYTES + self.payload.as_str().len()
    }
}

/// What became of an [`Append`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// It is in the log.
    Accepted {
        /// Its place.
        offset: Offset,
        /// The place before it.
        prev: Offset,
    },
    /// The log had it already.
    Duplicate {
        /// Its place.
        offset: Offset,
    },
}

/// What a log holds of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The newest offset ever given; 0 for a channel without messages.
    pub head: Offset,
    /// The offset just before the oldest message that is kept; `head` where none is.
    pub floor: Offset,
}

/// A run of messages ends after this many bytes of payload, however few messages those are: it is what a reader that
/// stalls in the middle of it keeps in memory.
pub const RUN_BYTES_MAX: usize = 64 * 1024;

/// Some messages in a row.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Oldest first.
    pub messages: Vec<Message<RawPayload>>,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// A [`Run`] as clients get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunJson {
    /// A JSON array of messages, oldest first.
    pub messages: String,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// What the channels of a namespace keep.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Maximum number of messages in a channel, the newest; `None` keeps all.
    pub messages: Option<u64>,
    /// Messages taken at or after this time are kept; `None` keeps all.
    pub since: Option<Timestamp>,
    /// The time of the trim. A message with a later time was taken while the clock was wrong: it does not protect the
    /// messages before it, and it goes when a later message of its channel goes.
    pub now: Timestamp,
    /// A channel without messages whose newest was taken before this time is forgotten; `None` forgets none.
    pub idle_since: Option<Timestamp>,
}

/// What one call of [`Log::trim`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Number of messages deleted.
    pub messages: u32,
    /// Number of channels forgotten.
    pub channels: u32,
    /// The channel to go on from; `None` at the end of the namespace.
    pub next: Option<ChannelName>,
}

/// Why a log cannot do what it was asked.
#[derive(Debug, Error)]
pub enum LogError {
    /// Nothing more can be written: the disk is full, or the file system no longer takes writes.
    #[error("the log cannot be written: {0}")]
    Full(String),
    /// Something cannot be read. What is written is not affected.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
    /// The store is damaged: a part of it is not what was written.
    #[error("the log is damaged: {0}. Put a backup in its place")]
    Damaged(String),
    /// Something else failed.
    #[error("the log failed: {0}")]
    Failed(String),
}

impl LogError {
    /// What a client is told. What it does not say is for the operator.
    pub fn refusal(&self) -> Refusal {
        const RETRY: Duration = Duration::from_secs(2);
        // An operator has to act first.
        const RETRY_DAMAGED: Duration = Duration::from_secs(30);
        let (what, retry) = match self {
            Self::Full(_) => ("The server cannot store messages now: its disk takes no more.", RETRY),
            Self::Unreadable(_) => ("The server cannot read its log now.", RETRY),
            Self::Damaged(_) => ("The server cannot use its log: it is damaged.", RETRY_DAMAGED),
            Self::Failed(_) => ("The server cannot use its log now.", RETRY),
        };
        Refusal::for_now(ErrorCode::StorageFailed, what, retry)
    }
}

/// A store of ordered channels. Its methods block; they are called from threads that may.
///
/// - *Atomic*: after [`append`](Log::append) has returned `Ok`, all of the batch survives what the store promises to
///   survive; after `Err`, none of it is there.
/// - *Ordered*: within a channel, offsets grow in the order of the batch, and with each batch. They may have holes;
///   `prev` always names the one before.
/// - *Idempotent*: a message id is taken once in a channel for as long as the message is kept, also within a batch.
/// - *Read your writes*: what `append` has returned, every later read sees.
pub trait Log: Send + Sync {
    /// The incarnation of this log. A log that is begun anew, or put back to an earlier state, has another.
    fn epoch(&self) -> Epoch;

    /// Adds a batch; the results are in its order.
    ///
    /// # Errors
    /// [`LogError`]; then nothing of the batch was added.
    fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, LogError>;

    /// The messages after an offset, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`LogError`].
    fn read(&self, channel: &ChannelName, after: Offset, limit: u32) -> Result<Run, LogError>;

    /// The newest messages before an offset (or of all), oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`LogError`].
    fn read_before(&self, channel: &ChannelName, before: Option<Offset>, limit: u32)
    -> Result<Run, LogError>;

    /// What [`read_before`](Log::read_before) returns, as JSON. A store that keeps payloads as texts does not have to read
    /// them to write them anew.
    ///
    /// # Errors
    /// [`LogError`].
    fn page(&self, channel: &ChannelName, before: Option<Offset>, limit: u32) -> Result<RunJson, LogError> {
        let Run { messages, more } = self.read_before(channel, before, limit)?;
        let messages =
            serde_json::to_string(&messages).map_err(|error| LogError::Failed(error.to_string()))?;
        Ok(RunJson { messages, more })
    }

    /// What is held of a channel.
    ///
    /// # Errors
    /// [`LogError`].
    fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError>;

    /// The channels that have had a message and are not forgotten, by name, after `after`, with the head of each.
    ///
    /// # Errors
    /// [`LogError`].
    fn channels(&self, after: &str, limit: u32) -> Result<Vec<(ChannelName, Offset)>, LogError>;

    /// Deletes the oldest messages of a namespace's channels that hold more than is kept, at most `messages_max`, and
    /// forgets channels that are empty and idle. It goes through the channels by name, beginning with `from`, and looks
    /// at a bounded number of them; the caller goes on from [`Trimmed::next`].
    ///
    /// The head of a channel stays, so that offsets go on and readers learn of the gap. A channel that was forgotten and
    /// begins again gets offsets above those that it had: its head and floor are then those of the namespace's highest
    /// forgotten channel, and a reader may be told of a gap that is none.
    ///
    /// # Errors
    /// [`LogError`].
    fn trim(
        &self,
        namespace: &Namespace,
        keep: &Keep,
        from: Option<&ChannelName>,
        messages_max: u32,
    ) -> Result<Trimmed, LogError>;

    /// Gives back disk space that is not needed any more. Called once in a while.
    ///
    /// # Errors
    /// [`LogError`].
    fn tidy(&self) -> Result<(), LogError> {
        Ok(())
    }

    /// Whether the store is sound, as far as is known. It does not block.
    ///
    /// # Errors
    /// [`LogError::Damaged`].
    fn health(&self) -> Result<(), LogError> {
        Ok(())
    }

    /// Copies all of the log, as it is at one moment, to a file. A log opened from the copy has another epoch.
    ///
    /// # Errors
    /// [`LogError`]; also where the file is there already.
    fn backup(&self, path: &Path) -> Result<(), LogError>;

    /// Notes that the log was closed in order. Nothing is appended afterwards.
    ///
    /// # Errors
    /// [`LogError`].
    fn close(&self) -> Result<(), LogError>;

    /// Takes `count` numbers for connections that were never given before, and returns the first.
    ///
    /// # Errors
    /// [`LogError`].
    fn reserve_connections(&self, count: u64) -> Result<u64, LogError>;
}
