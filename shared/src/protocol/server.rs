//! The messages that the server sends.

use serde::{Deserialize, Serialize};

use super::channel::{Accepted, Message, Page, Push, Subscribed};
use super::close::Closing;
use super::error::ErrorReply;
use super::payload::Payload;
use super::presence::Presence;
use super::signal::Signal;
use super::welcome::{Heartbeat, Renamed, Welcome};
use crate::json::Read;
use crate::json::declare::tagged;

tagged! {
    [Read]
    /// A message from the server to a client.
    ///
    /// `P` is the type of payloads: clients read them as [`Payload`], the server keeps their text.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    #[serde(bound(deserialize = "P: Read, Message<P>: Read"))]
    pub enum ServerMessage<P = Payload> by "type" {
        /// The reply to `hello`.
        Welcome = "welcome" (Welcome),
        /// The reply to `rename`: the next messages of this client have the new name.
        Renamed = "renamed" (Renamed),
        /// The reply to `subscribe`. The messages of the channel follow.
        Subscribed = "subscribed" (Subscribed),
        /// A message of a subscribed channel. The publisher receives its own messages too.
        Message = "message" (Message<P>),
        /// The reply to `publish`: the message is in the log.
        Accepted = "accepted" (Accepted),
        /// The reply to `history`.
        Page = "page" (Page<P>),
        /// A payload for this connection only. Not in any log.
        Push = "push" (Push<P>),
        /// What a user announces that is true only now.
        Signal = "signal" (Signal),
        /// Who is in a channel, or how that changed.
        Presence = "presence" (Presence),
        /// The connection is alive. Sent every `welcome.heartbeat_ms`.
        Heartbeat = "heartbeat" (Heartbeat),
        /// The server refused a request, or a text that is not a message. The connection stays open.
        Error = "error" (ErrorReply),
        /// The last message: the server closes the connection.
        Closing = "closing" (Closing),
        ..
        /// A type that this version does not know. Ignore it.
        #[serde(other)]
        Unknown,
    }
}
