//! What a signal is about.

use shared::ids::{ChannelName, UserId};

/// What a slot is about: only the newest of each is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SlotKey {
    /// The channel.
    pub channel: ChannelName,
    /// The user.
    pub user: UserId,
    /// What kind of thing.
    pub kind: SlotKind,
}

/// The kinds of slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// Writing.
    Typing,
    /// How far somebody has received and read. What names other fields is another kind, because a newer `delivered` must not
    /// replace an older `read`.
    Seen {
        /// Whether it says what was delivered.
        delivered: bool,
        /// Whether it says what was read.
        read: bool,
    },
}
