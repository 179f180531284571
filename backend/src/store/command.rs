//! The commands that change a log, and their results.

use serde::{Deserialize, Serialize};
use shared::ids::{ChannelName, MessageId, Offset};
use shared::protocol::{RawPayload, Sender};
use shared::time::Timestamp;

/// Commands that are executed together, in one transaction: first the appends, then the trims.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// The messages to append, in the order of their offsets.
    pub appends: Vec<Append>,
    /// What retention deletes.
    pub trims: Vec<Trim>,
}

impl Entry {
    /// Returns an entry that appends messages.
    pub fn of_appends(appends: Vec<Append>) -> Self {
        Self { appends, trims: Vec::new() }
    }

    /// Whether it has no command.
    pub fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.trims.is_empty()
    }
}

/// The results of an [`Entry`]: one for each command, in the order of the commands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Applied {
    /// The results of the appends.
    pub appends: Vec<Appended>,
    /// The results of the trims.
    pub trims: Vec<Trimmed>,
}

/// A message to be appended.
#[derive(Debug, Clone)]
pub struct Append {
    /// The channel.
    pub channel: ChannelName,
    /// The sender's id for the message. A retry has the same id.
    pub id: MessageId,
    /// When the server accepted the message.
    pub at: Timestamp,
    /// The sender.
    pub from: Sender,
    /// The payload.
    pub payload: RawPayload,
}

impl Append {
    /// The memory that the message holds while it waits, in bytes: its payload, and an estimate of the rest.
    pub fn bytes(&self) -> usize {
        const AROUND_BYTES: usize = 512;
        AROUND_BYTES + self.payload.as_str().len()
    }
}

/// The outcome of an [`Append`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// The message is in the log.
    Accepted {
        /// Its offset.
        offset: Offset,
        /// The offset of the message before it in the channel.
        prev: Offset,
    },
    /// The message was in the log already.
    Duplicate {
        /// Its offset.
        offset: Offset,
    },
}

/// Deletes messages that are no longer kept, and forgets idle channels. It names what to delete, so that executing it needs no clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trim {
    /// What to delete in each channel.
    pub channels: Vec<Outdated>,
}

/// What a [`Trim`] deletes in one channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outdated {
    /// The channel.
    pub channel: ChannelName,
    /// What is deleted in it.
    pub deletion: Deletion,
}

/// A deletion in a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deletion {
    /// All messages up to this offset, inclusive.
    Through(Offset),
    /// The channel, if this is still its head and it has no messages.
    Channel(Offset),
}

/// The result of a [`Trim`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Number of messages deleted.
    pub messages: u32,
    /// Number of channels forgotten.
    pub channels: u32,
}
