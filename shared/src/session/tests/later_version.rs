//! A server of a later version: unknown values neither block the client nor look like a loss.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, lobby};
use crate::protocol::{Message, Payload, ServerMessage, codec};
use crate::session::{Event, Input};

/// Returns the messages that the application received, live or in pages.
fn messages(pair: &Pair) -> Vec<&Message> {
    let of = pair.events.iter().flat_map(|event| match event {
        Event::Message(message) => std::slice::from_ref(message),
        Event::Page { messages, .. } => messages.as_slice(),
        _ => &[],
    });
    of.collect()
}

/// Replaces each chat in the server's next messages with a payload that only later versions know.
fn hear_polls(pair: &mut Pair) {
    while let Some(message) = pair.server.outgoing.pop_front() {
        let text = codec::encode_server(&message);
        pair.hear_text(&text.replace(r#""type":"chat""#, r#""type":"poll""#));
    }
}

#[test]
fn a_message_of_an_unknown_type_is_the_next_and_no_gap() {
    let mut pair = Pair::in_lobby();
    pair.bob_says("a poll");
    hear_polls(&mut pair);
    pair.bob_says("after it");
    pair.flow();
    let kind = "poll".to_owned();
    assert_eq!(messages(&pair)[0].payload, Payload::Unknown { kind });
    assert_eq!(pair.texts(), ["after it"]);
    assert_eq!(pair.subscribes().len(), 1, "nothing is missing");
}

#[test]
fn a_page_with_an_unknown_type_answers_the_request() {
    let mut pair = Pair::in_lobby();
    pair.bob_says("a poll");
    pair.server.outgoing.clear();
    pair.tell(Input::History { channel: lobby(), before: None, limit: 10 });
    pair.server_hears();
    hear_polls(&mut pair);
    assert!(matches!(messages(&pair)[..], [Message { payload: Payload::Unknown { .. }, .. }]));
    let (heartbeat, answer) = (super::server::HEARTBEAT_MS, crate::limits::REQUEST_MS_MAX);
    pair.pass(answer.min(2 * heartbeat) - 1);
    pair.hear(&ServerMessage::Unknown);
    pair.pass(2);
    pair.tell(Input::Elapsed);
    assert!(pair.is_online(), "no request waits for its answer");
}
