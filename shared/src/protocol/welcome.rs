//! The start of a connection, its name and its heartbeats.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelName, ConnectionId, DisplayName, Offset, RequestId, UserId};
use crate::json::declare::object;
use crate::json::lenient;
use crate::time::Timestamp;

object! {
    [Read]
    /// The reply to `hello`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Welcome {
        /// The id of the connection.
        pub connection: ConnectionId,
        /// The user that the client is.
        pub user: UserId,
        /// The name that others see.
        #[serde(deserialize_with = "lenient")]
        pub name: DisplayName,
        /// For a new guest: the token for the next `hello`, to be the same user again. A secret.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub token: Option<String>,
        /// The server sends something at least this often, in milliseconds. After twice that time of silence, the
        /// connection is dead.
        pub heartbeat_ms: u64,
        /// The limits that the client has to keep.
        pub limits: Limits,
        /// The version of the protocol.
        pub version: u32,
    }
}

object! {
    [Read]
    /// The reply to `rename`.
    #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
    pub struct Renamed {
        /// The id of the request.
        pub id: RequestId,
        /// The name that others see.
        #[serde(deserialize_with = "lenient")]
        pub name: DisplayName,
    }
}

object! {
    [Read]
    /// The limits of this server that a client has to know.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Limits {
        /// Maximum size of a WebSocket message, in bytes.
        pub frame_bytes_max: u64,
        /// Maximum number of channels that a connection may subscribe to.
        pub subscriptions_max: u64,
        /// Messages per second, with a burst of twice as many. 0 means no limit.
        pub messages_per_second: u32,
    }
}

object! {
    [Read]
    /// A sign of life, and how far the client should have read.
    ///
    /// If the last message of a channel is lost and the channel then stays quiet, no later `prev` shows the loss. The
    /// heads show it.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Heartbeat {
        /// The server's clock.
        pub at: Timestamp,
        /// What the server has sent to the client, per subscribed channel.
        #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient")]
        pub heads: Vec<Head> = default,
    }
}

object! {
    [Read]
    /// The newest message of a channel that the server has sent to a client.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
    pub struct Head {
        /// The channel.
        pub channel: ChannelName,
        /// The offset of the message. If the client has a smaller one, messages are missing.
        pub offset: Offset,
        /// The version of the channel's presence that the server has sent. If the client has another one, it has missed
        /// a change, and requests the members again. Absent for a channel without presence.
        #[serde(skip_serializing_if = "Option::is_none")]
        pub presence: Option<u64>,
    }
}
