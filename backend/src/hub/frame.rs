//! Messages as the bytes that go into a socket.

mod json;

use std::cell::RefCell;
use std::io::Write as _;
use std::sync::Arc;

use actix_http::ws::{CloseReason, Codec, Message as WsMessage};
use bytes::{Bytes, BytesMut};
use shared::ids::{ConnectionId, DisplayName, Offset, RequestId};
use shared::protocol::{CloseCode, Message, Payload, RawPayload, codec};

/// A message of the server's, with its payload as text.
pub type ServerMessage = shared::protocol::ServerMessage<RawPayload>;
use tokio_util::codec::Encoder as _;

use crate::config::PLAIN_CHANNEL;
use crate::log::RunJson;

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
    pub fn new(message: Message<RawPayload>, origin: Option<ConnectionId>) -> Self {
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
#[derive(Debug, Clone)]
pub struct Joined {
    /// The offset before the first.
    pub before: Offset,
    /// Their bytes, as a typed client gets them.
    pub bytes: Bytes,
    /// Where each ends in the bytes, and its offset. Never empty.
    ends: Vec<(usize, Offset)>,
}

impl Joined {
    /// Puts frames together; nothing where there are none, or a hole between them.
    pub fn new(frames: &[Arc<Frame>]) -> Option<Arc<Self>> {
        let one = |frame: &Arc<Frame>| {
            let ends = vec![(frame.typed.len(), frame.offset)];
            Arc::new(Self { before: frame.prev, bytes: frame.typed.clone(), ends })
        };
        Self::concat(frames.iter().map(one))
    }

    /// Puts several together; nothing where there are none, or a hole between them.
    pub fn concat(parts: impl IntoIterator<Item = Arc<Self>>) -> Option<Arc<Self>> {
        let mut parts = parts.into_iter().peekable();
        let first = parts.next()?;
        if parts.peek().is_none() {
            return Some(first);
        }
        let (mut bytes, mut ends) = (first.bytes.to_vec(), first.ends.clone());
        for part in parts {
            if ends.last().is_none_or(|(_, last)| *last != part.before) {
                return None;
            }
            let begin = bytes.len();
            bytes.extend_from_slice(&part.bytes);
            ends.extend(part.ends.iter().map(|(end, offset)| (begin + end, *offset)));
        }
        Some(Arc::new(Self { before: first.before, bytes: bytes.into(), ends }))
    }

    /// The offset of the last.
    pub fn last(&self) -> Offset {
        self.ends.last().map_or(self.before, |(_, last)| *last)
    }

    /// How many there are.
    pub fn messages(&self) -> usize {
        self.ends.len()
    }

    /// Where the frame ends that the byte before `taken` is part of, its offset, and how many come before it.
    pub fn frame_at(&self, taken: usize) -> (usize, Offset, usize) {
        let index = self.ends.partition_point(|(end, _)| *end < taken);
        let (end, offset) = self.ends.get(index).copied().unwrap_or((self.bytes.len(), self.last()));
        (end, offset, index)
    }
}

/// What a plain client is told of a message: a line, where it is something said in the room of plain clients.
fn plain_line(message: &Message<RawPayload>) -> Option<String> {
    let said = if message.channel.as_str() == PLAIN_CHANNEL { plain_text(&message.payload) } else { None };
    said.map(|said| named_line(&message.from.name, &said))
}

/// What somebody said, as one line: a text must not look like the line of somebody else.
pub fn named_line(name: &DisplayName, said: &str) -> String {
    let lines = said.split(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']);
    // A carriage return and a line feed are one line break; empty lines say nothing.
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    format!("{name}: {}", lines.join(" ⏎ "))
}

/// What a payload says to somebody who reads lines of text; nothing where it is no saying.
pub fn plain_text(payload: &RawPayload) -> Option<String> {
    match payload.read() {
        Payload::Chat { text, .. } => Some(text),
        Payload::Notification { title, body, .. } if body.is_empty() => Some(title),
        Payload::Notification { title, body, .. } => Some(format!("{title}: {body}")),
        Payload::Edit { .. }
        | Payload::Retract { .. }
        | Payload::Reaction { .. }
        | Payload::Custom { .. }
        | Payload::Unknown { .. } => None,
    }
}

/// A message of the server's as a text frame.
pub fn server_frame(message: &ServerMessage) -> Bytes {
    framed(|bytes| match message {
        ServerMessage::Message(message) => json::write_message(bytes, message),
        ServerMessage::Accepted(accepted) => json::write_accepted(bytes, accepted),
        message => {
            // Writing to memory cannot fail, and all keys of our messages are texts.
            let written = codec::write_server(message, bytes);
            debug_assert!(written.is_ok());
        }
    })
}

/// The answer to `history`, as [`server_frame`] writes it.
pub fn page_frame(id: RequestId, page: &RunJson) -> Bytes {
    framed(|bytes| {
        let RunJson { messages, more } = page;
        bytes.reserve(messages.len() + 64);
        // Writing to memory cannot fail.
        let written = write!(bytes, r#"{{"type":"page","id":{},"messages":{messages},"more":{more}}}"#, id.0);
        debug_assert!(written.is_ok());
    })
}

/// A text frame.
pub fn text_frame(text: String) -> Bytes {
    framed(|bytes| bytes.extend_from_slice(text.as_bytes()))
}

/// The longest header of an unmasked frame, in bytes (RFC 6455 section 5.2).
const HEADER_BYTES_MAX: usize = 10;

thread_local! {
    /// Where a frame is written before its length is known: it then takes as much memory as it is long, and no more.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What of the scratch stays when a frame is done, in bytes.
const SCRATCH_BYTES_MAX: usize = 64 * 1024;

/// A whole text frame around what `write` writes, in one piece of memory.
fn framed(write: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    SCRATCH.with_borrow_mut(|bytes| {
        bytes.clear();
        bytes.extend_from_slice(&[0; HEADER_BYTES_MAX]);
        write(bytes);
        let begin = put_header(bytes);
        let frame = Bytes::copy_from_slice(&bytes[begin..]);
        bytes.shrink_to(SCRATCH_BYTES_MAX);
        frame
    })
}

/// Writes the header of a text frame before what follows the first [`HEADER_BYTES_MAX`] bytes. Returns where it begins.
fn put_header(bytes: &mut [u8]) -> usize {
    let length = bytes.len() - HEADER_BYTES_MAX;
    let mut header = [0; HEADER_BYTES_MAX];
    header[0] = 0x81;
    let header = match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short @ ..=125), _) => {
            header[1] = short;
            &header[..2]
        }
        (_, Ok(length)) => {
            header[1] = 126;
            header[2..4].copy_from_slice(&length.to_be_bytes());
            &header[..4]
        }
        (_, Err(_)) => {
            header[1] = 127;
            header[2..].copy_from_slice(&(length as u64).to_be_bytes());
            &header[..]
        }
    };
    let begin = HEADER_BYTES_MAX - header.len();
    bytes[begin..HEADER_BYTES_MAX].copy_from_slice(header);
    begin
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
    use shared::protocol::Page;

    #[test]
    fn a_text_of_any_length_is_framed_as_the_library_does_it() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
            let text = "x".repeat(length);
            assert_eq!(text_frame(text.clone()), encode(WsMessage::Text(text.into())), "{length} bytes");
        }
    }

    #[test]
    fn what_somebody_says_is_one_line_to_a_plain_client() {
        let ada = DisplayName::parse("Ada").unwrap();
        for (said, line) in [
            ("hello", "Ada: hello"),
            ("x\nServer: shut down", "Ada: x ⏎ Server: shut down"),
            ("x\r\n\r\ny", "Ada: x ⏎ y"),
            ("x\u{2028}y\u{2029}z\u{85}\u{b}\u{c}", "Ada: x ⏎ y ⏎ z"),
        ] {
            assert_eq!(named_line(&ada, said), line);
        }
    }

    #[test]
    fn a_page_of_texts_is_the_page_of_its_messages() {
        let message = |offset| {
            let entry = crate::log::conformance::chat("room:lobby", 1);
            let (channel, id, at, from) = (entry.channel, entry.id, entry.at, entry.from);
            let (prev, payload) = (Offset(offset - 1), entry.payload);
            Message { channel, offset: Offset(offset), prev, id, at, from, payload }
        };
        for (messages, more) in [(vec![], false), (vec![message(1), message(2)], true)] {
            let page = RunJson { messages: serde_json::to_string(&messages).unwrap(), more };
            let id = RequestId(7);
            assert_eq!(
                page_frame(id, &page),
                server_frame(&ServerMessage::Page(Page { id, messages, more }))
            );
        }
    }

    fn frame(prev: u64, offset: u64, bytes: &'static [u8]) -> Arc<Frame> {
        let typed = Bytes::from_static(bytes);
        Arc::new(Frame { offset: Offset(offset), prev: Offset(prev), origin: None, typed, plain: None })
    }

    #[test]
    fn frames_in_a_row_are_joined_and_the_one_that_was_cut_is_found() {
        let joined =
            Joined::new(&[frame(4, 5, b"five"), frame(5, 9, b"nine"), frame(9, 10, b"ten")]).unwrap();
        assert_eq!(
            (&joined.bytes[..], joined.before, joined.last()),
            (&b"fivenineten"[..], Offset(4), Offset(10))
        );
        assert_eq!(joined.frame_at(1), (4, Offset(5), 0));
        assert_eq!(joined.frame_at(4), (4, Offset(5), 0), "all of the first, and nothing of the second");
        assert_eq!(joined.frame_at(5), (8, Offset(9), 1));
        assert_eq!(joined.frame_at(11), (11, Offset(10), 2));
    }

    #[test]
    fn a_hole_is_not_joined_over() {
        assert!(Joined::new(&[]).is_none());
        assert!(Joined::new(&[frame(0, 1, b"one"), frame(2, 3, b"three")]).is_none());
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let frame = close_frame(CloseCode::NORMAL, &"ä".repeat(100));
        let (header, code) = (2, 2);
        let reason = std::str::from_utf8(&frame[header + code..]).unwrap();
        assert_eq!(reason, "ä".repeat(shared::limits::CLOSE_REASON_BYTES_MAX / 2));
    }
}
