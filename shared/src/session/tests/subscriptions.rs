//! Subscriptions.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use super::pair::{Pair, channel, lobby};
use crate::ids::{Epoch, Offset};
use crate::limits::OUTBOX_IN_FLIGHT_MAX;
use crate::protocol::{
    ClientMessage, ErrorCode, Gap, GapReason, Position, PresenceChange, Refusal, ServerMessage, Subscribed,
};
use crate::session::{Event, Input};

/// Returns the gaps that the application received.
fn gaps(pair: &Pair) -> Vec<Gap> {
    let gaps = pair.events.iter().filter_map(|event| match event {
        Event::Subscribed { gap, .. } => *gap,
        _ => None,
    });
    gaps.collect()
}

#[test]
fn what_others_say_arrives_in_order() {
    let mut pair = Pair::in_lobby();
    for text in ["one", "two", "three"] {
        pair.bob_says(text);
    }
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two", "three"]);
}

#[test]
fn a_channel_wanted_before_the_connection_is_asked_for_when_there_is_one() {
    let mut pair = Pair::new();
    pair.subscribe(&lobby());
    pair.tell(Input::Start);
    pair.connect();
    assert!(pair.server.is_subscribed(&lobby()));
    let Some(Event::Subscribed { gap: None, .. }) = pair.events.last() else { panic!("{:?}", pair.events) };
}

#[test]
fn it_resumes_from_the_last_message_it_has_seen() {
    let mut pair = Pair::in_lobby();
    let seen = pair.bob_says("seen");
    pair.flow();
    pair.bob_says("on its way");
    pair.cut();
    pair.bob_says("missed");
    pair.come_back();
    assert_eq!(pair.texts(), ["seen", "on its way", "missed"]);
    let since = Position { epoch: pair.server.epoch, offset: seen.offset };
    assert_eq!(pair.subscribes().last().unwrap().since, Some(since));
    assert_eq!(gaps(&pair), []);
}

#[test]
fn a_subscription_whose_answer_was_lost_is_made_again() {
    let mut pair = Pair::online();
    pair.subscribe(&lobby());
    pair.server_hears();
    pair.cut();
    pair.come_back();
    pair.bob_says("hi");
    pair.flow();
    assert_eq!(pair.texts(), ["hi"]);
    assert_eq!(pair.subscribes().len(), 2);
}

#[test]
fn an_application_can_say_where_it_stands() {
    let mut pair = Pair::online();
    let first = pair.bob_says("read in an earlier visit");
    pair.bob_says("new");
    let since = Some(Position { epoch: pair.server.epoch, offset: first.offset });
    pair.tell(Input::Subscribe { channel: lobby(), since, presence: false });
    pair.flow();
    assert_eq!(pair.texts(), ["new"]);
}

#[test]
fn what_comes_twice_is_told_once() {
    let mut pair = Pair::in_lobby();
    let message = pair.bob_says("once");
    pair.flow();
    pair.hear(&ServerMessage::Message(message));
    assert_eq!(pair.texts(), ["once"]);
}

#[test]
fn messages_that_are_no_longer_kept_are_a_gap() {
    let mut pair = Pair::in_lobby();
    pair.bob_says("seen");
    pair.flow();
    pair.cut();
    for text in ["lost", "lost too", "kept"] {
        pair.bob_says(text);
    }
    pair.server.trim(&lobby(), 1);
    let oldest = Offset(pair.server.logs[&lobby()][0].prev.0 + 1);
    pair.come_back();
    assert_eq!(gaps(&pair), [Gap { oldest, reason: GapReason::Trimmed }]);
    assert_eq!(pair.texts(), ["seen", "kept"]);
}

#[test]
fn a_log_begun_anew_is_a_gap_and_read_from_its_begin() {
    let mut pair = Pair::in_lobby();
    for text in ["one", "two"] {
        pair.bob_says(text);
    }
    pair.flow();
    pair.cut();
    pair.server.epoch = Epoch(2);
    pair.server.logs.clear();
    for text in ["other one", "other two", "other three"] {
        pair.bob_says(text);
    }
    pair.come_back();
    assert_eq!(gaps(&pair), [Gap { oldest: Offset(1), reason: GapReason::Epoch }]);
    assert_eq!(pair.texts(), ["one", "two", "other one", "other two", "other three"]);
    pair.cut();
    pair.come_back();
    assert_eq!(gaps(&pair).len(), 1, "the new epoch is remembered");
}

#[test]
fn a_gap_in_the_middle_of_a_connection_moves_the_reader() {
    let mut pair = Pair::in_lobby();
    let id = pair.subscribes()[0].id;
    let position = Position { epoch: pair.server.epoch, offset: Offset(100) };
    let gap = Some(Gap { oldest: Offset(101), reason: GapReason::Trimmed });
    let answer = crate::protocol::Subscribed { id, channel: lobby(), position, head: Offset(101), gap };
    pair.hear(&ServerMessage::Subscribed(answer));
    assert_eq!(gaps(&pair).len(), 1);
    let mut next = pair.bob_says("after the gap");
    pair.server.outgoing.clear();
    (next.prev, next.offset) = (Offset(100), Offset(101));
    pair.hear(&ServerMessage::Message(next));
    assert_eq!(pair.texts(), ["after the gap"]);
    assert_eq!(pair.subscribes().len(), 1, "there is nothing to ask");
}

#[test]
fn a_channel_that_was_left_is_silent() {
    let mut pair = Pair::in_lobby();
    pair.bob_says("on its way");
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.flow();
    assert_eq!(pair.server.heard.last(), Some(&ClientMessage::Unsubscribe { channel: lobby() }));
    assert!(!pair.server.is_subscribed(&lobby()));
    pair.cut();
    pair.come_back();
    pair.bob_says("unheard");
    pair.flow();
    assert_eq!(pair.texts(), [""; 0]);
    assert_eq!(pair.subscribes().len(), 1);
}

#[test]
fn a_channel_that_is_left_before_it_is_followed_is_not_followed_later() {
    let mut pair = Pair::online();
    pair.subscribe(&lobby());
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.flow();
    assert!(!pair.server.is_subscribed(&lobby()), "the answer was on its way");
    pair.server.busy_until = pair.now + Duration::from_secs(1);
    pair.subscribe(&lobby());
    pair.flow();
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.pass(2_000);
    pair.tell(Input::Elapsed);
    pair.flow();
    pair.cut();
    pair.come_back();
    pair.bob_says("unheard");
    pair.flow();
    assert!(!pair.server.is_subscribed(&lobby()));
    assert_eq!((pair.subscribes().len(), pair.texts()), (2, Vec::new()));
}

#[test]
fn to_leave_and_come_back_at_once_loses_and_doubles_nothing() {
    let mut pair = Pair::in_lobby();
    let first = pair.bob_says("one");
    pair.flow();
    pair.bob_says("two");
    let since = Some(Position { epoch: pair.server.epoch, offset: first.offset });
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.tell(Input::Subscribe { channel: lobby(), since, presence: false });
    pair.client_hears();
    pair.flow();
    assert_eq!(pair.texts(), ["one", "two"]);
}

#[test]
fn the_answer_to_an_earlier_wish_is_not_the_answer_to_this() {
    let mut pair = Pair::online();
    let first = pair.bob_says("one");
    pair.bob_says("two");
    pair.subscribe(&lobby());
    let since = Position { epoch: pair.server.epoch, offset: first.offset };
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.tell(Input::Subscribe { channel: lobby(), since: Some(since), presence: false });
    pair.flow();
    let positions = pair.events.iter().filter_map(|event| match event {
        Event::Subscribed { position, .. } => Some(*position),
        _ => None,
    });
    assert_eq!(positions.collect::<Vec<_>>(), [since]);
    assert_eq!(pair.texts(), ["two"]);
}

#[test]
fn questions_that_are_refused_do_not_stand_in_the_way() {
    let mut pair = Pair::online();
    pair.server.presence_off = true;
    for number in 0..2 * OUTBOX_IN_FLIGHT_MAX {
        let channel = channel(&format!("room:{number}"));
        pair.tell(Input::Subscribe { channel, since: None, presence: true });
    }
    pair.subscribe(&lobby());
    pair.publish("hi");
    pair.flow();
    assert_eq!(pair.texts(), ["hi"]);
}

#[test]
fn a_refused_subscription_is_given_up() {
    let mut pair = Pair::online();
    pair.server.refusals.push_back(Refusal::new(ErrorCode::Forbidden, "Not yours."));
    pair.tell(Input::Subscribe { channel: channel("inbox:bob"), since: None, presence: true });
    pair.flow();
    let Some(Event::SubscribeRefused { channel, refusal }) = pair.events.last() else {
        panic!("{:?}", pair.events)
    };
    assert_eq!((channel.as_str(), refusal.code), ("inbox:bob", ErrorCode::Forbidden));
    let asks_who = |message: &ClientMessage| matches!(message, ClientMessage::Presence { .. });
    assert!(!pair.server.heard.iter().any(asks_who), "who is there is no question then");
    pair.cut();
    pair.come_back();
    assert_eq!(pair.subscribes().len(), 1);
}

#[test]
fn a_subscription_refused_for_now_is_asked_for_again() {
    let mut pair = Pair::online();
    pair.server.busy_until = pair.now + std::time::Duration::from_millis(400);
    pair.subscribe(&lobby());
    pair.flow();
    assert_eq!(pair.subscribes().len(), 1, "not before the time has come");
    pair.elapse();
    pair.flow();
    assert!(pair.server.is_subscribed(&lobby()));
    assert_eq!(pair.subscribes().len(), 2);
}

#[test]
fn who_is_there_is_asked_on_each_connection() {
    let mut pair = Pair::online();
    pair.tell(Input::Subscribe { channel: lobby(), since: None, presence: true });
    pair.flow();
    pair.cut();
    pair.come_back();
    let members = pair.events.iter().filter(
        |event| matches!(event, Event::Presence { change: PresenceChange::Members(members), .. } if members.len() == 1),
    );
    assert_eq!(members.count(), 2);
    let asked = pair.server.heard.iter().filter(|message| matches!(message, ClientMessage::Presence { .. }));
    assert_eq!(asked.count(), 2);
}

#[test]
fn a_channel_without_presence_is_followed_all_the_same() {
    let mut pair = Pair::online();
    pair.tell(Input::Subscribe { channel: lobby(), since: None, presence: true });
    pair.server.presence_off = true;
    pair.flow();
    let Some(Event::Refused(refusal)) = pair.events.last() else { panic!("{:?}", pair.events) };
    assert_eq!(refusal.code, ErrorCode::PresenceOff);
    pair.bob_says("hi");
    pair.flow();
    assert_eq!(pair.texts(), ["hi"]);
}

#[test]
fn a_gap_of_another_log_is_one_of_the_epoch_whatever_it_says() {
    let mut pair = Pair::in_lobby();
    pair.bob_says("one");
    pair.flow();
    pair.cut();
    pair.elapse();
    pair.open();
    pair.server_hears();
    pair.client_hears();
    // The server starts with a new log, and the first reply with its epoch is lost.
    let id = match pair.outgoing.front() {
        Some(ClientMessage::Subscribe(subscribe)) => subscribe.id,
        other => panic!("{other:?}"),
    };
    pair.outgoing.clear();
    let (position, oldest) = (Position { epoch: Epoch(77), offset: Offset(1) }, Offset(2));
    let gap = Some(Gap { oldest, reason: GapReason::Trimmed });
    let answer = Subscribed { id, channel: lobby(), position, head: Offset(1), gap };
    pair.hear(&ServerMessage::Subscribed(answer));
    assert_eq!(gaps(&pair), [Gap { oldest, reason: GapReason::Epoch }]);
}
