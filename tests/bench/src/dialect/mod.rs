//! How a server is spoken to: where to connect, how to subscribe, how to publish, and what comes back.

mod centrifuge;
mod nats;
mod socketio;
mod text;
pub mod tidings;

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
    Text,
    /// Socket.IO's.
    SocketIo,
    /// That of NATS.
    Nats,
    /// Centrifuge's.
    Centrifuge,
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
    /// Nothing that matters here.
    Other,
}

impl Dialect {
    /// The path to connect to.
    pub fn path(&self, place: Place) -> String {
        match self {
            Self::Tidings(_) => tidings::PATH.to_owned(),
            Self::Text => text::path(place),
            Self::SocketIo => socketio::PATH.to_owned(),
            Self::Nats => nats::PATH.to_owned(),
            Self::Centrifuge => centrifuge::PATH.to_owned(),
        }
    }

    /// What has to be said before a connection is of use.
    pub fn greeting(&self, place: Place) -> Vec<Say> {
        match self {
            Self::Tidings(tidings) => tidings.greeting(place),
            Self::Text => Vec::new(),
            Self::SocketIo => socketio::greeting(place),
            Self::Nats => nats::greeting(place),
            Self::Centrifuge => centrifuge::greeting(place),
        }
    }

    /// Appends the text that publishes `data` at `place`; the answer, where there is one, will name `request`.
    pub fn publish(&self, place: Place, request: u64, data: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Tidings(tidings) => tidings.publish(place.room, request, data, out),
            Self::Text => out.extend_from_slice(data),
            Self::SocketIo => socketio::publish(place, data, out),
            Self::Nats => nats::publish(place, data, out),
            Self::Centrifuge => centrifuge::publish(place, request, data, out),
        }
    }

    /// Reads what came in one frame.
    pub fn read<'a>(&self, payload: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
        match self {
            Self::Tidings(_) => each(tidings::read(payload)),
            Self::Text => each(Heard::Delivery(payload)),
            Self::SocketIo => each(socketio::read(payload)),
            Self::Nats => nats::read(payload, each),
            Self::Centrifuge => centrifuge::read(payload, each),
        }
    }

    /// The kind of frame that the server expects.
    pub fn frame(&self) -> Kind {
        match self {
            Self::Nats => Kind::Binary,
            Self::Tidings(_) | Self::Text | Self::SocketIo | Self::Centrifuge => Kind::Text,
        }
    }
}
