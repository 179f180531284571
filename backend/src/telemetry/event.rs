//! What happens to clients and channels, as plain data.
//!
//! What happens to the process (its files, signals of the operating system, the log and its disk) is no event: those log lines
//! are written where it happens.

use std::net::SocketAddr;

use shared::ids::{ChannelName, ConnectionId, Offset, UserId};
use shared::protocol::{CloseCode, ErrorCode};

/// Something that has happened to a client or a channel. Each has a log line or a counter.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// A connection was opened.
    Connected {
        /// Its number.
        connection: ConnectionId,
        /// The dialect of its client.
        dialect: &'static str,
        /// The address of the peer.
        address: Option<SocketAddr>,
    },
    /// A client said `hello`, and its connection now acts as a user.
    Identified {
        /// The connection.
        connection: ConnectionId,
        /// The user.
        user: &'a UserId,
    },
    /// A plain client could not be added to the room of plain clients.
    OutsideRoom {
        /// The connection.
        connection: ConnectionId,
        /// The reason.
        code: ErrorCode,
    },
    /// A connection has ended.
    Gone {
        /// The connection.
        connection: ConnectionId,
        /// The close code. `None` if the connection was lost without a close.
        code: Option<CloseCode>,
        /// How long it was open.
        seconds: f64,
    },
    /// A connection has subscribed to a channel.
    Joined {
        /// The connection.
        connection: ConnectionId,
        /// The channel.
        channel: &'a ChannelName,
    },
    /// The subscription of a connection has ended.
    Left {
        /// The connection.
        connection: ConnectionId,
        /// The channel.
        channel: &'a ChannelName,
    },
    /// A client wants to publish a message, or a plain client sent a text.
    Received {
        /// The connection.
        connection: ConnectionId,
        /// The channel. `None` for a plain client.
        channel: Option<&'a ChannelName>,
        /// Length of the text in bytes.
        bytes: usize,
    },
    /// A sequencer has decided about a publication. This is the only event of the path on which messages are delivered.
    Published(Published),
    /// A message of a client, or its publication, was refused. The client gets the refusal.
    Refused {
        /// The connection.
        connection: ConnectionId,
        /// The reason.
        code: ErrorCode,
    },
    /// A signal was dropped. The client does not learn of it, because a later signal replaces it.
    SignalDropped(SignalDropped<'a>),
    /// A push has reached a connection's worker.
    Pushed {
        /// The connection.
        connection: ConnectionId,
        /// Whether the connection accepted it. A connection that is closing or does not read accepts none.
        accepted: bool,
    },
    /// A subscriber fell behind the oldest message that is kept, and got a `gap`.
    FellBehind {
        /// The connection.
        connection: ConnectionId,
        /// The channel.
        channel: &'a ChannelName,
        /// The offset at which the subscription continues.
        floor: Offset,
    },
    /// A client violated the WebSocket protocol. Its connection closes.
    Broken {
        /// The connection.
        connection: ConnectionId,
        /// The close code for the client.
        code: CloseCode,
        /// The violation.
        error: &'a str,
    },
    /// A client sent too much above the message rate for too long. Its connection closes.
    Flooded {
        /// The connection.
        connection: ConnectionId,
    },
    /// A client sent too many messages that cannot be valid. Its connection closes.
    Misused {
        /// The connection.
        connection: ConnectionId,
    },
    /// A client was silent for too long. Its connection closes.
    Silent {
        /// The connection.
        connection: ConnectionId,
    },
    /// A token was refused.
    TokenRefused {
        /// The claim that is wrong.
        claim: &'a str,
        /// What is wrong with it. Never a part of the token.
        reason: &'a str,
    },
    /// A handshake was refused because a page of a foreign origin sent it.
    OriginRefused {
        /// The header `Origin`.
        origin: &'a str,
        /// The header `Host`.
        host: &'a str,
    },
    /// A handshake was refused because its page was loaded under a host name that is not configured.
    HostRefused {
        /// The header `Origin`.
        origin: &'a str,
        /// The header `Host`.
        host: &'a str,
    },
    /// A request was refused because its header is too large.
    HeaderTooLarge {
        /// The address of the peer.
        address: Option<SocketAddr>,
        /// The limit.
        header_bytes_max: usize,
    },
    /// A request was refused because too many headers are incomplete.
    TooManyHeaders {
        /// The address of the peer.
        address: Option<SocketAddr>,
        /// The limit of all incomplete headers together.
        headers_bytes_max: usize,
    },
    /// A stream was refused because the process has no more file descriptors.
    TurnedAway,
    /// An HTTP request was refused, or has failed.
    RequestRefused(RequestRefused<'a>),
}

/// What a sequencer has decided about a publication.
#[derive(Debug, Clone, Copy)]
pub enum Published {
    /// It has a new offset.
    Accepted,
    /// It was added before, and has the offset of that time.
    Duplicate,
    /// It was not added.
    Refused,
}

/// Why a signal was dropped.
#[derive(Debug, Clone, Copy)]
pub enum SignalDropped<'a> {
    /// Its sender sends too many.
    TooMany,
    /// The mailbox of a worker is full.
    MailboxFull {
        /// The channel.
        channel: &'a ChannelName,
    },
    /// Too many signals wait on a worker.
    QueueFull,
}

/// An HTTP request that was refused, or has failed.
#[derive(Debug, Clone, Copy)]
pub struct RequestRefused<'a> {
    /// The id in the body of the response.
    pub request_id: &'a str,
    /// The method.
    pub method: &'a str,
    /// The path.
    pub path: &'a str,
    /// The status of the response.
    pub status: u16,
    /// The reason.
    pub code: ErrorCode,
    /// The sentence for the client.
    pub message: &'a str,
    /// What the client is not told.
    pub cause: Option<&'a str>,
}
