//! The behaviour at each limit.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use super::pair::{Pair, channel};
use crate::limits::{HISTORY_REQUESTS_MAX, OUTBOX_IN_FLIGHT_MAX, OUTBOX_MESSAGES_MAX};
use crate::protocol::ErrorCode;
use crate::session::{Delivery, Event, Input};

#[test]
fn the_outbox_is_full_at_its_limit() {
    let mut pair = Pair::new();
    let last = (0..OUTBOX_MESSAGES_MAX).map(|number| pair.publish(&number.to_string())).last().unwrap();
    assert_eq!(pair.deliveries(last), [&Delivery::Local]);
    let over = pair.publish("one more");
    let Some(Delivery::Failed { refusal }) = pair.deliveries(over).pop() else {
        panic!("{:?}", pair.events.last())
    };
    assert_eq!(refusal.code, ErrorCode::OutboxFull);

    pair.tell(Input::Start);
    pair.connect();
    assert_eq!(pair.published().len(), OUTBOX_MESSAGES_MAX);
    assert!(!pair.published().contains(&"one more"), "what was not taken is not sent");
    let after = pair.publish("room again");
    assert_eq!(pair.deliveries(after), [&Delivery::Local]);
}

#[test]
fn only_so_many_messages_are_on_the_way_at_a_time() {
    let mut pair = Pair::online();
    for number in 0..OUTBOX_IN_FLIGHT_MAX + 5 {
        pair.publish(&number.to_string());
    }
    assert_eq!(pair.outgoing.len(), OUTBOX_IN_FLIGHT_MAX);
    pair.server_hears();
    pair.client_hears();
    assert_eq!(pair.outgoing.len(), OUTBOX_IN_FLIGHT_MAX, "an answer makes room for one");
    pair.flow();
    let all: Vec<String> = (0..OUTBOX_IN_FLIGHT_MAX + 5).map(|number| number.to_string()).collect();
    assert_eq!(pair.published(), all);
}

#[test]
fn only_so_many_channels_are_asked_for_at_a_time() {
    let mut pair = Pair::new();
    for number in 0..256 {
        let channel = channel(&format!("room:{number}"));
        pair.tell(Input::Subscribe { channel, since: None, presence: true });
    }
    pair.tell(Input::Start);
    pair.open();
    pair.server_hears();
    pair.client_hears();
    assert_eq!(pair.outgoing.len(), OUTBOX_IN_FLIGHT_MAX);
    pair.flow();
    assert_eq!(pair.subscribes().len(), 256);
    assert_eq!(pair.events.iter().filter(|event| matches!(event, Event::Presence { .. })).count(), 256);
}

#[test]
fn a_refusal_for_now_is_a_pause_for_all_and_then_it_goes_on_in_order() {
    let mut pair = Pair::in_lobby();
    pair.server.busy_until = pair.now + Duration::from_millis(250);
    for number in 0..8 {
        pair.publish(&number.to_string());
    }
    pair.flow();
    assert_eq!(pair.published().len(), 8);
    pair.publish("8");
    pair.flow();
    assert_eq!(pair.published().len(), 8, "nothing is sent during the pause");
    assert_eq!(pair.session.poll_timeout(), Some(pair.server.busy_until));
    pair.elapse();
    for on_the_way in [1, 2, 3] {
        assert_eq!(
            pair.outgoing.len(),
            on_the_way,
            "one tries whether the pause is over, and one more with each answer"
        );
        pair.server_hears();
        pair.client_hears();
        pair.client_hears();
    }
    pair.flow();
    assert_eq!(pair.texts(), ["0", "1", "2", "3", "4", "5", "6", "7", "8"]);
}

#[test]
fn a_server_that_stays_busy_is_asked_once_a_pause() {
    let mut pair = Pair::in_lobby();
    for number in 0..OUTBOX_IN_FLIGHT_MAX {
        pair.publish(&number.to_string());
    }
    for _ in 0..10 {
        pair.server.busy_until = pair.now + Duration::from_millis(100);
        pair.flow();
        pair.elapse();
    }
    assert_eq!(pair.published().len(), OUTBOX_IN_FLIGHT_MAX + 9);
    pair.server.busy_until = pair.now;
    pair.flow();
    assert_eq!(pair.texts().len(), OUTBOX_IN_FLIGHT_MAX);
}

#[test]
fn a_pause_ends_with_its_connection() {
    let mut pair = Pair::in_lobby();
    pair.server.busy_until = pair.now + Duration::from_millis(3_600_000);
    pair.publish("hi");
    pair.flow();
    pair.cut();
    pair.server.busy_until = pair.now;
    for number in 0..OUTBOX_IN_FLIGHT_MAX {
        pair.publish(&number.to_string());
    }
    pair.elapse();
    pair.open();
    pair.server_hears();
    pair.client_hears();
    assert_eq!(pair.outgoing.len(), OUTBOX_IN_FLIGHT_MAX, "nothing of it is left on the next");
    pair.flow();
    assert_eq!(pair.texts().len(), OUTBOX_IN_FLIGHT_MAX + 1);
}

#[test]
fn only_so_many_pages_are_asked_for_at_a_time() {
    let mut pair = Pair::new();
    let history = Input::History { channel: channel("room:lobby"), before: None, limit: 10 };
    for _ in 0..HISTORY_REQUESTS_MAX {
        pair.tell(history.clone());
    }
    assert_eq!(pair.events, []);
    pair.tell(history);
    let Some(Event::HistoryRefused { refusal, .. }) = pair.events.last() else { panic!("{:?}", pair.events) };
    assert_eq!(refusal.code, ErrorCode::OutboxFull);
    pair.tell(Input::Start);
    pair.connect();
    assert_eq!(
        pair.events.iter().filter(|event| matches!(event, Event::Page { .. })).count(),
        HISTORY_REQUESTS_MAX
    );
}
