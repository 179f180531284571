//! How a server is spoken to: where to connect, how to subscribe, how to publish, and what comes back.

mod centrifuge;
mod nats;
mod socketio;
mod text;
pub mod tidings;

pub use self::centrifuge::Centrifuge;
pub use self::nats::Nats;
pub use self::text::Text;

use crate::wire::frame::Kind;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It follows its room.
    Reader,
    /// It publishes in its room.
    Publisher,
    /// Both.
    Member,
    /// Its room is its own: what it publishes comes back to it, and to nobody else.
    Echo,
}

/// What a connection is for, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// What for.
    pub role: Role,
    /// The number of the room.
    pub room: u32,
}

/// A text to be said when a connection is open, and how the answer to it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Say {
    /// The text.
    pub text: String,
    /// The beginning of the answer that has to come before the next text. Empty: none is waited for.
    pub answer: &'static str,
}

/// A language.
#[derive(Debug, Clone)]
pub enum Dialect {
    /// The typed protocol of Tidings.
    Tidings(tidings::Tidings),
    /// The least there is: the path names the room, a text is a message.
    Text(Text),
    /// Socket.IO's.
    SocketIo,
    /// That of NATS.
    Nats(Nats),
    /// Centrifuge's.
    Centrifuge(Centrifuge),
}

/// What a server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A message; this is the part that ends in its stamp.
    Delivery(&'a [u8]),
    /// A publish has been accepted.
    Accepted(u64),
    /// A channel is followed from now on.
    Subscribed,
    /// A page of history, asked for by this request.
    Page(u64),
    /// Something was refused.
    Refused(&'a [u8]),
    /// Not relevant for the bench.
    Other,
}

impl Dialect {
    /// Dialect of clients that resume from the position in `answer`, the last answer to a greeting. `None` if the answer has no
    /// position, or if rooms have no history.
    pub fn back(&self, answer: &[u8]) -> Option<Self> {
        match self {
            Self::Tidings(tidings) => tidings.back(answer).map(Self::Tidings),
            Self::Text(text) => (*text == Text::Log).then_some(Self::Text(Text::Back)),
            Self::SocketIo => None,
            Self::Nats(nats) => nats.back().map(Self::Nats),
            Self::Centrifuge(centrifuge) => centrifuge.back(answer).map(Self::Centrifuge),
        }
    }

    /// The path to connect to.
    pub fn path(&self, place: Place) -> String {
        match self {
            Self::Tidings(_) => tidings::PATH.to_owned(),
            Self::Text(text) => text.path(place),
            Self::SocketIo => socketio::PATH.to_owned(),
            Self::Nats(_) => nats::PATH.to_owned(),
            Self::Centrifuge(_) => centrifuge::PATH.to_owned(),
        }
    }

    /// Messages that a connection has to send first.
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

    /// The kind of frame that the server expects.
    pub fn frame(&self) -> Kind {
        match self {
            Self::Nats(_) => Kind::Binary,
            Self::Tidings(_) | Self::Text(_) | Self::SocketIo | Self::Centrifuge(_) => Kind::Text,
        }
    }
}

/// The position in an answer's field `name`, as epoch and offset.
fn position(answer: &[u8], name: &str) -> Option<(String, u64)> {
    let answer: serde_json::Value = serde_json::from_slice(answer).ok()?;
    let position = answer.get(name)?;
    // Centrifuge leaves out an offset of 0.
    let offset = position.get("offset").map_or(Some(0), serde_json::Value::as_u64)?;
    Some((position.get("epoch")?.as_str()?.to_owned(), offset))
}
