//! Credentials and names.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use super::pair::Pair;
use super::server::ADAS_TOKEN;
use crate::ids::DisplayName;
use crate::protocol::{ClientMessage, ErrorCode, Refusal};
use crate::session::{Credential, Delivery, Event, Input, SessionConfig, Status};

fn with_credential(credential: Credential) -> Pair {
    let mut pair = Pair::with(SessionConfig { credential, name: None });
    pair.tell(Input::Start);
    pair.connect();
    pair
}

/// Returns the user that the server sees.
fn user_of(pair: &Pair) -> &str {
    pair.server.greeted.as_ref().map_or("nobody", |sender| sender.user.as_str())
}

fn tokens_said(pair: &Pair) -> Vec<Option<&str>> {
    let hellos = pair.server.heard.iter().filter_map(|message| match message {
        ClientMessage::Hello(hello) => Some(hello.token.as_deref()),
        _ => None,
    });
    hellos.collect()
}

fn tokens_given(pair: &Pair) -> Vec<Option<&str>> {
    let welcomes = pair.events.iter().filter_map(|event| match event {
        Event::Welcomed { token, .. } => Some(token.as_deref()),
        _ => None,
    });
    welcomes.collect()
}

#[test]
fn a_guest_stays_the_same_across_connections() {
    let mut pair = Pair::online();
    pair.cut();
    pair.come_back();
    assert_eq!(user_of(&pair), "guest-1");
    assert_eq!(tokens_said(&pair), [None, Some("guest:guest-1")]);
    assert_eq!(tokens_given(&pair), [Some("guest:guest-1"), None], "the application is given the token once");
}

#[test]
fn a_guest_of_an_earlier_visit_is_the_same() {
    let pair = with_credential(Credential::Guest(Some("guest:guest-77".to_owned())));
    assert_eq!(user_of(&pair), "guest-77");
}

#[test]
fn a_guest_whose_token_is_not_taken_is_a_new_guest_at_once() {
    let mut pair = with_credential(Credential::Guest(Some("of another server".to_owned())));
    assert_eq!(tokens_said(&pair), [Some("of another server"), None]);
    assert_eq!((pair.opens, pair.closes), (1, 0), "on the same connection");
    assert_eq!(tokens_given(&pair), [Some("guest:guest-1")]);
    pair.cut();
    pair.come_back();
    assert_eq!(user_of(&pair), "guest-1");
}

#[test]
fn a_user_of_the_application_says_its_token_each_time() {
    let mut pair = with_credential(Credential::Token(ADAS_TOKEN.to_owned()));
    pair.cut();
    pair.come_back();
    assert_eq!(user_of(&pair), "ada");
    assert_eq!(tokens_said(&pair), [Some(ADAS_TOKEN), Some(ADAS_TOKEN)]);
}

#[test]
fn an_application_token_that_is_not_taken_ends_the_session() {
    let pair = with_credential(Credential::Token("expired".to_owned()));
    let reason = "This token is not valid here.".to_owned();
    assert_eq!(pair.status(), Status::Ended { code: None, reason });
    assert_eq!((pair.opens, pair.closes), (1, 1));
    assert_eq!(pair.session.poll_timeout(), None);
}

#[test]
fn what_a_user_has_written_waits_for_a_token_that_is_taken() {
    let mut pair = with_credential(Credential::Token("expired".to_owned()));
    let id = pair.publish("in Ada's name alone");
    pair.tell(Input::ConnectNow);
    pair.connect();
    assert!(matches!(pair.status(), Status::Ended { .. }));
    assert_eq!(tokens_said(&pair), [Some("expired"), Some("expired")], "it never becomes a guest");
    pair.tell(Input::Renew { token: ADAS_TOKEN.to_owned() });
    pair.connect();
    assert_eq!(user_of(&pair), "ada");
    assert!(matches!(pair.deliveries(id).last(), Some(Delivery::Accepted { .. })));
}

#[test]
fn a_hello_that_is_refused_for_now_is_said_again_later() {
    let mut pair = Pair::new();
    pair.server.mute = true;
    pair.tell(Input::Start);
    pair.open();
    let refusal = Refusal { retry_after_ms: Some(3_000), ..Refusal::new(ErrorCode::Overloaded, "Later.") };
    pair.hear(&crate::protocol::ServerMessage::Error(crate::protocol::ErrorReply { id: None, refusal }));
    assert_eq!(pair.waiting().0.as_millis(), 3_000);
    pair.server.mute = false;
    pair.come_back();
    assert!(pair.is_online());
}

/// The names of [`Event::Renamed`] so far.
fn renamed(pair: &Pair) -> Vec<String> {
    let names = pair.events.iter().filter_map(|event| match event {
        Event::Renamed { name } => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}

#[test]
fn a_new_name_needs_no_new_connection() {
    let mut pair = Pair::in_lobby();
    let before = pair.connection();
    let name = DisplayName::parse("Ada Lovelace").unwrap();
    pair.tell(Input::Rename(name.clone()));
    pair.flow();
    assert_eq!(pair.connection(), before);
    assert_eq!(pair.server.greeted.as_ref().map(|sender| &sender.name), Some(&name));
    assert_eq!((pair.opens, pair.closes), (1, 0));
    assert_eq!(renamed(&pair), ["Ada Lovelace"]);

    let requests = pair.server.heard.len();
    pair.tell(Input::Rename(name.clone()));
    pair.flow();
    assert_eq!(pair.server.heard.len(), requests, "the same name is no news");

    pair.cut();
    pair.come_back();
    let hello = pair.server.heard.iter().rev().find_map(|message| match message {
        ClientMessage::Hello(hello) => hello.name.clone(),
        _ => None,
    });
    assert_eq!(hello, Some(name), "the next connection begins with it");
}

#[test]
fn a_message_after_a_new_name_has_it() {
    let mut pair = Pair::in_lobby();
    pair.server.refusals.push_back(Refusal::for_now(ErrorCode::RateLimited, "Wait.", Duration::from_secs(1)));
    pair.tell(Input::Rename(DisplayName::parse("Grace").unwrap()));
    pair.publish("hello");
    pair.flow();
    pair.elapse();
    pair.flow();
    let log = pair.server.logs.values().next().unwrap();
    assert_eq!(log.last().unwrap().from.name.as_str(), "Grace");
}

#[test]
fn a_name_that_is_refused_is_the_one_before() {
    let mut pair = Pair::in_lobby();
    let before = pair.server.greeted.clone().unwrap().name;
    pair.server.refusals.push_back(Refusal::new(ErrorCode::InvalidName, "This name is taken."));
    pair.tell(Input::Rename(DisplayName::parse("Server").unwrap()));
    pair.flow();
    assert_eq!(renamed(&pair), [before.to_string()]);
    assert!(pair.events.iter().any(|event| matches!(event, Event::Refused(_))));
    pair.cut();
    pair.come_back();
    assert_eq!(pair.server.greeted.clone().unwrap().name, before);
}

#[test]
fn of_two_new_names_the_one_that_was_accepted_is_kept() {
    let mut pair = Pair::in_lobby();
    pair.tell(Input::Rename(DisplayName::parse("Grace").unwrap()));
    pair.tell(Input::Rename(DisplayName::parse("Server").unwrap()));
    pair.server_hears();
    pair.server.refusals.push_back(Refusal::new(ErrorCode::InvalidName, "This name is taken."));
    pair.flow();
    assert_eq!(renamed(&pair), ["Grace"]);
}

#[test]
fn an_older_server_gets_a_new_name_with_a_new_connection() {
    let mut pair = Pair::in_lobby();
    pair.server.is_older = true;
    let before = pair.connection();
    let name = DisplayName::parse("Ada Lovelace").unwrap();
    pair.tell(Input::Rename(name.clone()));
    pair.flow();
    pair.connect();
    assert_ne!(pair.connection(), before);
    assert_eq!(pair.server.greeted.as_ref().map(|sender| &sender.name), Some(&name));
}

#[test]
fn a_new_name_given_before_the_greeting_is_said_in_it() {
    let mut pair = Pair::new();
    pair.tell(Input::Start);
    pair.tell(Input::Rename(DisplayName::parse("Grace").unwrap()));
    pair.connect();
    assert_eq!(pair.opens, 1);
    assert_eq!(pair.server.greeted.map(|sender| sender.name.to_string()), Some("Grace".to_owned()));
}
