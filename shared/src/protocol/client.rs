//! What a client says.

use serde::{Deserialize, Serialize};

use super::{Payload, Position};
use crate::ids::{ChannelName, DisplayName, MessageId, Offset, RequestId};

/// A message from a client to the server.
///
/// A request carries an `id` that the client chooses; its reply, or the `error` in its place, carries the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage<P = Payload> {
    /// The first message of a connection; answered by `welcome`.
    Hello(Hello),
    /// Asks for a channel's messages from a position on; answered by `subscribed`.
    Subscribe(Subscribe),
    /// Ends a subscription. Not answered; what was on its way may still come.
    Unsubscribe {
        /// The channel to leave.
        channel: ChannelName,
    },
    /// Adds a message to a channel; answered by `accepted` when it is in the log.
    Publish(Publish<P>),
    /// Asks for older messages; answered by `page`.
    History {
        /// The number of the request.
        id: RequestId,
        /// The channel to read.
        channel: ChannelName,
        /// Only messages before this offset; without it, the newest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Offset>,
        /// At most this many; see [`PAGE_MESSAGES_MAX`](crate::limits::PAGE_MESSAGES_MAX).
        limit: u32,
    },
    /// Says something that is true only now. Not logged, not answered.
    Signal {
        /// The channel whose other subscribers are told.
        channel: ChannelName,
        /// What is true.
        kind: SignalKind,
    },
    /// Says how far this user has received and read a channel. Not logged, not answered.
    Seen {
        /// The channel.
        channel: ChannelName,
        /// All up to here has arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivered: Option<Offset>,
        /// All up to here has been read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read: Option<Offset>,
    },
    /// Asks who is in a channel; answered by a `presence` with all members.
    Presence {
        /// The number of the request.
        id: RequestId,
        /// The channel.
        channel: ChannelName,
    },
}

/// The opening of a conversation: which protocol, and who.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hello {
    /// The protocol's version, [`VERSION`](super::VERSION).
    pub version: u32,
    /// Who this is: a token of the application's own server, or the one that an earlier `welcome` gave. Without it
    /// the server makes a new guest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// What others are shown. It stands over the name in the token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<DisplayName>,
}

/// The wish for a channel's messages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Subscribe {
    /// The number of the request.
    pub id: RequestId,
    /// The channel.
    pub channel: ChannelName,
    /// The position after which messages are wanted; without it, only those to come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Position>,
}

/// A message to be added to a channel.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Publish<P = Payload> {
    /// The number of the request.
    pub id: RequestId,
    /// The channel.
    pub channel: ChannelName,
    /// The message's id, made by its sender and the same in each retry.
    pub message_id: MessageId,
    /// The last turn that an `error` on this connection has named, 0 before the first. Where the server has named a
    /// later one meanwhile, this was sent behind a message that was refused, and is refused too, so that it does not
    /// overtake that. Without it, it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// What it says.
    pub payload: P,
}

/// What a client can say of itself that is true only now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// Somebody is writing. To be said again every few seconds while it lasts; it ends by itself.
    Typing,
}

impl ClientMessage {
    /// Every value that `type` can have, in the order of the variants.
    pub const TYPES: [&'static str; 8] =
        ["hello", "subscribe", "unsubscribe", "publish", "history", "signal", "seen", "presence"];
}
