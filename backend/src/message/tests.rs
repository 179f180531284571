use std::sync::Arc;

use actix_http::ws::Message as WsMessage;
use bytes::Bytes;
use shared::ids::{DisplayName, Offset, RequestId};
use shared::protocol::{CloseCode, Message, Page};

use super::frames::encode;
use super::plain::named_line;
use super::*;

#[test]
fn a_text_of_any_length_is_framed_as_actix_does_it() {
    for length in [0, 1, 125, 126, 127, 65_535, 65_536, 100_000] {
        let text = "x".repeat(length);
        assert_eq!(text_frame(text.clone()), encode(WsMessage::Text(text.into())), "{length} bytes");
    }
}

#[test]
fn a_text_is_one_line_for_a_plain_client() {
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
fn a_page_of_json_texts_equals_the_page_of_its_messages() {
    let message = |offset| {
        let entry = crate::store::conformance::chat("room:lobby", 1);
        let (channel, id, at, from) = (entry.channel, entry.id, entry.at, entry.from);
        let (prev, payload) = (Offset(offset - 1), entry.payload);
        Message { channel, offset: Offset(offset), prev, id, at, from, payload }
    };
    for (messages, more) in [(vec![], false), (vec![message(1), message(2)], true)] {
        let (id, json) = (RequestId(7), serde_json::to_string(&messages).unwrap());
        assert_eq!(
            page_frame(id, json.as_bytes(), more),
            server_frame(&ServerMessage::Page(Page { id, messages, more }))
        );
    }
}

fn encoded(prev: u64, offset: u64, bytes: &'static [u8]) -> Arc<EncodedMessage> {
    let typed = Bytes::from_static(bytes);
    Arc::new(EncodedMessage { offset: Offset(offset), prev: Offset(prev), origin: None, typed, plain: None })
}

#[test]
fn consecutive_messages_are_joined_and_a_partly_written_one_is_found() {
    let run =
        EncodedRun::new(&[encoded(4, 5, b"five"), encoded(5, 9, b"nine"), encoded(9, 10, b"ten")]).unwrap();
    assert_eq!((&run.bytes[..], run.before, run.last()), (&b"fivenineten"[..], Offset(4), Offset(10)));
    assert_eq!(run.frame_at(1), (4, Offset(5), 0));
    assert_eq!(run.frame_at(4), (4, Offset(5), 0), "the whole first frame and nothing of the second");
    assert_eq!(run.frame_at(5), (8, Offset(9), 1));
    assert_eq!(run.frame_at(11), (11, Offset(10), 2));
}

#[test]
fn messages_with_a_hole_between_them_are_not_joined() {
    assert!(EncodedRun::new(&[]).is_none());
    assert!(EncodedRun::new(&[encoded(0, 1, b"one"), encoded(2, 3, b"three")]).is_none());
}

#[test]
fn a_long_close_reason_is_cut_between_characters() {
    let frame = close_frame(CloseCode::NORMAL, &"ä".repeat(100));
    let (header, code) = (2, 2);
    let reason = std::str::from_utf8(&frame[header + code..]).unwrap();
    assert_eq!(reason, "ä".repeat(shared::limits::CLOSE_REASON_BYTES_MAX / 2));
}
