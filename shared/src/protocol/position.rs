//! Where a reader stands in a channel.

use serde::{Deserialize, Serialize};

use crate::ids::{Epoch, Offset};

/// What a reader has seen of a channel: all up to `offset`, in the incarnation `epoch` of its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The incarnation of the log.
    pub epoch: Epoch,
    /// The last message seen; 0 before the first.
    pub offset: Offset,
}

/// Messages that a reader has missed and that cannot be had any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Gap {
    /// The oldest message still kept, or the first that will be where none is.
    pub oldest: Offset,
    /// How the messages were lost.
    pub reason: GapReason,
}

/// How messages were lost to a reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// They were older, or more, than the channel keeps.
    Trimmed,
    /// The log is not the one that the reader's position is of.
    Epoch,
    /// The reader's position is ahead of the log: the log has been put back to an earlier state.
    Ahead,
    /// A reason that this version does not know.
    #[serde(other)]
    Unknown,
}
