//! The input of a connection, independent of its transport.

use std::task::{Context, Poll};

use bytes::Bytes;
use bytestring::ByteString;
use shared::protocol::CloseCode;

/// One input from the peer.
#[derive(Debug)]
pub enum Received {
    /// A text message.
    Text(ByteString),
    /// A binary message of this many bytes. The protocol has none, so the content is dropped.
    Binary(usize),
    /// A frame of an incomplete message, with this many bytes.
    Part(usize),
    /// A ping with its payload, which the pong must repeat.
    Ping(Bytes),
    /// A pong.
    Pong,
    /// A close frame.
    Close(CloseCode),
    /// A violation of the WebSocket protocol. Nothing more can be read.
    Broken {
        /// The close code for the peer.
        code: CloseCode,
        /// The error for the operator's log.
        error: String,
    },
    /// The end of the input: the peer is gone.
    Gone,
}

impl Received {
    /// Returns the number of payload bytes.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Part(bytes) | Self::Binary(bytes) => *bytes,
            Self::Ping(payload) => payload.len(),
            Self::Pong | Self::Close(_) | Self::Broken { .. } | Self::Gone => 0,
        }
    }
}

/// The input half of a transport. It is the only part that differs between transports.
pub trait Incoming {
    /// Waits for the next input of the peer. After [`Received::Broken`] it returns only [`Received::Part`], for bytes that are
    /// dropped, and [`Received::Gone`]. After [`Received::Gone`] it always returns [`Received::Gone`].
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Received>;
}
