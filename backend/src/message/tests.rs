use std::sync::Arc;

use actix_http::ws::Message as WsMessage;
use bytes::Bytes;
use shared::ids::{DisplayName, Offset, RequestId};
use shared::protocol::{CloseCode, Message, Page};

use super::frames::encode;
use super::*;

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
        let entry = crate::store::conformance::chat("room:lobby", 1);
        let (channel, id, at, from) = (entry.channel, entry.id, entry.at, entry.from);
        let (prev, payload) = (Offset(offset - 1), entry.payload);
        Message { channel, offset: Offset(offset), prev, id, at, from, payload }
    };
    for (messages, more) in [(vec![], false), (vec![message(1), message(2)], true)] {
        let (id, json) = (RequestId(7), serde_json::to_string(&messages).unwrap());
        assert_eq!(
            page_frame(id, &json, more),
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
    let joined = Joined::new(&[frame(4, 5, b"five"), frame(5, 9, b"nine"), frame(9, 10, b"ten")]).unwrap();
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
