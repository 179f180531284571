//! The identity of a signal.

use shared::ids::{ChannelName, UserId};

/// Identifies a signal. Of the signals with one key, only the newest is sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SignalKey {
    /// The channel.
    pub channel: ChannelName,
    /// The user that sent it.
    pub user: UserId,
    /// What is said of the user.
    pub topic: SignalTopic,
}

/// What a signal says of a user. Of each, only the newest is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SignalTopic {
    /// The user is typing.
    Typing,
    /// How far the user has received and read. Each combination of fields is its own kind, because a newer `delivered`
    /// must not replace an older `read`.
    Seen {
        /// Whether the signal has a delivered offset.
        delivered: bool,
        /// Whether the signal has a read offset.
        read: bool,
    },
}
