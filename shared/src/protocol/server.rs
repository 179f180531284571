//! What the server says.

use serde::{Deserialize, Serialize};

use super::from_server::{by_hand, maybe_by_hand};
use super::{CloseCode, Gap, Payload, Position, Refusal, SignalKind};
use crate::ids::{ChannelName, ConnectionId, DisplayName, MessageId, Offset, RequestId, UserId};
use crate::json::Read;
use crate::time::Timestamp;

/// A message from the server to a client. `P` is how it holds payloads: clients read them, the server keeps their text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", bound(deserialize = "P: Read, Message<P>: Read"))]
pub enum ServerMessage<P = Payload> {
    /// Answers `hello`.
    Welcome(Welcome),
    /// Answers `subscribe`; the channel's messages follow.
    Subscribed(Subscribed),
    /// A message of a subscribed channel. The publisher gets its own as well.
    Message(Message<P>),
    /// Answers `publish`: the message is in the log.
    Accepted(Accepted),
    /// Answers `history`.
    Page(Page<P>),
    /// A payload for this connection alone. Not in any log.
    Push(Push<P>),
    /// What somebody says of themselves that is true only now.
    Signal(Signal),
    /// Who is in a channel, or how that changed.
    Presence(Presence),
    /// The connection lives. Sent every `welcome.heartbeat_ms`.
    Heartbeat(Heartbeat),
    /// A request, or a message that was none, has been refused. The connection lives on.
    Error(ErrorReply),
    /// The last message: the server closes the connection.
    Closing(Closing),
    /// A type that this version does not know; to be ignored.
    #[serde(other)]
    Unknown,
}

/// A sign of life, and how far the client should be.
///
/// The last message of a channel that then falls quiet is lost on its way: nothing comes after it whose `prev` would
/// tell. The heads tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// The server's clock.
    pub at: Timestamp,
    /// What the client has been sent of each channel it follows.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "by_hand")]
    pub heads: Vec<Head>,
}

/// The newest message of a channel that a client has been sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The channel.
    pub channel: ChannelName,
    /// The message's place; where the client has less, something is missing.
    pub offset: Offset,
    /// The version of the channel's presence that the client has been sent. If the client has another, it has missed a
    /// change, and asks for the members again. Absent for a channel without presence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<u64>,
}

/// The answer to `hello`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Welcome {
    /// The connection's number.
    pub connection: ConnectionId,
    /// Who the server takes the client for.
    pub user: UserId,
    /// What others are shown.
    #[serde(deserialize_with = "by_hand")]
    pub name: DisplayName,
    /// For a new guest: what to say in the next `hello` to be the same user again. A secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// Something comes at least this often, in milliseconds. After twice as long without anything, the connection is
    /// to be taken for dead.
    pub heartbeat_ms: u64,
    /// What the client has to keep to.
    pub limits: Limits,
    /// The protocol's version.
    pub version: u32,
}

/// The limits of this server that a client has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Largest WebSocket message, in bytes.
    pub frame_bytes_max: u64,
    /// Most channels a connection may subscribe to.
    pub subscriptions_max: u64,
    /// Messages a second, with a burst of twice as many; 0: no limit.
    pub messages_per_second: u32,
}

/// The answer to `subscribe`. It comes again, with a `gap`, to a reader that has fallen out of what is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribed {
    /// The number of the request.
    pub id: RequestId,
    /// The channel.
    pub channel: ChannelName,
    /// Where the messages that follow begin: `since` when the subscription is resumed, the head without `since`,
    /// just before the oldest kept message after a gap.
    pub position: Position,
    /// The newest offset at this moment: what lies between `position` and this is on its way.
    pub head: Offset,
    /// Present when messages between `since` and `position` are no longer kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<Gap>,
}

/// One entry of a channel's log. It never changes: an edit is a later message about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "P: Read"))]
pub struct Message<P = Payload> {
    /// The channel.
    pub channel: ChannelName,
    /// Its place in the channel.
    pub offset: Offset,
    /// The offset before it: where it is not the last that was received, something is missing.
    pub prev: Offset,
    /// The id its sender gave it.
    pub id: MessageId,
    /// When the server took it.
    pub at: Timestamp,
    /// Who sent it.
    #[serde(deserialize_with = "by_hand")]
    pub from: Sender,
    /// What it says.
    #[serde(deserialize_with = "by_hand")]
    pub payload: P,
}

/// Who sent something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sender {
    /// The identity.
    pub user: UserId,
    /// What they were called when they sent it.
    pub name: DisplayName,
}

/// The answer to `publish`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    /// The number of the request.
    pub id: RequestId,
    /// The message's place in its channel.
    pub offset: Offset,
    /// Whether the log had the message already, at this offset.
    pub duplicate: bool,
}

/// The answer to `history`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "Message<P>: Read"))]
pub struct Page<P = Payload> {
    /// The number of the request.
    pub id: RequestId,
    /// The messages, oldest first.
    #[serde(deserialize_with = "by_hand")]
    pub messages: Vec<Message<P>>,
    /// Whether there are older ones.
    pub more: bool,
}

/// A payload for one connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "P: Read"))]
pub struct Push<P = Payload> {
    /// What it says.
    #[serde(deserialize_with = "by_hand")]
    pub payload: P,
    /// Who pushed it, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "maybe_by_hand")]
    pub from: Option<Sender>,
}

/// What somebody says of themselves that is true only now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    /// The channel it is about.
    pub channel: ChannelName,
    /// Whom it is about.
    #[serde(deserialize_with = "by_hand")]
    pub from: Sender,
    /// What is true.
    #[serde(flatten)]
    pub state: SignalState,
}

/// The content of a signal; `kind` tells which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SignalState {
    /// They are writing; true for a few seconds.
    Typing,
    /// How far they have received and read the channel.
    Seen {
        /// All up to here has arrived.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivered: Option<Offset>,
        /// All up to here has been read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        read: Option<Offset>,
    },
    /// A kind that this version does not know; to be ignored.
    #[serde(other)]
    Unknown,
}

impl From<SignalKind> for SignalState {
    fn from(kind: SignalKind) -> Self {
        match kind {
            SignalKind::Typing => Self::Typing,
        }
    }
}

/// Who is in a channel, or how that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Presence {
    /// The number of the request, where this answers one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// The channel.
    pub channel: ChannelName,
    /// The version of the channel's presence after this step. A change grows it by one; an older one is outdated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// All members, or one who came or went.
    #[serde(flatten, deserialize_with = "by_hand")]
    pub change: PresenceChange,
}

/// A step of a channel's presence. A user with several connections comes once and goes once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresenceChange {
    /// These are all.
    Members(Vec<Sender>),
    /// This user came.
    Joined(Sender),
    /// This user went.
    Left(UserId),
    /// A change that this version does not know; to be ignored.
    #[serde(skip)]
    Unknown,
}

/// A refusal, and which request it answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReply {
    /// The number of the request, where it could be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<RequestId>,
    /// What was refused and why.
    #[serde(flatten)]
    pub refusal: Refusal,
}

/// The announcement that the connection will be closed. The close frame that follows has the same code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Why, and whether to come back.
    pub code: CloseCode,
    /// A sentence for a person.
    pub reason: String,
    /// When to come back, in milliseconds; each client is given another time, so that not all come at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}
