//! The user stops the session, in each of its states.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, Socket};
use crate::session::{Input, Status};

fn assert_stopped(mut pair: Pair, closes: usize) {
    pair.tell(Input::Stop);
    assert_eq!((pair.status(), pair.socket, pair.closes), (Status::Stopped, Socket::None, closes));
    assert_eq!(pair.session.poll_timeout(), None);
    let opens = pair.opens;
    pair.forget();
    for input in [Input::Elapsed, Input::Woken, Input::ConnectNow, Input::Closed { code: None }, Input::Stop]
    {
        pair.tell(input);
    }
    assert_eq!((pair.status(), pair.opens, pair.closes), (Status::Stopped, opens, closes));
    assert_eq!(pair.events, [], "nothing has changed");

    pair.server.mute = false;
    pair.tell(Input::Start);
    pair.connect();
    assert!(pair.is_online(), "it can be started again");
}

#[test]
fn before_the_start() {
    assert_stopped(Pair::new(), 0);
}

#[test]
fn while_a_socket_is_being_opened() {
    let mut pair = Pair::new();
    pair.tell(Input::Start);
    assert_stopped(pair, 1);
}

#[test]
fn while_hello_is_unanswered() {
    let mut pair = Pair::new();
    pair.server.mute = true;
    pair.tell(Input::Start);
    pair.connect();
    assert_stopped(pair, 1);
}

#[test]
fn while_online() {
    assert_stopped(Pair::in_lobby(), 1);
}

#[test]
fn while_waiting_for_the_next_try() {
    let mut pair = Pair::online();
    pair.cut();
    assert_stopped(pair, 0);
}

#[test]
fn after_the_end() {
    let mut pair = Pair::online();
    pair.close_with(Some(4500));
    assert_stopped(pair, 0);
}

#[test]
fn what_was_wanted_is_remembered() {
    let mut pair = Pair::in_lobby();
    pair.tell(Input::Stop);
    pair.bob_says("while away");
    pair.publish("written while stopped");
    pair.tell(Input::Start);
    pair.connect();
    assert_eq!(pair.texts(), ["while away", "written while stopped"]);
}
