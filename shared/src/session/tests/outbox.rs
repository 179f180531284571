//! Publishing messages.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, lobby};
use super::server::HEARTBEAT_MS;
use crate::ids::Offset;
use crate::protocol::{ClientMessage, ErrorCode, Refusal, ServerMessage};
use crate::session::{Delivery, Input};

fn accepted(pair: &Pair, index: usize) -> Delivery {
    Delivery::Accepted { offset: pair.server.logs[&lobby()][index].offset }
}

#[test]
fn a_message_is_accepted_and_comes_back() {
    let mut pair = Pair::in_lobby();
    let id = pair.publish("hi");
    assert_eq!(pair.deliveries(id), [&Delivery::Local]);
    pair.flow();
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, 0)]);
    assert_eq!(pair.texts(), ["hi"]);
}

#[test]
fn what_is_written_offline_is_sent_in_order() {
    let mut pair = Pair::new();
    pair.subscribe(&lobby());
    let ids = ["one", "two", "three"].map(|text| pair.publish(text));
    pair.tell(Input::Start);
    pair.open();
    assert_eq!(pair.outgoing.len(), 1, "nothing but hello before the welcome: {:?}", pair.outgoing);
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two", "three"]);
    for (index, id) in ids.into_iter().enumerate() {
        assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, index)]);
    }
}

#[test]
fn what_was_not_answered_is_sent_again_and_recognised() {
    let mut pair = Pair::in_lobby();
    let id = pair.publish("in the log, but nobody said so");
    pair.server_hears();
    let lost = pair.publish("lost on the way");
    pair.cut();
    pair.come_back();
    assert_eq!(pair.texts(), ["in the log, but nobody said so", "lost on the way"]);
    assert_eq!(pair.server.logs[&lobby()].len(), 2);
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, 0)]);
    assert_eq!(pair.deliveries(lost), [&Delivery::Local, &accepted(&pair, 1)]);
    let ids = pair.server.heard.iter().filter_map(|message| match message {
        ClientMessage::Publish(publish) => Some(publish.message_id),
        _ => None,
    });
    let ids: Vec<_> = ids.collect();
    assert_eq!(ids.iter().filter(|&&sent| sent == id).count(), ids.len() - 1, "a retry has the same id");
}

#[test]
fn without_a_subscription_the_retry_is_answered_as_a_duplicate() {
    let mut pair = Pair::online();
    let id = pair.publish("hi");
    pair.server_hears();
    pair.cut();
    pair.come_back();
    assert_eq!(pair.published(), ["hi", "hi"]);
    assert_eq!(pair.server.logs[&lobby()].len(), 1);
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, 0)]);
}

#[test]
fn the_own_message_may_come_before_the_answer() {
    let mut pair = Pair::in_lobby();
    let id = pair.publish("hi");
    pair.server_hears();
    assert!(matches!(pair.server.outgoing[0], ServerMessage::Message(_)));
    pair.client_hears();
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, 0)]);
    pair.flow();
    assert_eq!(pair.deliveries(id).len(), 2, "and is not accepted again");
}

#[test]
fn the_answer_may_come_before_the_own_message() {
    let mut pair = Pair::in_lobby();
    let id = pair.publish("hi");
    pair.server_hears();
    pair.server.outgoing.swap(0, 1);
    pair.flow();
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, 0)]);
    assert_eq!(pair.texts(), ["hi"]);
}

#[test]
fn an_answer_of_an_earlier_connection_answers_nothing() {
    let mut pair = Pair::in_lobby();
    pair.publish("one");
    pair.server_hears();
    let late: Vec<_> = pair.server.outgoing.iter().cloned().collect();
    pair.cut();
    pair.elapse();
    pair.open();
    let two = pair.publish("two");
    for message in &late {
        if let ServerMessage::Accepted(_) = message {
            pair.hear(message);
        }
    }
    assert_eq!(pair.deliveries(two), [&Delivery::Local]);
}

#[test]
fn what_is_refused_for_good_waits_for_a_person() {
    let mut pair = Pair::in_lobby();
    let refusal = Refusal::new(ErrorCode::TextTooLong, "Too long.");
    pair.server.refusals.push_back(refusal.clone());
    let id = pair.publish("much too long");
    let next = pair.publish("next");
    pair.flow();
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &Delivery::Failed { refusal }]);
    assert_eq!(pair.deliveries(next).len(), 2, "the next goes its way");
    pair.cut();
    pair.come_back();
    assert_eq!(pair.published(), ["much too long", "next"], "and it is not sent again by itself");

    pair.tell(Input::Retry { message_id: id });
    pair.flow();
    assert_eq!(pair.deliveries(id)[2..], [&Delivery::Local, &accepted(&pair, 1)]);
}

#[test]
fn what_was_refused_can_be_discarded() {
    let mut pair = Pair::in_lobby();
    pair.server.refusals.push_back(Refusal::new(ErrorCode::Forbidden, "No."));
    let id = pair.publish("hi");
    pair.flow();
    pair.tell(Input::Discard { message_id: id });
    pair.tell(Input::Retry { message_id: id });
    pair.flow();
    assert_eq!(pair.published(), ["hi"]);
    assert_eq!(pair.deliveries(id).len(), 2);
}

#[test]
fn only_what_has_failed_is_tried_again() {
    let mut pair = Pair::in_lobby();
    let id = pair.publish("hi");
    pair.tell(Input::Retry { message_id: id });
    pair.flow();
    assert_eq!(pair.published(), ["hi"]);
    assert_eq!(pair.deliveries(id).len(), 2);
}

#[test]
fn a_silent_connection_is_given_up_and_its_messages_are_sent_on_the_next() {
    let mut pair = Pair::in_lobby();
    pair.server.mute = true;
    let id = pair.publish("hi");
    pair.flow();
    pair.pass(2 * HEARTBEAT_MS);
    pair.tell(Input::Elapsed);
    pair.server.mute = false;
    pair.come_back();
    assert_eq!(pair.deliveries(id), [&Delivery::Local, &accepted(&pair, 0)]);
}

#[test]
fn message_ids_differ_and_order_by_time() {
    let mut pair = Pair::new();
    let first = pair.session.new_message_id(pair.now);
    let twin = pair.session.new_message_id(pair.now);
    pair.pass(1);
    let later = pair.session.new_message_id(pair.now);
    assert_ne!(first, twin);
    assert!(later > first && later > twin);
    assert_eq!(pair.server.head(&lobby()), Offset::START);
}
