//! Older messages and signals.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, lobby, text_of};
use crate::ids::Offset;
use crate::protocol::{
    ClientMessage, ErrorCode, ErrorReply, Payload, Push, Refusal, ServerMessage, Signal, SignalKind,
    SignalState,
};
use crate::session::{Event, Input};

fn ask(pair: &mut Pair, before: Option<Offset>, limit: u32) {
    pair.tell(Input::History { channel: lobby(), before, limit });
}

/// Returns the texts of each page, and whether there are older messages.
fn pages(pair: &Pair) -> Vec<(Vec<&str>, bool)> {
    let pages = pair.events.iter().filter_map(|event| match event {
        Event::Page { messages, more, .. } => {
            Some((messages.iter().filter_map(|message| text_of(&message.payload)).collect(), *more))
        }
        _ => None,
    });
    pages.collect()
}

#[test]
fn older_messages_come_in_pages() {
    let mut pair = Pair::online();
    let offsets = ["one", "two", "three"].map(|text| pair.bob_says(text).offset);
    ask(&mut pair, None, 2);
    pair.flow();
    ask(&mut pair, Some(offsets[1]), 2);
    pair.flow();
    assert_eq!(pages(&pair), [(vec!["two", "three"], true), (vec!["one"], false)]);
}

#[test]
fn pages_that_were_not_answered_are_asked_for_on_the_next_connection() {
    let mut pair = Pair::online();
    pair.bob_says("one");
    ask(&mut pair, None, 5);
    pair.server_hears();
    pair.cut();
    ask(&mut pair, Some(Offset(1)), 5);
    pair.come_back();
    assert_eq!(pages(&pair), [(vec!["one"], false), (vec![], false)]);
}

#[test]
fn a_page_is_told_with_what_was_asked() {
    let mut pair = Pair::online();
    for before in [Some(Offset(9)), None, Some(Offset(5))] {
        ask(&mut pair, before, 5);
    }
    pair.flow();
    let asked: Vec<_> = pair
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Page { before, .. } => Some(*before),
            _ => None,
        })
        .collect();
    assert_eq!(asked, [Some(Offset(9)), None, Some(Offset(5))]);
}

#[test]
fn refused_history_is_told_and_forgotten() {
    let mut pair = Pair::online();
    pair.server.refusals.push_back(Refusal::new(ErrorCode::HistoryOff, "None is kept."));
    ask(&mut pair, None, 5);
    pair.flow();
    let Some(Event::HistoryRefused { refusal, before: None, .. }) = pair.events.last() else {
        panic!("{:?}", pair.events)
    };
    assert_eq!(refusal.code, ErrorCode::HistoryOff);
    pair.cut();
    pair.come_back();
    assert_eq!(pages(&pair), []);
}

#[test]
fn history_refused_for_now_is_asked_for_again() {
    let mut pair = Pair::online();
    pair.bob_says("one");
    pair.server.busy_until = pair.now + std::time::Duration::from_millis(50);
    ask(&mut pair, None, 5);
    pair.flow();
    pair.elapse();
    pair.flow();
    assert_eq!(pages(&pair), [(vec!["one"], false)]);
}

#[test]
fn what_is_true_only_now_is_said_now_or_never() {
    let mut pair = Pair::new();
    let typing = Input::Signal { channel: lobby(), kind: SignalKind::Typing };
    let seen = Input::Seen { channel: lobby(), delivered: None, read: Some(Offset(3)) };
    for input in [&typing, &seen] {
        pair.tell(input.clone());
    }
    pair.tell(Input::Start);
    pair.connect();
    assert_eq!(pair.server.heard.len(), 1, "only hello: {:?}", pair.server.heard);
    for input in [typing, seen] {
        pair.tell(input);
    }
    pair.flow();
    let said = [
        ClientMessage::Signal { channel: lobby(), kind: SignalKind::Typing },
        ClientMessage::Seen { channel: lobby(), delivered: None, read: Some(Offset(3)) },
    ];
    assert_eq!(pair.server.heard[1..], said);
}

#[test]
fn pushes_signals_and_stray_errors_are_passed_on() {
    let mut pair = Pair::in_lobby();
    let from = pair.bob_says("hi").from;
    pair.flow();
    pair.forget();
    let push = Push { payload: Payload::chat("psst"), from: Some(from.clone()) };
    let signal = Signal { channel: lobby(), from, state: SignalState::Typing };
    let refusal = Refusal::new(ErrorCode::NotSubscribed, "Follow it first.");
    pair.hear(&ServerMessage::Push(push.clone()));
    pair.hear(&ServerMessage::Signal(signal.clone()));
    pair.hear(&ServerMessage::Error(ErrorReply { id: None, refusal: refusal.clone() }));
    assert_eq!(pair.events, [Event::Push(push), Event::Signal(signal), Event::Refused(refusal)]);
    assert!(pair.is_online());
}
