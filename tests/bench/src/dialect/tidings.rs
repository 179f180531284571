//! The typed protocol as literal text, because a generator that serialized would be slower than the server that it
//! measures.

use std::io::Write as _;

use super::{Heard, Place, Role, Say, position};

/// Path of the typed protocol.
pub(super) const PATH: &str = "/ws";

/// Maximum length of a chat text, in bytes. Custom data may be longer.
const TEXT_BYTES_MAX: usize = 16 * 1024;

/// Bytes after a chat's text, at the end of a `message`.
const TAIL: &[u8] = br#""}}"#;

/// Options of the dialect of Tidings.
#[derive(Debug, Clone)]
pub struct Tidings {
    /// `live`: no history; `log`: history; `room`: history and presence.
    pub namespace: &'static str,
    /// The position to resume from, as epoch and offset.
    pub since: Option<(String, u64)>,
}

impl Tidings {
    /// Clients that begin at the newest message.
    pub fn new(namespace: &'static str) -> Self {
        Self { namespace, since: None }
    }

    pub(super) fn back(&self, answer: &[u8]) -> Option<Self> {
        let since = position(answer, "position")?;
        Some(Self { since: Some(since), ..self.clone() })
    }

    pub(super) fn greeting(&self, place: Place) -> Vec<Say> {
        let hello = Say {
            text: r#"{"type":"hello","version":1,"name":"b"}"#.to_owned(),
            answer: r#"{"type":"welcome""#,
        };
        let channel = format!("{}:bench-{}", self.namespace, place.room);
        let since = self.since.as_ref().map_or_else(String::new, |(epoch, offset)| {
            format!(r#","since":{{"epoch":"{epoch}","offset":{offset}}}"#)
        });
        let text = format!(r#"{{"type":"subscribe","id":1,"channel":"{channel}"{since}}}"#);
        let subscribe = Say { text, answer: r#"{"type":"subscribed""# };
        match place.role {
            Role::Reader | Role::Member | Role::Echo => vec![hello, subscribe],
            Role::Publisher => vec![hello],
        }
    }

    /// Returns the text that subscribes to a channel in addition to those of the places.
    pub fn subscribe(&self, request: u64, channel: u32) -> String {
        format!(r#"{{"type":"subscribe","id":{request},"channel":"{}:more-{channel}"}}"#, self.namespace)
    }

    /// Returns the request for the messages of a room before an offset.
    pub fn history(&self, request: u64, room: u32, before: u64, limit: u32) -> String {
        let namespace = self.namespace;
        format!(
            r#"{{"type":"history","id":{request},"channel":"{namespace}:bench-{room}","before":{before},"limit":{limit}}}"#
        )
    }

    pub(super) fn publish(&self, room: u32, request: u64, data: &[u8], out: &mut Vec<u8>) {
        let id = message_id(data, request);
        let namespace = self.namespace;
        // A chat text has a maximum length. Longer data is custom; the bytes after it are the same.
        let payload = if data.len() > TEXT_BYTES_MAX {
            r#"{"type":"custom","name":"b","data":""#
        } else {
            r#"{"type":"chat","text":""#
        };
        // Writing to memory cannot fail.
        let _ = write!(
            out,
            r#"{{"type":"publish","id":{request},"channel":"{namespace}:bench-{room}","message_id":"{id}","payload":{payload}"#
        );
        out.extend_from_slice(data);
        out.extend_from_slice(TAIL);
    }
}

/// Returns a UUID v7 as a client makes it: it grows with time and differs between publishers.
fn message_id(data: &[u8], request: u64) -> String {
    const BEGIN_MS: u64 = 0x019b_7e00_0000;
    let publisher = crate::load::stamp::Stamp::read(data).map_or(0, |stamp| stamp.publisher);
    let time = BEGIN_MS + request;
    format!("{:08x}-{:04x}-7{:03x}-8000-{request:012x}", time >> 16, time & 0xffff, publisher & 0xfff)
}

pub(super) fn read(payload: &[u8]) -> Heard<'_> {
    const MESSAGE: &[u8] = br#"{"type":"message""#;
    const ACCEPTED: &[u8] = br#"{"type":"accepted","id":"#;
    const PAGE: &[u8] = br#"{"type":"page","id":"#;
    if payload.starts_with(MESSAGE) {
        return payload.strip_suffix(TAIL).map_or(Heard::Other, Heard::Delivery);
    }
    if let Some(rest) = payload.strip_prefix(ACCEPTED) {
        return Heard::Accepted(number(rest));
    }
    if let Some(rest) = payload.strip_prefix(PAGE) {
        return Heard::Page(number(rest));
    }
    if payload.starts_with(br#"{"type":"subscribed""#) {
        return Heard::Subscribed;
    }
    if payload.starts_with(br#"{"type":"error""#) || payload.starts_with(br#"{"type":"closing""#) {
        return Heard::Refused(payload);
    }
    Heard::Other
}

/// Parses the number at the beginning of a text.
fn number(text: &[u8]) -> u64 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |number, digit| number * 10 + u64::from(digit - b'0'))
}
