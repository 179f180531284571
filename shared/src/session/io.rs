//! The inputs and the actions of a session.

use crate::ids::{ChannelName, ConnectionId, DisplayName, MessageId, Offset, UserId};
use crate::protocol::{
    ClientMessage, CloseCode, Gap, Message, Payload, Position, PresenceChange, Push, Refusal, ServerMessage,
    Signal, SignalKind,
};
use crate::time::Timestamp;

/// An event for the session, or a wish of the application.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Connect, and stay connected.
    Start,
    /// Close the connection and stay disconnected.
    Stop,
    /// Connect now instead of waiting for the next attempt.
    ConnectNow,
    /// The machine woke up, the tab became visible or the network is back: connect now if the session waits.
    Woken,
    /// The time that [`poll_timeout`](super::Session::poll_timeout) returned has come.
    Elapsed,

    /// The socket that the last [`Action::Open`] asked for is open.
    Opened,
    /// A message arrived on it.
    Received(ServerMessage),
    /// The socket is closed, or could not be opened. Do not send this after an [`Action::Close`].
    Closed {
        /// The code of the close frame, if there was one.
        code: Option<CloseCode>,
    },

    /// Change the name that others see, on the open connection or with the next one. The event is
    /// [`Renamed`](Event::Renamed).
    Rename(DisplayName),
    /// Use this token of the application, for example because the last one expired. It takes effect with the next
    /// connection. A session that has ended connects again, with its unsent messages.
    Renew {
        /// The token.
        token: String,
    },
    /// Subscribe to a channel.
    Subscribe {
        /// The channel.
        channel: ChannelName,
        /// The position of the reader. Without it, only messages from now on.
        since: Option<Position>,
        /// Whether to receive the members too.
        presence: bool,
    },
    /// Leave a channel.
    Unsubscribe {
        /// The channel.
        channel: ChannelName,
    },
    /// Send a message, now or when the session is connected.
    Publish {
        /// The channel.
        channel: ChannelName,
        /// An id from [`new_message_id`](super::Session::new_message_id).
        message_id: MessageId,
        /// The content.
        payload: Payload,
    },
    /// Retry a failed message. One that failed with `outbox_full` is not in the outbox: publish it again instead.
    Retry {
        /// The message.
        message_id: MessageId,
    },
    /// Discard a failed message.
    Discard {
        /// The message.
        message_id: MessageId,
    },
    /// Request older messages, now or when the session is connected.
    History {
        /// The channel.
        channel: ChannelName,
        /// Only messages before this offset. Without it, the newest.
        before: Option<Offset>,
        /// Maximum number of messages.
        limit: u32,
    },
    /// Announce something that is true only now. Dropped if the session is not connected.
    Signal {
        /// The channel.
        channel: ChannelName,
        /// What is true.
        kind: SignalKind,
    },
    /// Announce how far the user has received and read. Dropped if the session is not connected.
    Seen {
        /// The channel.
        channel: ChannelName,
        /// All messages up to this offset have arrived.
        delivered: Option<Offset>,
        /// All messages up to this offset have been read.
        read: Option<Offset>,
    },
}

/// An action that the caller has to run.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Open a socket. No other one is open.
    Open,
    /// Send a message on the open socket.
    Send(ClientMessage),
    /// Close the socket and ignore its events.
    Close,
    /// Pass an event to the application.
    Emit(Event),
}

/// An event for the application.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The state of the connection has changed.
    Status(Status),
    /// The server has accepted the client. Keep the `token`: with it, the client is the same guest again.
    Welcomed {
        /// The user.
        user: UserId,
        /// The name that others see.
        name: DisplayName,
        /// The guest's token, if the server created a new one.
        token: Option<String>,
    },
    /// Others see this name from now on. After an [`Input::Rename`] that the server refuses, it is the name before.
    Renamed {
        /// The name.
        name: DisplayName,
    },
    /// A subscription has started, or continues after an interruption.
    Subscribed {
        /// The channel.
        channel: ChannelName,
        /// The position after which the next messages come.
        position: Position,
        /// The newest offset at this moment.
        head: Offset,
        /// The lost messages, if any. Show it to the user: nothing missing is silent.
        gap: Option<Gap>,
    },
    /// The server refused a subscription. The session has removed it.
    SubscribeRefused {
        /// The channel.
        channel: ChannelName,
        /// Why.
        refusal: Refusal,
    },
    /// The next message of a subscribed channel: each once, in order.
    Message(Message),
    /// How far one of the client's own messages has come.
    Delivery {
        /// The channel.
        channel: ChannelName,
        /// The message.
        message_id: MessageId,
        /// How far it has come.
        delivery: Delivery,
    },
    /// The requested older messages.
    Page {
        /// The channel.
        channel: ChannelName,
        /// The `before` of the request.
        before: Option<Offset>,
        /// Oldest first.
        messages: Vec<Message>,
        /// Whether there are older ones.
        more: bool,
    },
    /// The server refused a request for older messages.
    HistoryRefused {
        /// The channel.
        channel: ChannelName,
        /// The `before` of the request.
        before: Option<Offset>,
        /// Why.
        refusal: Refusal,
    },
    /// A payload for this connection only.
    Push(Push),
    /// What a user announces that is true only now.
    Signal(Signal),
    /// Who is in a channel, or how that changed.
    Presence {
        /// The channel.
        channel: ChannelName,
        /// The change.
        change: PresenceChange,
    },
    /// The server refused anything else.
    Refused(Refusal),
}

/// How far one of the client's own messages has come. It only moves forward, except for a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It is in the outbox. Each connection sends it until the server answers.
    Local,
    /// It is in the log.
    Accepted {
        /// Its offset.
        offset: Offset,
    },
    /// The server refused it.
    Failed {
        /// Why.
        refusal: Refusal,
    },
}

/// The state of the connection for display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Not started, or stopped.
    Stopped,
    /// A socket is being opened.
    Connecting {
        /// Number of failed attempts before this one.
        attempt: u32,
    },
    /// Connected.
    Online {
        /// The id of the connection.
        connection: ConnectionId,
    },
    /// The connection is lost; the next attempt comes at `until`.
    Waiting {
        /// The time of the next attempt.
        until: Timestamp,
        /// Number of failed attempts.
        attempt: u32,
    },
    /// The server does not want this client to connect again.
    Ended {
        /// The close code, if there was one.
        code: Option<CloseCode>,
        /// The server's reason.
        reason: String,
    },
}
