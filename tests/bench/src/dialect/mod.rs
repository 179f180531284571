//! How a server is spoken to: where to connect, how to subscribe, how to publish, and what comes back.

pub mod text;
pub mod tidings;

use crate::wire::frame::Kind;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It follows its room.
    Reader,
    /// It publishes in its room.
    Publisher,
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
}

/// What a server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard<'a> {
    /// A message; this is the part that ends in its stamp.
    Delivery(&'a [u8]),
    /// A publish has been accepted.
    Accepted(u64),
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
        }
    }

    /// What has to be said before a connection is of use.
    pub fn greeting(&self, place: Place) -> Vec<Say> {
        match self {
            Self::Tidings(tidings) => tidings.greeting(place),
            Self::Text => Vec::new(),
        }
    }

    /// Appends the text that publishes `data` in `room`; the answer, where there is one, will name `request`.
    pub fn publish(&self, room: u32, request: u64, data: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Tidings(tidings) => tidings.publish(room, request, data, out),
            Self::Text => out.extend_from_slice(data),
        }
    }

    /// Reads what came in one frame.
    pub fn read<'a>(&self, payload: &'a [u8], each: &mut impl FnMut(Heard<'a>)) {
        match self {
            Self::Tidings(_) => each(tidings::read(payload)),
            Self::Text => each(Heard::Delivery(payload)),
        }
    }

    /// The kind of frame that the server expects.
    pub fn frame(&self) -> Kind {
        match self {
            Self::Tidings(_) | Self::Text => Kind::Text,
        }
    }
}
