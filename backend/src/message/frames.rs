//! WebSocket frames from the server to its clients (RFC 6455 section 5).

use std::cell::RefCell;
use std::io::Write as _;

use actix_http::ws::{CloseReason, Codec, Message as WsMessage};
use bytes::{Bytes, BytesMut};
use shared::ids::RequestId;
use shared::protocol::{CloseCode, RawPayload, codec};
use tokio_util::codec::Encoder as _;

use super::json;

/// A message from the server, with its payload as JSON text.
pub type ServerMessage = shared::protocol::ServerMessage<RawPayload>;

/// Encodes a message of the typed protocol as a text frame.
pub(crate) fn server_frame(message: &ServerMessage) -> Bytes {
    framed(|bytes| match message {
        ServerMessage::Message(message) => json::write_message(bytes, message),
        ServerMessage::Accepted(accepted) => json::write_accepted(bytes, accepted),
        message => {
            // Writing to memory cannot fail, and all keys of these messages are strings.
            let written = codec::write_server(message, bytes);
            debug_assert!(written.is_ok());
        }
    })
}

/// Encodes the answer to `history`, as [`server_frame`] does. `messages` is a JSON array.
pub(crate) fn page_frame(id: RequestId, messages: &[u8], more: bool) -> Bytes {
    framed(|bytes| {
        bytes.reserve(messages.len() + 64);
        // Writing to memory cannot fail.
        let begun = write!(bytes, r#"{{"type":"page","id":{},"messages":"#, id.0);
        bytes.extend_from_slice(messages);
        let ended = write!(bytes, r#","more":{more}}}"#);
        debug_assert!(begun.is_ok() && ended.is_ok());
    })
}

/// Encodes a text frame.
pub(crate) fn text_frame(text: String) -> Bytes {
    framed(|bytes| bytes.extend_from_slice(text.as_bytes()))
}

/// Maximum length of the header of an unmasked frame, in bytes (RFC 6455 section 5.2).
const HEADER_BYTES_MAX: usize = 10;

thread_local! {
    /// Buffer for a frame whose length is not known yet. The finished frame is copied, so that it takes no more memory
    /// than its length.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Maximum number of bytes that the buffer keeps after a frame.
const SCRATCH_BYTES_MAX: usize = 64 * 1024;

/// Builds a text frame around what `write` writes, in one allocation.
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

/// Writes the header of a text frame in front of the payload, which follows the first [`HEADER_BYTES_MAX`] bytes.
/// Returns where the header begins.
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

/// Encodes a ping.
pub(crate) fn ping_frame() -> Bytes {
    encode(WsMessage::Ping(Bytes::new()))
}

/// Encodes the answer to a ping.
pub(crate) fn pong_frame(payload: Bytes) -> Bytes {
    encode(WsMessage::Pong(payload))
}

/// Encodes a close frame. The reason is cut to the length that the protocol allows.
pub(crate) fn close_frame(code: CloseCode, reason: &str) -> Bytes {
    let mut end = reason.len().min(shared::limits::CLOSE_REASON_BYTES_MAX);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let description = Some(reason[..end].to_owned());
    encode(WsMessage::Close(Some(CloseReason { code: code.0.into(), description })))
}

pub(super) fn encode(message: WsMessage) -> Bytes {
    let mut bytes = BytesMut::new();
    // The encoder can refuse only continuation frames.
    let written = Codec::new().encode(message, &mut bytes);
    debug_assert!(written.is_ok());
    bytes.freeze()
}
