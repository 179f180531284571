//! Requests that the server cannot read: each is refused, and none blocks the others.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, channel};
use super::server::HEARTBEAT_MS;
use crate::ids::{DisplayName, MessageId};
use crate::limits::{REQUEST_MS_MAX, TEXT_BYTES_MAX};
use crate::protocol::{
    ClientMessage, ErrorCode, ErrorReply, Heartbeat, Refusal, ServerMessage, SignalKind, codec,
};
use crate::session::{Credential, Delivery, Event, Input, SessionConfig, Status};
use crate::time::Timestamp;

/// Returns why a message failed, or `None` if it did not.
fn failure(pair: &Pair, id: MessageId) -> Option<ErrorCode> {
    match pair.deliveries(id).last() {
        Some(Delivery::Failed { refusal }) => Some(refusal.code),
        _ => None,
    }
}

fn is_accepted(pair: &Pair, id: MessageId) -> bool {
    matches!(pair.deliveries(id).last(), Some(Delivery::Accepted { .. }))
}

/// Returns the size of the largest message that the server received, in bytes.
fn longest(pair: &Pair) -> usize {
    pair.server.heard.iter().map(|message| codec::encode_client(message).len()).max().unwrap_or_default()
}

/// Lets the session retry until nothing is left to do, and checks that it ends.
fn settle(pair: &mut Pair) {
    for _ in 0..20 {
        pair.flow();
        match pair.status() {
            Status::Waiting { .. } => {
                pair.elapse();
                pair.open();
            }
            _ => return,
        }
    }
    panic!("it never ends: {:?}", pair.status());
}

#[test]
fn a_message_above_the_servers_limit_fails_at_once_and_the_next_is_sent() {
    let mut pair = Pair::new();
    pair.server.frame_bytes_max = 400;
    pair.tell(Input::Start);
    pair.connect();
    let large = pair.publish(&"x".repeat(400));
    assert_eq!(failure(&pair, large), Some(ErrorCode::PayloadTooLarge));
    let after = pair.publish("after");
    pair.flow();
    assert!(is_accepted(&pair, after));
    pair.tell(Input::Retry { message_id: large });
    pair.cut();
    pair.come_back();
    assert_eq!(failure(&pair, large), Some(ErrorCode::PayloadTooLarge));
    assert_eq!((pair.published(), pair.opens), (vec!["after"], 2));
}

#[test]
fn a_frame_is_measured_as_it_is_sent() {
    let mut pair = Pair::in_lobby();
    let text = "\u{1}".repeat(12_000);
    assert!(text.len() <= TEXT_BYTES_MAX);
    let escaped = pair.publish(&text);
    let longest_that_fits = pair.publish(&"x".repeat(TEXT_BYTES_MAX));
    pair.flow();
    assert_eq!(failure(&pair, escaped), Some(ErrorCode::PayloadTooLarge));
    assert!(is_accepted(&pair, longest_that_fits) && pair.opens == 1);
}

#[test]
fn a_frame_of_exactly_the_limit_is_sent() {
    let mut pair = Pair::online();
    let fits = pair.publish("hello");
    pair.flow();
    pair.cut();
    pair.server.frame_bytes_max = u64::try_from(longest(&pair)).unwrap();
    pair.come_back();
    let same_size = pair.publish("world");
    let one_more = pair.publish("worlds");
    pair.flow();
    assert!(is_accepted(&pair, fits) && is_accepted(&pair, same_size));
    assert_eq!(failure(&pair, one_more), Some(ErrorCode::PayloadTooLarge));
}

#[test]
fn a_limit_that_is_smaller_after_a_reconnect_counts() {
    let mut pair = Pair::in_lobby();
    pair.cut();
    let large = pair.publish(&"x".repeat(500));
    let after = pair.publish("after");
    pair.server.frame_bytes_max = 400;
    pair.come_back();
    assert_eq!(failure(&pair, large), Some(ErrorCode::PayloadTooLarge));
    assert!(is_accepted(&pair, after) && pair.opens == 2);
}

#[test]
fn every_kind_of_request_is_settled_when_it_is_too_large() {
    let mut pair = Pair::online();
    pair.cut();
    pair.server.frame_bytes_max = 90;
    pair.come_back();
    let long = channel(&format!("room:{}", "x".repeat(100)));
    pair.tell(Input::Subscribe { channel: long.clone(), since: None, presence: true });
    pair.tell(Input::History { channel: long.clone(), before: None, limit: 10 });
    pair.tell(Input::Signal { channel: long.clone(), kind: SignalKind::Typing });
    pair.tell(Input::Seen { channel: long.clone(), delivered: None, read: None });
    pair.tell(Input::Unsubscribe { channel: long.clone() });
    pair.flow();
    let refused = |event: &Event| match event {
        Event::SubscribeRefused { channel, refusal } | Event::HistoryRefused { channel, refusal, .. } => {
            *channel == long && refusal.code == ErrorCode::PayloadTooLarge
        }
        _ => false,
    };
    assert_eq!(pair.events.iter().filter(|event| refused(event)).count(), 2, "{:?}", pair.events);
    assert!(longest(&pair) <= 90 && pair.is_online());
    pair.subscribe(&channel("room:short"));
    pair.flow();
    assert_eq!(pair.subscribes().len(), 1);
}

#[test]
fn a_connection_that_is_closed_because_of_a_request_does_not_carry_it_for_ever() {
    for code in [1002, 1007, 1009] {
        let mut pair = Pair::in_lobby();
        // A limit that the server does not announce, for example of a proxy.
        pair.closes_above = Some((400, code));
        let (before, large) = (pair.publish("before"), pair.publish(&"x".repeat(400)));
        let (after, other) = (pair.publish("after"), pair.publish(&"y".repeat(400)));
        settle(&mut pair);
        assert!(is_accepted(&pair, before) && is_accepted(&pair, after), "{code}: {:?}", pair.events);
        let wanted = if code == 1009 { ErrorCode::PayloadTooLarge } else { ErrorCode::InvalidField };
        assert_eq!((failure(&pair, large), failure(&pair, other)), (Some(wanted), Some(wanted)));
        assert!(pair.is_online() && pair.opens <= 4, "{} connections", pair.opens);
        let more = [pair.publish("three"), pair.publish("four")];
        pair.server_hears();
        pair.server_hears();
        settle(&mut pair);
        assert!(more.into_iter().all(|id| is_accepted(&pair, id)));
    }
}

#[test]
fn one_close_because_of_a_message_blames_nobody() {
    let mut pair = Pair::in_lobby();
    let ids = ["one", "two"].map(|text| pair.publish(text));
    // Damaged on the way, once.
    pair.close_with(Some(1007));
    settle(&mut pair);
    assert!(ids.into_iter().all(|id| is_accepted(&pair, id)));
}

#[test]
fn a_hello_that_the_server_cannot_read_is_said_twice() {
    for code in [1002, 1007, 1009] {
        let credential = Credential::Token("x".repeat(500));
        let name = DisplayName::parse("Ada").ok();
        let mut pair = Pair::with(SessionConfig { credential, name });
        pair.closes_above = Some((400, code));
        let kept = pair.publish("kept");
        pair.tell(Input::Start);
        pair.open();
        settle(&mut pair);
        assert!(matches!(pair.status(), Status::Ended { code: Some(_), .. }), "{:?}", pair.status());
        assert_eq!(pair.opens, 2);
        assert_eq!(pair.deliveries(kept), [&Delivery::Local], "the outbox is kept");
    }
}

#[test]
fn an_error_that_names_no_request_is_for_the_one_that_stays_unanswered() {
    let mut pair = Pair::in_lobby();
    pair.server.unreadable = Some("half an emoji");
    let (before, half) = (pair.publish("before"), pair.publish("half an emoji"));
    let after = pair.publish("after");
    pair.flow();
    assert!(is_accepted(&pair, before) && is_accepted(&pair, after), "{:?}", pair.events);
    assert_eq!(failure(&pair, half), Some(ErrorCode::NotJson));
    let alone = pair.publish("half an emoji");
    pair.flow();
    assert_eq!(failure(&pair, alone), Some(ErrorCode::NotJson));
    let refused = pair.events.iter().any(|event| matches!(event, Event::Refused(_)));
    assert!(!refused, "it is told once, with its message");
    assert_eq!(pair.opens, 1);
}

#[test]
fn while_it_is_open_which_request_was_refused_no_other_is_sent() {
    let mut pair = Pair::online();
    pair.server.unreadable = Some("half");
    let (one, half) = (pair.publish("one"), pair.publish("half"));
    pair.server_hears();
    let slow = pair.server.outgoing.pop_back().unwrap();
    pair.flow();
    assert_eq!((failure(&pair, one), failure(&pair, half)), (None, None));
    let next = pair.publish("next");
    pair.flow();
    assert_eq!(pair.published(), ["one", "half"]);
    pair.hear(&slow);
    pair.flow();
    assert_eq!((failure(&pair, half), is_accepted(&pair, next)), (Some(ErrorCode::NotJson), true));
}

#[test]
fn an_error_about_a_signal_blames_no_request() {
    let mut pair = Pair::online();
    let id = pair.publish("slow");
    for refusal in [
        Refusal::new(ErrorCode::NotSubscribed, "Not subscribed."),
        Refusal { retry_after_ms: Some(5), ..Refusal::new(ErrorCode::RateLimited, "Wait.") },
    ] {
        pair.hear(&ServerMessage::Error(ErrorReply { id: None, refusal }));
    }
    assert_eq!(pair.events.iter().filter(|event| matches!(event, Event::Refused(_))).count(), 2);
    pair.flow();
    assert!(is_accepted(&pair, id));
}

#[test]
fn an_error_about_a_signal_and_a_lost_answer_refuse_nothing() {
    let mut pair = Pair::online();
    let id = pair.publish("its answer is lost");
    pair.server_hears();
    pair.server.outgoing.clear();
    let refusal = Refusal::new(ErrorCode::NotSubscribed, "Subscribe to the channel first.");
    pair.hear(&ServerMessage::Error(ErrorReply { id: None, refusal }));
    pair.pass(REQUEST_MS_MAX - HEARTBEAT_MS);
    pair.hear(&ServerMessage::Heartbeat(Heartbeat { at: Timestamp(0), heads: Vec::new() }));
    pair.elapse();
    assert_eq!(failure(&pair, id), None);
    pair.come_back();
    assert!(is_accepted(&pair, id));
}

#[test]
fn a_request_that_is_never_answered_after_such_an_error_is_given_up() {
    let mut pair = Pair::online();
    pair.server.mute = true;
    let id = pair.publish("never answered");
    pair.flow();
    let refusal = Refusal::new(ErrorCode::Internal, "The server has failed.");
    pair.hear(&ServerMessage::Error(ErrorReply { id: None, refusal }));
    pair.pass(REQUEST_MS_MAX - HEARTBEAT_MS);
    pair.hear(&ServerMessage::Heartbeat(Heartbeat { at: Timestamp(0), heads: Vec::new() }));
    pair.elapse();
    assert_eq!(failure(&pair, id), Some(ErrorCode::Internal));
    pair.server.mute = false;
    pair.come_back();
    let publishes = |message: &&ClientMessage| matches!(message, ClientMessage::Publish(_));
    assert_eq!(pair.server.heard.iter().filter(publishes).count(), 1);
}
