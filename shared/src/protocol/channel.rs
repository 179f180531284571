//! The messages of a channel, and the replies to requests about them.

use serde::{Deserialize, Serialize};

use super::payload::Payload;
use super::position::{Gap, Position};
use super::sender::Sender;
use crate::ids::{ChannelName, MessageId, Offset, RequestId};
use crate::json::declare::object;
use crate::json::{Read, lenient};
use crate::time::Timestamp;

object! {
    [Read]
    /// The reply to `subscribe`. The server sends it again, with a `gap`, if the reader's position is no longer kept.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Subscribed {
        /// The id of the request.
        pub id: RequestId,
        /// The channel.
        pub channel: ChannelName,
        /// The position after which the next messages come: `since` if the subscription is resumed, the head without
        /// `since`, the position before the oldest kept message after a gap.
        pub position: Position,
        /// The newest offset at this moment. The messages from `position` to this one are on their way.
        pub head: Offset,
        /// Present if messages between `since` and `position` are no longer kept.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub gap: Option<Gap>,
    }
}

object! {
    [Read]
    /// One entry of a channel's log. It never changes: an edit is a later message about it.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(bound(deserialize = "P: Read"))]
    pub struct Message<P = Payload> {
        /// The channel.
        pub channel: ChannelName,
        /// The offset of the message in the channel.
        pub offset: Offset,
        /// The offset of the message before it. If the client has not received that one, messages are missing.
        pub prev: Offset,
        /// The id that the sender gave to the message.
        pub id: MessageId,
        /// When the server accepted it.
        pub at: Timestamp,
        /// Who sent it.
        #[serde(deserialize_with = "lenient")]
        pub from: Sender,
        /// The content.
        #[serde(deserialize_with = "lenient")]
        pub payload: P,
    }
}

object! {
    [Read]
    /// The reply to `publish`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Accepted {
        /// The id of the request.
        pub id: RequestId,
        /// The offset of the message in its channel.
        pub offset: Offset,
        /// Whether the log already had the message, at this offset.
        pub duplicate: bool,
    }
}

object! {
    [Read]
    /// The reply to `history`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(bound(deserialize = "Message<P>: Read"))]
    pub struct Page<P = Payload> {
        /// The id of the request.
        pub id: RequestId,
        /// The messages, oldest first.
        #[serde(deserialize_with = "lenient")]
        pub messages: Vec<Message<P>>,
        /// Whether there are older messages.
        pub more: bool,
    }
}

object! {
    [Read]
    /// A payload for one connection.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(bound(deserialize = "P: Read"))]
    pub struct Push<P = Payload> {
        /// The content.
        #[serde(deserialize_with = "lenient")]
        pub payload: P,
        /// Who pushed it, if that was given.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient")]
        pub from: Option<Sender>,
    }
}
