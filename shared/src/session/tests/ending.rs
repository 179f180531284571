//! The server closes the connection.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use super::pair::{Pair, Socket};
use super::server::HEARTBEAT_MS;
use crate::protocol::CloseCode;
use crate::session::{Input, Status};

fn ended(code: u16) -> Status {
    Status::Ended { code: Some(CloseCode(code)), reason: "The server's own words.".to_owned() }
}

#[test]
fn the_server_says_when_to_come_back() {
    let mut pair = Pair::in_lobby();
    pair.announce(4000, Some(1_234));
    assert!(pair.is_online(), "the announcement alone ends nothing");
    pair.close_with(Some(4000));
    assert_eq!(pair.waiting().0, Duration::from_millis(1_234));
    pair.come_back();
    assert!(pair.is_online());
}

#[test]
fn what_the_server_said_is_for_one_connection() {
    let mut pair = Pair::online();
    pair.announce(4000, Some(3_600_000));
    pair.close_with(Some(4000));
    pair.come_back();
    pair.cut();
    assert!(pair.waiting().0 < Duration::from_millis(3_600_000));
}

#[test]
fn codes_up_to_4499_come_back() {
    for code in [None, Some(1000), Some(1001), Some(1006), Some(1011), Some(4000), Some(4499)] {
        let mut pair = Pair::online();
        pair.close_with(code);
        pair.come_back();
        assert!(pair.is_online(), "{code:?}");
    }
}

#[test]
fn codes_from_4500_on_do_not_come_back() {
    for code in [4500, 4501, 4998, 4999] {
        let mut pair = Pair::online();
        pair.announce(code, None);
        pair.close_with(Some(code));
        assert_eq!(pair.status(), ended(code));
        assert_eq!(pair.session.poll_timeout(), None);
        for input in [Input::Elapsed, Input::Woken] {
            pair.tell(input);
        }
        assert_eq!((pair.status(), pair.opens), (ended(code), 1), "only a person brings it back");
    }
}

#[test]
fn an_end_without_words_is_one_too() {
    let mut pair = Pair::online();
    pair.close_with(Some(4500));
    assert!(matches!(pair.status(), Status::Ended { code: Some(CloseCode(4500)), .. }));
}

#[test]
fn the_announcement_counts_where_the_close_frame_is_lost() {
    for code in [None, Some(1006), Some(1005)] {
        let mut pair = Pair::online();
        pair.announce(4500, None);
        pair.close_with(code);
        assert_eq!(pair.status(), ended(4500), "{code:?}");
    }
}

#[test]
fn the_announcement_counts_where_no_close_comes_at_all() {
    let mut pair = Pair::online();
    pair.announce(4500, None);
    pair.elapse();
    assert_eq!((pair.status(), pair.closes), (ended(4500), 1));

    let mut pair = Pair::online();
    pair.announce(4001, Some(777));
    pair.pass(2 * HEARTBEAT_MS);
    pair.tell(Input::Elapsed);
    assert_eq!(pair.waiting().0, Duration::from_millis(777));
}

#[test]
fn a_person_can_begin_again_after_the_end() {
    for input in [Input::Start, Input::ConnectNow] {
        let mut pair = Pair::in_lobby();
        pair.close_with(Some(4500));
        let id = pair.publish("kept");
        pair.tell(input);
        assert_eq!(pair.status(), Status::Connecting { attempt: 0 });
        pair.connect();
        assert_eq!(pair.texts(), ["kept"]);
        assert_eq!(pair.deliveries(id).len(), 2);
    }
}

#[test]
fn an_end_during_the_greeting_is_an_end() {
    let mut pair = Pair::new();
    pair.server.mute = true;
    pair.tell(Input::Start);
    pair.connect();
    pair.announce(4501, None);
    pair.close_with(Some(4501));
    assert_eq!((pair.status(), pair.socket), (ended(4501), Socket::None));
}
