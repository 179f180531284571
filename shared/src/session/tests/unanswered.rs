//! Replies that are lost or repeated on a live connection.

use std::time::Duration;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, lobby};
use super::server::HEARTBEAT_MS;
use crate::limits::REQUEST_MS_MAX;
use crate::protocol::{ClientMessage, ErrorCode, ErrorReply, Head, Heartbeat, Refusal, ServerMessage};
use crate::session::{Delivery, Input, Status};
use crate::time::Timestamp;

/// Sends a heartbeat with the head of the lobby.
fn beat(pair: &mut Pair) {
    let heads = vec![Head { channel: lobby(), offset: pair.server.head(&lobby()), presence: None }];
    pair.hear(&ServerMessage::Heartbeat(Heartbeat { at: Timestamp(0), heads }));
}

#[test]
fn a_request_whose_answer_is_lost_is_made_again_on_another_connection() {
    let mut pair = Pair::online();
    let id = pair.publish("heard, but the answer is lost");
    pair.server_hears();
    pair.server.outgoing.clear();
    pair.pass(HEARTBEAT_MS);
    beat(&mut pair);
    assert!(pair.is_online());
    pair.elapse();
    assert!(matches!(pair.status(), Status::Waiting { .. }), "{:?}", pair.status());
    pair.come_back();
    let offset = pair.server.logs[&lobby()][0].offset;
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &Delivery::Accepted { offset }]);
}

#[test]
fn a_request_that_is_answered_late_is_answered() {
    let mut pair = Pair::online();
    pair.publish("slow");
    pair.server_hears();
    pair.pass(HEARTBEAT_MS);
    beat(&mut pair);
    pair.pass(REQUEST_MS_MAX - HEARTBEAT_MS - 1);
    pair.flow();
    pair.pass(HEARTBEAT_MS);
    pair.tell(Input::Elapsed);
    assert!(pair.is_online());
}

#[test]
fn a_subscription_that_the_server_has_lost_is_made_again() {
    let mut pair = Pair::in_lobby();
    let first = pair.bob_says("one");
    pair.flow();
    // A repeated, stale `unsubscribe` arrives after the `subscribe`.
    pair.server.hear(ClientMessage::Unsubscribe { channel: lobby() }, pair.now);
    pair.bob_says("two");
    pair.hear(&ServerMessage::Heartbeat(Heartbeat { at: Timestamp(0), heads: Vec::new() }));
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two"]);
    assert_eq!(pair.subscribes()[1].since.map(|since| since.offset), Some(first.offset));
}

#[test]
fn an_answer_that_comes_twice_does_not_lead_back() {
    let mut pair = Pair::online();
    pair.subscribe(&lobby());
    pair.server_hears();
    let subscribed = pair.server.outgoing[0].clone();
    pair.bob_says("one");
    pair.bob_says("two");
    pair.flow();
    pair.hear(&subscribed);
    pair.bob_says("three");
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two", "three"]);
    assert_eq!(pair.subscribes().len(), 1, "and nothing is missing after it");
}

#[test]
fn a_hello_that_comes_twice_ends_nothing_for_ever() {
    let mut pair = Pair::new();
    pair.tell(Input::Start);
    pair.open();
    let refusal = Refusal::new(ErrorCode::AlreadyGreeted, "Hello has been said on this connection.");
    pair.hear(&ServerMessage::Error(ErrorReply { id: None, refusal }));
    assert!(matches!(pair.status(), Status::Waiting { .. }), "{:?}", pair.status());
    pair.come_back();
    assert!(pair.is_online());
}

#[test]
fn what_is_sent_names_the_last_turn_that_is_known() {
    let mut pair = Pair::online();
    let refused = Refusal {
        turn: Some(3),
        ..Refusal::for_now(ErrorCode::StorageFailed, "Full.", Duration::from_secs(2))
    };
    pair.server.refusals.push_back(refused);
    pair.publish("refused for now");
    pair.flow();
    pair.elapse();
    pair.flow();
    pair.cut();
    pair.publish("on another connection");
    pair.come_back();
    let turns = pair.server.heard.iter().filter_map(|message| match message {
        ClientMessage::Publish(publish) => publish.turn,
        _ => None,
    });
    assert_eq!(turns.collect::<Vec<_>>(), [0, 3, 0]);
}

#[test]
fn what_was_refused_waits_for_the_answers_to_what_was_sent_before_it() {
    let mut pair = Pair::online();
    pair.publish("one");
    pair.publish("two");
    pair.server_hears();
    let slow = pair.server.outgoing.pop_back().unwrap();
    pair.server.refusals.push_back(Refusal::for_now(ErrorCode::OutOfTurn, "Not yet.", Duration::ZERO));
    pair.flow();
    pair.subscribe(&lobby());
    pair.flow();
    assert_eq!(pair.published(), ["one", "two"], "the answer to the first may be a refusal");
    pair.hear(&slow);
    pair.flow();
    assert_eq!(pair.published(), ["one", "two", "two"]);
}
