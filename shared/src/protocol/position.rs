//! The position of a reader in a channel.

use serde::{Deserialize, Serialize};

use crate::ids::{Epoch, Offset};
use crate::json::declare::{names, object};

object! {
    [Read] [Write]
    /// What a reader has seen of a channel: all messages up to `offset`, in the incarnation `epoch` of its log.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub struct Position {
        /// The incarnation of the log.
        pub epoch: Epoch,
        /// The last message seen; 0 before the first.
        pub offset: Offset,
    }
}

object! {
    [Read]
    /// Messages that a reader has missed and that are no longer kept.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub struct Gap {
        /// The oldest message still kept, or the next one if none is kept.
        pub oldest: Offset,
        /// Why the messages are missing.
        pub reason: GapReason,
    }
}

names! {
    /// Why messages are missing.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
    pub enum GapReason {
        /// They were older, or more, than the channel keeps.
        Trimmed = "trimmed",
        /// The reader's position belongs to another log.
        Epoch = "epoch",
        /// The reader's position is ahead of the log, because the log was restored to an earlier state.
        Ahead = "ahead",
        ..
        /// A reason that this version does not know.
        #[serde(other, rename = "unknown")]
        Unknown = "unknown",
    }
}
