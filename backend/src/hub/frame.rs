//! Messages as the bytes that go into a socket.

use std::sync::Arc;

use actix_http::ws::{CloseReason, Codec, Message as WsMessage};
use bytes::{Bytes, BytesMut};
use shared::ids::{ConnectionId, Offset};
use shared::protocol::{CloseCode, Message, Payload, ServerMessage, codec};
use tokio_util::codec::Encoder as _;

use crate::config::PLAIN_CHANNEL;

/// A logged message, encoded once for all its readers.
#[derive(Debug)]
pub struct Frame {
    /// Its place in the channel.
    pub offset: Offset,
    /// The place before it.
    pub prev: Offset,
    /// The connection it came by, if it came by one.
    pub origin: Option<ConnectionId>,
    /// As a typed client gets it.
    pub typed: Bytes,
    /// As a plain client gets it, where it is something for one.
    pub plain: Option<Bytes>,
}

impl Frame {
    /// Encodes a message.
    pub fn new(message: Message, origin: Option<ConnectionId>) -> Self {
        let (offset, prev, plain) = (message.offset, message.prev, plain_line(&message));
        let typed = server_frame(&ServerMessage::Message(message));
        Self { offset, prev, origin, typed, plain: plain.map(text_frame) }
    }

    /// Its size, in bytes.
    pub fn bytes(&self) -> usize {
        self.typed.len() + self.plain.as_ref().map_or(0, Bytes::len)
    }
}

/// Frames of one channel in a row, put together once for all who read no other: one write for each of them.
#[derive(Debug)]
pub struct Joined {
    /// The offset before the first.
    pub before: Offset,
    /// The offset of the last.
    pub last: Offset,
    /// How many there are.
    pub messages: u64,
    /// Their bytes, as a typed client gets them.
    pub bytes: Bytes,
}

impl Joined {
    /// Puts frames together; nothing where there are none, or a hole between them.
    pub fn new(frames: &[Arc<Frame>]) -> Option<Self> {
        let (first, last) = (frames.first()?, frames.last()?);
        let in_a_row = frames.windows(2).all(|pair| matches!(pair, [one, next] if next.prev == one.offset));
        let bytes = match frames {
            [one] => one.typed.clone(),
            many => many
                .iter()
                .fold(BytesMut::new(), |mut bytes, frame| {
                    bytes.extend_from_slice(&frame.typed);
                    bytes
                })
                .freeze(),
        };
        let messages = u64::try_from(frames.len()).unwrap_or(u64::MAX);
        in_a_row.then_some(Self { before: first.prev, last: last.offset, messages, bytes })
    }
}

/// What a plain client is told of a message: a line, where it is something said in the room of plain clients.
fn plain_line(message: &Message) -> Option<String> {
    let said = if message.channel.as_str() == PLAIN_CHANNEL { plain_text(&message.payload) } else { None };
    said.map(|said| format!("{}: {said}", message.from.name))
}

/// What a payload says to somebody who reads lines of text; nothing where it is no saying.
pub fn plain_text(payload: &Payload) -> Option<String> {
    match payload {
        Payload::Chat { text, .. } => Some(text.clone()),
        Payload::Notification { title, body, .. } if body.is_empty() => Some(title.clone()),
        Payload::Notification { title, body, .. } => Some(format!("{title}: {body}")),
        Payload::Edit { .. }
        | Payload::Retract { .. }
        | Payload::Reaction { .. }
        | Payload::Custom { .. } => None,
    }
}

/// A message of the server's as a text frame.
pub fn server_frame(message: &ServerMessage) -> Bytes {
    text_frame(codec::encode_server(message))
}

/// A text frame.
pub fn text_frame(text: String) -> Bytes {
    encode(WsMessage::Text(text.into()))
}

/// A ping.
pub fn ping_frame() -> Bytes {
    encode(WsMessage::Ping(Bytes::new()))
}

/// The answer to a ping.
pub fn pong_frame(payload: Bytes) -> Bytes {
    encode(WsMessage::Pong(payload))
}

/// A close frame. The reason is cut to what the protocol allows.
pub fn close_frame(code: CloseCode, reason: &str) -> Bytes {
    let mut end = reason.len().min(shared::limits::CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let description = Some(reason[..end].to_owned());
    encode(WsMessage::Close(Some(CloseReason { code: code.0.into(), description })))
}

fn encode(message: WsMessage) -> Bytes {
    let mut bytes = BytesMut::new();
    // Only continuations can be refused, and none is written here.
    let written = Codec::new().encode(message, &mut bytes);
    debug_assert!(written.is_ok());
    bytes.freeze()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = close_frame(CloseCode::NORMAL, &"ä".repeat(100));
        let (header, code) = (2, 2);
        let reason = std::str::from_utf8(&frame[header + code..]).unwrap();
        assert_eq!(reason, "ä".repeat(shared::limits::CLOSE_REASON_BYTES_MAX / 2));
    }
}
