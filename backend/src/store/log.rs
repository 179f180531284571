//! The contract of a store, and the types in it.

use std::path::Path;
use std::time::Duration;

use shared::ids::{ChannelName, Epoch, Namespace, Offset};
use shared::protocol::{ErrorCode, Message, RawPayload, Refusal};
use shared::time::Timestamp;
use thiserror::Error;

use super::command::{Applied, Entry, Outdated};

/// The range of offsets that a log holds of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// The newest offset ever assigned; 0 for a channel that has had no messages.
    pub head: Offset,
    /// The offset just before the oldest message that is kept; equal to `head` if none is kept.
    pub floor: Offset,
}

/// Maximum bytes of payload in a run of messages. The message that reaches it is still part of the run. A reader that stalls in
/// the middle of a run keeps that much in memory.
pub const RUN_BYTES_MAX: usize = 64 * 1024;

/// Consecutive messages of a channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// Oldest first.
    pub messages: Vec<Message<RawPayload>>,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// The retention rule of a namespace's channels at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Maximum number of messages in a channel; the newest are kept. `None` keeps all.
    pub messages: Option<u64>,
    /// Messages accepted at or after this time are kept; `None` keeps all.
    pub since: Option<Timestamp>,
    /// The time of the trim. A message with a later time was accepted while the clock was wrong: it does not protect the messages
    /// before it, and it is deleted together with a later message of its channel.
    pub now: Timestamp,
    /// A channel without messages is forgotten if its newest message was accepted before this time; `None` forgets none.
    pub idle_since: Option<Timestamp>,
}

/// The result of one call of [`Log::outdated`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Due {
    /// What must be deleted in each channel.
    pub channels: Vec<Outdated>,
    /// The channel from which the next call must continue; `None` at the end of the namespace.
    pub next: Option<ChannelName>,
}

/// Why an operation on a log failed.
#[derive(Debug, Clone, Error)]
pub enum LogError {
    /// Nothing can be written: the disk is full, or the file system rejects writes.
    #[error("the log cannot be written: {0}")]
    Full(String),
    /// A read failed. Writes are not affected.
    #[error("the log cannot be read: {0}")]
    Unreadable(String),
    /// The store is damaged: a part of it differs from what was written.
    #[error("the log is damaged: {0}. Restore a backup")]
    Damaged(String),
    /// Another error.
    #[error("the log failed: {0}")]
    Failed(String),
}

impl LogError {
    /// Returns the refusal for a client. The details are only for the operator.
    pub fn refusal(&self) -> Refusal {
        const RETRY: Duration = Duration::from_secs(2);
        // An operator must act before a retry can succeed.
        const RETRY_DAMAGED: Duration = Duration::from_secs(30);
        let (what, retry) = match self {
            Self::Full(_) => {
                ("The server cannot store messages now: its disk is full or cannot be written.", RETRY)
            }
            Self::Unreadable(_) => ("The server cannot read its log now.", RETRY),
            Self::Damaged(_) => ("The server cannot use its log: it is damaged.", RETRY_DAMAGED),
            Self::Failed(_) => ("The server cannot use its log now.", RETRY),
        };
        Refusal::for_now(ErrorCode::StorageFailed, what, retry)
    }
}

/// A store of ordered channels. Its methods block; call them only from threads that may block.
///
/// - *Atomic*: after [`apply`](Log::apply) has returned `Ok`, the whole entry survives every failure that the store promises to
///   survive. After `Err`, nothing of the entry is in the log.
/// - *Ordered*: within a channel, offsets grow in the order of the entry, and from entry to entry. Offsets may have holes; `prev`
///   always names the previous message.
/// - *Idempotent*: a channel accepts a message id once for as long as the message is kept, also within an entry.
/// - *Determined by its entries*: two logs that were in the same state and applied the same entries are in the same state.
///   `apply` uses no clock and no random number.
/// - *Read your writes*: every read after `apply` has returned sees the entry.
pub trait Log: Send + Sync {
    /// Returns the incarnation of this log. A log that was reset, or restored to an earlier state, has another epoch.
    fn epoch(&self) -> Epoch;

    /// Executes the commands of an entry.
    ///
    /// The head of a channel stays when its messages are trimmed, so that offsets continue and readers get a `gap`. If a channel was
    /// forgotten and then begins again, its offsets are above all its earlier ones: its head and floor are those of the namespace's
    /// highest forgotten channel. A reader may therefore get a `gap` although it missed nothing.
    ///
    /// # Errors
    /// [`LogError`]; nothing of the entry was executed.
    fn apply(&self, entry: &Entry) -> Result<Applied, LogError>;

    /// Reads at most `limit` messages after an offset, oldest first.
    ///
    /// # Errors
    /// [`LogError`].
    fn read(&self, channel: &ChannelName, after: Offset, limit: u32) -> Result<Run, LogError>;

    /// Reads the newest messages before an offset, or the newest of all: at most `limit`, oldest first.
    ///
    /// # Errors
    /// [`LogError`].
    fn read_before(&self, channel: &ChannelName, before: Option<Offset>, limit: u32)
    -> Result<Run, LogError>;

    /// Returns the range of offsets of a channel.
    ///
    /// # Errors
    /// [`LogError`].
    fn bounds(&self, channel: &ChannelName) -> Result<Bounds, LogError>;

    /// Lists the channels that have had a message and are not forgotten, with the head of each: at most `limit`, ordered by name,
    /// beginning after `after`.
    ///
    /// # Errors
    /// [`LogError`].
    fn channels(&self, after: &str, limit: u32) -> Result<Vec<(ChannelName, Offset)>, LogError>;

    /// Finds the oldest messages of a namespace's channels that hold more than is kept, at most `messages_max`, and the channels that
    /// are empty and idle. It visits the channels in the order of their names, beginning with `from`, and looks at a bounded number of
    /// them. The caller continues from [`Due::next`].
    ///
    /// # Errors
    /// [`LogError`].
    fn outdated(
        &self,
        namespace: &Namespace,
        keep: &Keep,
        from: Option<&ChannelName>,
        messages_max: u32,
    ) -> Result<Due, LogError>;

    /// Returns unused disk space to the file system. Called periodically.
    ///
    /// # Errors
    /// [`LogError`].
    fn tidy(&self) -> Result<(), LogError> {
        Ok(())
    }

    /// Returns whether the store is sound, as far as is known. Does not block.
    ///
    /// # Errors
    /// [`LogError::Damaged`].
    fn health(&self) -> Result<(), LogError> {
        Ok(())
    }

    /// Copies the whole log to a file, as it is at one moment. A log opened from the copy has another epoch.
    ///
    /// # Errors
    /// [`LogError`], also if the file exists already.
    fn backup(&self, path: &Path) -> Result<(), LogError>;

    /// Marks the log as closed cleanly. Nothing may be appended afterwards.
    ///
    /// # Errors
    /// [`LogError`].
    fn close(&self) -> Result<(), LogError>;

    /// Reserves `count` numbers for connections that were never used before, and returns the first.
    ///
    /// # Errors
    /// [`LogError`].
    fn reserve_connections(&self, count: u64) -> Result<u64, LogError>;
}
