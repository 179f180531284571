//! What goes into a session and what comes out.

use crate::ids::{ChannelName, ConnectionId, DisplayName, MessageId, Offset, UserId};
use crate::protocol::{
    ClientMessage, CloseCode, Gap, Message, Payload, Position, PresenceChange, Push, Refusal, ServerMessage,
    Signal, SignalKind,
};
use crate::time::Timestamp;

/// Something that has happened, or that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// Connect, and stay connected.
    Start,
    /// Close the connection and stay away.
    Stop,
    /// Do not wait for the next try: connect now.
    ConnectNow,
    /// The machine woke up, the tab came to the front or the network came back: what was waiting need not wait.
    Woken,
    /// The time that [`poll_timeout`](super::Session::poll_timeout) named has come.
    Elapsed,

    /// The socket that the last [`Action::Open`] asked for is open.
    Opened,
    /// A message arrived on it.
    Received(ServerMessage),
    /// It is closed, or could not be opened. Not to be told after an [`Action::Close`].
    Closed {
        /// The code of the close frame, where there was one.
        code: Option<CloseCode>,
    },

    /// Be called so from now on. Takes effect by connecting anew.
    Rename(DisplayName),
    /// Show the server this token of the application from now on, for example because the one before has ended. Takes
    /// effect with the next connection; a session that has ended connects again, with what it has not sent yet.
    Renew {
        /// The token.
        token: String,
    },
    /// Follow a channel.
    Subscribe {
        /// The channel.
        channel: ChannelName,
        /// Where the reader stands; without it, only what comes from now on.
        since: Option<Position>,
        /// Whether to be told who is there, too.
        presence: bool,
    },
    /// Follow a channel no longer.
    Unsubscribe {
        /// The channel.
        channel: ChannelName,
    },
    /// Send a message, now or when there is a connection.
    Publish {
        /// The channel.
        channel: ChannelName,
        /// An id from [`new_message_id`](super::Session::new_message_id).
        message_id: MessageId,
        /// What it says.
        payload: Payload,
    },
    /// Try a failed message again. One that failed with `outbox_full` was never taken in: publish it again instead.
    Retry {
        /// Which.
        message_id: MessageId,
    },
    /// Forget a failed message.
    Discard {
        /// Which.
        message_id: MessageId,
    },
    /// Ask for older messages, now or when there is a connection.
    History {
        /// The channel.
        channel: ChannelName,
        /// Only those before this offset; without it, the newest.
        before: Option<Offset>,
        /// At most this many.
        limit: u32,
    },
    /// Say something that is true only now; dropped when there is no connection.
    Signal {
        /// The channel.
        channel: ChannelName,
        /// What is true.
        kind: SignalKind,
    },
    /// Say how far the user has received and read; dropped when there is no connection.
    Seen {
        /// The channel.
        channel: ChannelName,
        /// All up to here has arrived.
        delivered: Option<Offset>,
        /// All up to here has been read.
        read: Option<Offset>,
    },
}

/// Something that the caller has to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    /// Open a socket. There is none at this moment.
    Open,
    /// Send a message on the open socket.
    Send(ClientMessage),
    /// Close the socket and tell nothing more of it.
    Close,
    /// Tell the application.
    Emit(Event),
}

/// Something that the application should know.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// The connection's state has changed.
    Status(Status),
    /// The server knows who this is. A `token` is to be kept: it is how to be the same guest again.
    Welcomed {
        /// Who this is.
        user: UserId,
        /// What others are shown.
        name: DisplayName,
        /// The guest's token, if the server made a new one.
        token: Option<String>,
    },
    /// A subscription has begun, or begun again after an interruption.
    Subscribed {
        /// The channel.
        channel: ChannelName,
        /// Where the messages that follow begin.
        position: Position,
        /// The newest offset at this moment.
        head: Offset,
        /// What was lost, where something was. To be shown to the reader: nothing missing is silent.
        gap: Option<Gap>,
    },
    /// A subscription was refused and is given up.
    SubscribeRefused {
        /// The channel.
        channel: ChannelName,
        /// Why.
        refusal: Refusal,
    },
    /// The next message of a followed channel: each once, in order.
    Message(Message),
    /// How far one of the own messages has come.
    Delivery {
        /// The channel.
        channel: ChannelName,
        /// The message.
        message_id: MessageId,
        /// How far.
        delivery: Delivery,
    },
    /// Older messages, as asked for.
    Page {
        /// The channel.
        channel: ChannelName,
        /// What was asked.
        before: Option<Offset>,
        /// Oldest first.
        messages: Vec<Message>,
        /// Whether there are older ones.
        more: bool,
    },
    /// Older messages were refused.
    HistoryRefused {
        /// The channel.
        channel: ChannelName,
        /// What was asked.
        before: Option<Offset>,
        /// Why.
        refusal: Refusal,
    },
    /// Something for this connection alone.
    Push(Push),
    /// Somebody says something of themselves.
    Signal(Signal),
    /// Who is in a channel, or how that changed.
    Presence {
        /// The channel.
        channel: ChannelName,
        /// The step.
        change: PresenceChange,
    },
    /// The server refused something that belongs to nothing above.
    Refused(Refusal),
}

/// How far an own message has come. It only moves forward, but for a retry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// It is in the outbox and will be sent, again and again, until the server answers.
    Local,
    /// It is in the log.
    Accepted {
        /// Its place there.
        offset: Offset,
    },
    /// The server refused it for good.
    Failed {
        /// Why.
        refusal: Refusal,
    },
}

/// The connection as a person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Not started, or stopped.
    Stopped,
    /// A socket is being opened.
    Connecting {
        /// How many tries came before this one without success.
        attempt: u32,
    },
    /// All is well.
    Online {
        /// The connection's number.
        connection: ConnectionId,
    },
    /// The connection is lost; the next try comes at `until`.
    Waiting {
        /// When.
        until: Timestamp,
        /// How many tries have failed.
        attempt: u32,
    },
    /// The server does not want this client back.
    Ended {
        /// The close code, where it was that.
        code: Option<CloseCode>,
        /// The server's own words.
        reason: String,
    },
}
