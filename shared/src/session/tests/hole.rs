//! A message whose `prev` is not the last one received: messages are missing.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, lobby};
use crate::ids::Offset;
use crate::protocol::{Gap, GapReason, Head, Heartbeat, ServerMessage};
use crate::session::{Event, Input};
use crate::time::Timestamp;

/// Bob sends a message, and it is lost on the way.
fn lose(pair: &mut Pair, text: &str) {
    pair.bob_says(text);
    pair.server.outgoing.pop_back();
}

#[test]
fn what_is_missing_is_asked_for_from_the_last_that_was_seen() {
    let mut pair = Pair::in_lobby();
    let seen = pair.bob_says("one");
    pair.flow();
    lose(&mut pair, "two");
    pair.bob_says("three");
    pair.bob_says("four");
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two", "three", "four"]);
    assert_eq!(pair.subscribes().len(), 2);
    assert_eq!(pair.subscribes()[1].since.map(|since| since.offset), Some(seen.offset));
}

#[test]
fn while_the_question_is_open_nothing_is_told_out_of_order() {
    let mut pair = Pair::in_lobby();
    lose(&mut pair, "one");
    pair.bob_says("two");
    pair.client_hears();
    pair.bob_says("three");
    pair.client_hears();
    assert_eq!(pair.texts(), [""; 0]);
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two", "three"]);
    assert_eq!(pair.subscribes().len(), 2, "one hole is one question");
}

#[test]
fn a_cut_while_the_question_is_open_loses_nothing() {
    let mut pair = Pair::in_lobby();
    lose(&mut pair, "one");
    pair.bob_says("two");
    pair.client_hears();
    pair.server_hears();
    pair.cut();
    pair.come_back();
    assert_eq!(pair.texts(), ["one", "two"]);
}

#[test]
fn the_same_hole_on_the_next_connection_is_asked_for_again() {
    let mut pair = Pair::in_lobby();
    lose(&mut pair, "one");
    pair.bob_says("two");
    pair.client_hears();
    pair.cut();
    pair.elapse();
    pair.open();
    pair.server_hears();
    pair.client_hears();
    pair.server_hears();
    let before = pair.server.outgoing.len();
    pair.server.outgoing.remove(1);
    assert_eq!((before, pair.server.outgoing.len()), (3, 2), "subscribed, and two without one");
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two"]);
}

#[test]
fn each_hole_is_asked_for() {
    let mut pair = Pair::in_lobby();
    for number in 0..5 {
        lose(&mut pair, &format!("lost {number}"));
        pair.bob_says(&format!("heard {number}"));
        pair.flow();
    }
    assert_eq!(pair.texts().len(), 10);
    assert_eq!(pair.subscribes().len(), 6);
}

#[test]
fn the_question_waits_for_the_end_of_a_pause() {
    let mut pair = Pair::in_lobby();
    pair.server.busy_until = pair.now + std::time::Duration::from_millis(300);
    pair.publish("refused for now");
    pair.flow();
    lose(&mut pair, "one");
    pair.bob_says("two");
    pair.flow();
    assert_eq!(pair.subscribes().len(), 1);
    pair.elapse();
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two", "refused for now"]);
}

/// The server, or a proxy, cannot deliver a message that exists: the session does not request it for ever.
#[test]
fn what_stays_missing_is_a_gap_in_the_end() {
    let mut pair = Pair::in_lobby();
    let message = pair.bob_says("before");
    pair.flow();
    lose(&mut pair, "never seen");
    let after = pair.bob_says("after");
    for _ in 0..3 {
        // Each reply lacks that message.
        pair.flow_without("never seen");
    }
    assert_eq!(pair.texts(), ["before", "after"]);
    assert_eq!(pair.subscribes().len(), 2);
    let gap = Gap { oldest: after.offset, reason: GapReason::Unknown };
    let told = pair
        .events
        .iter()
        .filter(|event| matches!(event, Event::Subscribed { gap: Some(one), .. } if *one == gap));
    assert_eq!(told.count(), 1, "nothing missing is silent: {:?}", pair.events);
    assert!(message.offset < after.prev);

    pair.bob_says("and on");
    pair.flow();
    assert_eq!(pair.texts(), ["before", "after", "and on"]);
    let gaps = pair.events.iter().filter(|event| matches!(event, Event::Subscribed { gap: Some(_), .. }));
    assert_eq!(gaps.count(), 1, "and it goes on from there");
}

#[test]
fn a_message_of_a_channel_that_is_not_followed_is_no_hole() {
    let mut pair = Pair::in_lobby();
    let mut message = pair.bob_says("late");
    pair.server.outgoing.clear();
    (message.prev, message.offset) = (Offset(50), Offset(51));
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.hear(&ServerMessage::Message(message));
    pair.flow();
    assert_eq!(pair.subscribes().len(), 1);
}

/// The server sends a heartbeat with the heads.
fn beat(pair: &mut Pair, offset: Offset) {
    let heads = vec![Head { channel: lobby(), offset, presence: None }];
    pair.hear(&ServerMessage::Heartbeat(Heartbeat { at: Timestamp(0), heads }));
}

#[test]
fn the_lost_last_message_of_a_quiet_channel_is_found_by_the_heartbeat() {
    let mut pair = Pair::in_lobby();
    lose(&mut pair, "one");
    beat(&mut pair, Offset(1));
    pair.flow();
    assert_eq!(pair.texts(), ["one"]);
    assert_eq!(pair.subscribes().len(), 2);
}

#[test]
fn a_heartbeat_that_tells_nothing_new_asks_nothing() {
    let mut pair = Pair::in_lobby();
    let seen = pair.bob_says("one");
    pair.flow();
    beat(&mut pair, seen.offset);
    beat(&mut pair, Offset(0));
    pair.flow();
    assert_eq!(pair.subscribes().len(), 1);
}

#[test]
fn what_no_question_brings_becomes_a_gap() {
    let mut pair = Pair::in_lobby();
    let never = Offset(9);
    beat(&mut pair, never);
    pair.flow();
    beat(&mut pair, never);
    pair.flow();
    beat(&mut pair, never);
    assert_eq!(pair.subscribes().len(), 2, "asked for once");
    let gaps = pair.events.iter().filter_map(|event| match event {
        Event::Subscribed { gap, .. } => *gap,
        _ => None,
    });
    assert_eq!(gaps.collect::<Vec<_>>(), [Gap { oldest: Offset(10), reason: GapReason::Unknown }]);
}
