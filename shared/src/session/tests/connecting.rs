//! Opening, keeping and losing a connection, and connecting again.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use super::pair::{Pair, Socket, lobby};
use super::server::HEARTBEAT_MS;
use crate::protocol::{ClientMessage, Heartbeat, Hello, ServerMessage, VERSION};
use crate::session::backoff::{BACKOFF_FIRST_MS, BACKOFF_MAX_MS};
use crate::session::state::{CONNECT_MS_MAX, STABLE_MS};
use crate::session::{Event, Input, Status};
use crate::time::Timestamp;

#[test]
fn nothing_happens_before_the_start() {
    let mut pair = Pair::new();
    pair.tell(Input::Elapsed);
    pair.tell(Input::Woken);
    pair.tell(Input::ConnectNow);
    assert_eq!((pair.status(), pair.socket), (Status::Stopped, Socket::None));
    assert_eq!(pair.session.poll_timeout(), None);
}

#[test]
fn it_connects_and_says_hello() {
    let mut pair = Pair::new();
    pair.tell(Input::Start);
    assert_eq!(pair.status(), Status::Connecting { attempt: 0 });
    pair.open();
    assert_eq!(pair.status(), Status::Connecting { attempt: 0 }, "an open socket is not all of it");
    pair.flow();
    let name = pair.server.greeted.as_ref().map(|sender| sender.name.clone());
    let hello = ClientMessage::Hello(Hello { version: VERSION, token: None, name });
    assert_eq!(pair.server.heard, [hello]);
    assert!(pair.is_online());
    let Some(Event::Welcomed { user, name, .. }) = pair.events.last() else { panic!("{:?}", pair.events) };
    assert_eq!((user.as_str(), name.as_str()), ("guest-1", "Ada"));
}

#[test]
fn starting_twice_is_starting_once() {
    let mut pair = Pair::online();
    pair.tell(Input::Start);
    pair.tell(Input::ConnectNow);
    pair.tell(Input::Woken);
    assert_eq!((pair.opens, pair.closes), (1, 0));
}

#[test]
fn each_change_of_state_is_told_once() {
    let mut pair = Pair::online();
    pair.cut();
    pair.come_back();
    let statuses = pair.events.iter().filter_map(|event| match event {
        Event::Status(Status::Connecting { attempt }) => Some(("connecting", *attempt)),
        Event::Status(Status::Online { .. }) => Some(("online", 0)),
        Event::Status(Status::Waiting { attempt, .. }) => Some(("waiting", *attempt)),
        _ => None,
    });
    let expected = [("connecting", 0), ("online", 0), ("waiting", 1), ("connecting", 1), ("online", 0)];
    assert_eq!(statuses.collect::<Vec<_>>(), expected);
}

#[test]
fn a_socket_that_does_not_open_in_time_is_given_up() {
    let mut pair = Pair::new();
    pair.tell(Input::Start);
    pair.pass(CONNECT_MS_MAX - 1);
    pair.tell(Input::Elapsed);
    assert_eq!(pair.socket, Socket::Opening, "a timer that is early does no harm");
    pair.pass(1);
    pair.tell(Input::Elapsed);
    assert_eq!((pair.socket, pair.closes), (Socket::None, 1));
    assert_eq!(pair.waiting().1, 1);
}

#[test]
fn a_hello_that_is_not_answered_in_time_is_given_up() {
    let mut pair = Pair::new();
    pair.server.mute = true;
    pair.tell(Input::Start);
    pair.pass(CONNECT_MS_MAX / 2);
    pair.connect();
    assert_eq!(pair.session.poll_timeout().unwrap().since(pair.now).as_millis(), u128::from(CONNECT_MS_MAX));
    pair.elapse();
    assert_eq!((pair.closes, pair.waiting().1), (1, 1));
}

#[test]
fn waits_grow_with_each_failure_up_to_a_bound() {
    let mut pair = Pair::new();
    pair.tell(Input::Start);
    let mut longest = Duration::ZERO;
    for attempt in 1..200_u32 {
        assert_eq!(pair.status(), Status::Connecting { attempt: attempt - 1 });
        pair.cut();
        let (wait, attempts) = pair.waiting();
        assert_eq!(attempts, attempt);
        let bound = BACKOFF_FIRST_MS.saturating_mul(1 << (attempt - 1).min(16)).min(BACKOFF_MAX_MS);
        assert!(wait <= Duration::from_millis(bound), "{wait:?} after {attempt} failures");
        longest = longest.max(wait);
        pair.elapse();
    }
    assert!(longest > Duration::from_millis(BACKOFF_MAX_MS * 9 / 10), "{longest:?}");
}

#[test]
fn two_heartbeats_without_a_sign_are_too_long() {
    let mut pair = Pair::online();
    pair.pass(2 * HEARTBEAT_MS - 1);
    pair.tell(Input::Elapsed);
    assert!(pair.is_online());
    pair.pass(1);
    pair.tell(Input::Elapsed);
    assert_eq!((pair.socket, pair.closes), (Socket::None, 1));
    assert!(pair.waiting().0 <= Duration::from_millis(BACKOFF_FIRST_MS));
}

#[test]
fn whatever_comes_is_a_sign_of_life() {
    let mut pair = Pair::in_lobby();
    for message in
        [ServerMessage::Heartbeat(Heartbeat { at: Timestamp(0), heads: Vec::new() }), ServerMessage::Unknown]
    {
        pair.pass(2 * HEARTBEAT_MS - 1);
        pair.hear(&message);
    }
    pair.pass(2 * HEARTBEAT_MS - 1);
    pair.bob_says("still here");
    pair.flow();
    pair.pass(2 * HEARTBEAT_MS - 1);
    pair.tell(Input::Elapsed);
    assert!(pair.is_online());
}

#[test]
fn a_sleep_longer_than_the_silence_is_noticed_on_waking() {
    let mut pair = Pair::online();
    pair.pass(HEARTBEAT_MS);
    pair.tell(Input::Woken);
    assert!(pair.is_online(), "a short sleep breaks nothing");
    pair.pass(8 * 3_600_000);
    pair.tell(Input::Woken);
    assert_eq!(pair.closes, 1);
    assert!(!pair.is_online());
}

#[test]
fn waking_and_asking_end_a_wait() {
    for input in [Input::Woken, Input::ConnectNow] {
        let mut pair = Pair::online();
        pair.announce(4000, Some(60_000));
        pair.close_with(Some(4000));
        assert_eq!(pair.waiting(), (Duration::from_millis(60_000), 1));
        pair.tell(input);
        assert_eq!(pair.status(), Status::Connecting { attempt: 1 });
        pair.connect();
        assert!(pair.is_online());
    }
}

#[test]
fn a_connection_that_drops_soon_counts_as_a_failure() {
    let mut pair = Pair::online();
    for failures in 1..=5 {
        pair.pass(STABLE_MS - 1);
        pair.cut();
        assert_eq!(pair.waiting().1, failures);
        pair.come_back();
    }
    pair.pass(STABLE_MS);
    pair.cut();
    assert_eq!(pair.waiting().1, 0, "one that was stable begins anew");
    pair.come_back();
    pair.cut();
    assert_eq!(pair.waiting().1, 1);
}

#[test]
fn what_comes_after_the_end_of_a_connection_is_harmless() {
    let mut pair = Pair::in_lobby();
    let message = pair.bob_says("too late");
    pair.cut();
    let before = pair.forget().len();
    pair.hear(&ServerMessage::Message(message));
    pair.tell(Input::Opened);
    pair.tell(Input::Closed { code: None });
    assert!(before > 0);
    assert_eq!(pair.events, []);
    pair.come_back();
    assert_eq!(pair.texts(), ["too late"]);
    assert!(pair.server.is_subscribed(&lobby()));
}
