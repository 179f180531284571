//! The messages that a client sends.

use serde::{Deserialize, Serialize};

use super::payload::Payload;
use super::position::Position;
use crate::ids::{ChannelName, DisplayName, MessageId, Offset, RequestId};
use crate::json::declare::{names, object, tagged};

tagged! {
    [Write] [Decode]
    /// A message from a client to the server.
    ///
    /// A request has an `id` that the client chooses. Its reply, or the `error` instead of it, has the same `id`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub enum ClientMessage<P = Payload> by "type" {
        /// The first message of a connection. The reply is `welcome`.
        Hello = "hello" (Hello),
        /// Requests the messages of a channel after a position. The reply is `subscribed`.
        Subscribe = "subscribe" (Subscribe),
        /// Ends a subscription. There is no reply, and messages already on their way may still arrive.
        Unsubscribe = "unsubscribe" {
            /// The channel to leave.
            channel: ChannelName,
        },
        /// Adds a message to a channel. The reply is `accepted`, when the message is in the log.
        Publish = "publish" (Publish<P>),
        /// Requests older messages. The reply is `page`.
        History = "history" {
            /// The id of the request.
            id: RequestId,
            /// The channel to read.
            channel: ChannelName,
            /// Only messages before this offset. Without it, the newest messages.
            #[serde(skip_serializing_if = "Option::is_none")]
            before: Option<Offset>,
            /// Maximum number of messages; see [`PAGE_MESSAGES_MAX`](crate::limits::PAGE_MESSAGES_MAX).
            limit: u32,
        },
        /// Announces something that is true only now. Not logged, no reply.
        Signal = "signal" {
            /// The channel whose other subscribers receive the signal.
            channel: ChannelName,
            /// What is true.
            kind: SignalKind,
        },
        /// Announces how far this user has received and read a channel. Not logged, no reply.
        Seen = "seen" {
            /// The channel.
            channel: ChannelName,
            /// All messages up to this offset have arrived.
            #[serde(skip_serializing_if = "Option::is_none")]
            delivered: Option<Offset>,
            /// All messages up to this offset have been read.
            #[serde(skip_serializing_if = "Option::is_none")]
            read: Option<Offset>,
        },
        /// Changes the name that others see. The reply is `renamed`.
        Rename = "rename" {
            /// The id of the request.
            id: RequestId,
            /// The new name.
            name: DisplayName,
        },
        /// Requests the members of a channel. The reply is a `presence` with all members.
        Presence = "presence" {
            /// The id of the request.
            id: RequestId,
            /// The channel.
            channel: ChannelName,
        },
    }
}

object! {
    [Write] [Decode]
    /// Opens the conversation: which protocol, and who.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Hello {
        /// The version of the protocol, [`VERSION`](super::VERSION).
        pub version: u32,
        /// Who this is: a token of the application's own server, or the one that an earlier `welcome` contained.
        /// Without it, the server creates a new guest.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub token: Option<String>,
        /// The name that others see. It overrides the name in the token.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub name: Option<DisplayName>,
    }
}

object! {
    [Write] [Decode]
    /// Requests the messages of a channel.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Subscribe {
        /// The id of the request.
        pub id: RequestId,
        /// The channel.
        pub channel: ChannelName,
        /// The position after which messages are wanted. Without it, only messages from now on.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub since: Option<Position>,
    }
}

object! {
    [Write] [Decode]
    /// A message to add to a channel.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Publish<P = Payload> {
        /// The id of the request.
        pub id: RequestId,
        /// The channel.
        pub channel: ChannelName,
        /// The id of the message. The sender makes it, and uses the same one for each retry.
        pub message_id: MessageId,
        /// The last turn that an `error` on this connection has named, 0 before the first. If the server has named a
        /// later one, this message was sent after one that was refused. The server then refuses it too, so that it does
        /// not overtake that one. Without a turn, it may overtake.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub turn: Option<u64>,
        /// The content.
        pub payload: P,
    }
}

names! {
    /// What a client can announce about itself that is true only now.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
    pub enum SignalKind {
        /// The user is typing. Repeat it every few seconds while it lasts; it ends by itself.
        Typing = "typing",
    }
}
