//! The protocols of the servers: the path, how to subscribe and publish, and the received messages.

mod centrifuge;
mod nats;
mod socketio;
mod text;
pub mod tidings;

pub use self::centrifuge::Centrifuge;
pub use self::nats::Nats;
pub use self::text::Text;

use crate::wire::frame::Kind;

/// The role of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Subscribes to its room.
    Reader,
    /// Publishes in its room.
    Publisher,
    /// Both.
    Member,
    /// Publishes in a room of its own, of which it is the only subscriber.
    Echo,
}

/// The role and the room of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The role.
    pub role: Role,
    /// The number of the room.
    pub room: u32,
}

/// A text to send when a connection is open, and the beginning of the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// The text.
    pub text: String,
    /// The beginning of the answer that is required before the next text. Empty if no answer is required.
    pub answer: &'static str,
}

/// A protocol.
#[derive(Debug, Clone)]
pub enum Dialect {
    /// The typed protocol of Tidings.
    Tidings(tidings::Tidings),
    /// The minimal protocol: the path names the room, a text is a message.
    Text(Text),
    /// The protocol of Socket.IO.
    SocketIo,
    /// The protocol of NATS.
    Nats(Nats),
    /// The protocol of Centrifuge.
    Centrifuge(Centrifuge),
}

/// A decoded message of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A message; this is the part that ends in its stamp.
    Delivery(&'a [u8]),
    /// A publish has been accepted.
    Accepted(u64),
    /// A subscription was confirmed.
    Subscribed,
    /// A page of history, with the id of its request.
    Page(u64),
    /// A request was refused.
    Refused(&'a [u8]),
    /// Not relevant for the bench.
    Other,
}

impl Dialect {
    /// Returns the dialect of clients that resume from the position in `answer`, the last answer to a greeting. `None`
    /// if the answer has no position, or if rooms have no history.
    pub fn back(&self, answer: &[u8]) -> Option<Self> {
        match self {
            Self::Tidings(tidings) => tidings.back(answer).map(Self::Tidings),
            Self::Text(text) => (*text == Text::Log).then_some(Self::Text(Text::Back)),
            Self::SocketIo => None,
            Self::Nats(nats) => nats.back().map(Self::Nats),
            Self::Centrifuge(centrifuge) => centrifuge.back(answer).map(Self::Centrifuge),
        }
    }

    /// Returns the path to connect to.
    pub fn path(&self, place: Place) -> String {
        match self {
            Self::Tidings(_) => tidings::PATH.to_owned(),
            Self::Text(text) => text.path(place),
            Self::SocketIo => socketio::PATH.to_owned(),
            Self::Nats(_) => nats::PATH.to_owned(),
            Self::Centrifuge(_) => centrifuge::PATH.to_owned(),
        }
    }

    /// Returns the messages that a connection sends first.
    pub fn greeting(&self, place: Place) -> Vec<Say> {
        match self {
            Self::Tidings(tidings) => tidings.greeting(place),
            Self::Text(_) => Vec::new(),
            Self::SocketIo => socketio::greeting(place),
            Self::Nats(nats) => nats.greeting(place),
            Self::Centrifuge(centrifuge) => centrifuge.greeting(place),
        }
    }

    /// Appends the text that publishes `data` at `place`. The answer, if any, has the id `request`.
    pub fn publish(&self, place: Place, request: u64, data: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Tidings(tidings) => tidings.publish(place.room, request, data, out),
            Self::Text(_) => out.extend_from_slice(data),
            Self::SocketIo => socketio::publish(place, data, out),
            Self::Nats(nats) => nats.publish(place, data, out),
            Self::Centrifuge(centrifuge) => centrifuge.publish(place, request, data, out),
        }
    }

    /// Decodes a frame.
    pub fn read<'a>(&self, payload: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
        match self {
            Self::Tidings(_) => each(tidings::read(payload)),
            Self::Text(_) => each(Heard::Delivery(payload)),
            Self::SocketIo => each(socketio::read(payload)),
            Self::Nats(_) => nats::read(payload, each),
            Self::Centrifuge(_) => centrifuge::read(payload, each),
        }
    }

    /// Returns the kind of frame that the server expects.
    pub fn frame(&self) -> Kind {
        match self {
            Self::Nats(_) => Kind::Binary,
            Self::Tidings(_) | Self::Text(_) | Self::SocketIo | Self::Centrifuge(_) => Kind::Text,
        }
    }
}

/// Returns the position in an answer's field `name`, as epoch and offset.
fn position(answer: &[u8], name: &str) -> Option<(String, u64)> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let position = answer.get(name)?;
    // Centrifuge leaves out an offset of 0.
    let offset = position.get("offset").map_or(Some(0), serde_json::Value::as_u64)?;
    Some((position.get("epoch")?.as_str()?.to_owned(), offset))
}
