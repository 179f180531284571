//! What a client has sent, whatever carries it.

use std::task::{Context, Poll};

use bytes::Bytes;
use bytestring::ByteString;
use shared::protocol::CloseCode;

/// What a peer has sent.
#[derive(Debug)]
pub enum Received {
    /// A text.
    Text(ByteString),
    /// A binary message of this many bytes. It has no meaning here.
    Binary(usize),
    /// A frame of a message that is not complete, with this many bytes.
    Part(usize),
    /// A ping, to be answered with the same.
    Ping(Bytes),
    /// The answer to a ping.
    Pong,
    /// Its close frame.
    Close(CloseCode),
    /// Something against the protocol; nothing more can be read.
    Broken {
        /// What it is told.
        code: CloseCode,
        /// For the operator.
        error: String,
    },
    /// Nothing more: it is gone.
    Gone,
}

impl Received {
    /// The bytes of what has come, without the header of its frame.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Part(bytes) | Self::Binary(bytes) => *bytes,
            Self::Ping(payload) => payload.len(),
            Self::Pong | Self::Close(_) | Self::Broken { .. } | Self::Gone => 0,
        }
    }
}

/// Where a connection's messages come from: the one thing that its carriers do each in their own way.
pub trait Incoming {
    /// The next that the peer sends. After [`Received::Broken`] only [`Received::Part`] comes, for bytes that are dropped, and
    /// [`Received::Gone`], which then comes each time.
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Received>;
}
