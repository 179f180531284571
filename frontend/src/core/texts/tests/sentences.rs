//! What the sentences say at the limits of their values.

use shared::protocol::{ErrorCode, Refusal};

use super::super::{sentences, words};

fn refusal(code: ErrorCode, message: &str) -> Refusal {
    Refusal::new(code, message)
}

#[test]
fn large_numbers_have_separators() {
    let numbers = [0, 999, 1_000, 53_616, 1_234_567].map(|number| sentences().number(number));
    assert_eq!(numbers, ["0", "999", "1,000", "53,616", "1,234,567"]);
    assert_eq!(sentences().characters_over(53_616), "Too long by 53,616 characters");
    assert_eq!(sentences().new_messages(100), "99+ new");
}

#[test]
fn one_is_singular() {
    assert_eq!(sentences().characters_left(1), "1 character left");
    assert_eq!(sentences().characters_left(0), "0 characters left");
    assert_eq!(sentences().characters_over(1), "Too long by 1 character");
    assert_eq!(
        [1, 2].map(|count| sentences().pushed(count)),
        ["Sent to 1 connection.", "Sent to 2 connections."]
    );
    assert_eq!(
        [1, 2].map(|count| sentences().expired(count)),
        ["1 older message has expired", "Up to 2 older messages have expired"]
    );
    assert_eq!(sentences().reaction("👍", 1, false), "👍 1 reaction. Add yours");
    assert_eq!(sentences().reaction("👍", 2, true), "👍 2 reactions, one is yours. Remove it");
}

#[test]
fn up_to_two_people_are_typing_by_name() {
    let typing = |names: &[&str]| sentences().typing(names);
    assert_eq!(typing(&[]), "");
    assert_eq!(typing(&["Ada"]), "Ada is typing…");
    assert_eq!(typing(&["Ada", "Bob"]), "Ada and Bob are typing…");
    assert_eq!(typing(&["Ada", "Bob", "Eve"]), "3 people are typing…");
}

#[test]
fn badges_are_short() {
    assert_eq!([1, 99, 100].map(|count| sentences().badge(count)), ["1", "99", "99+"]);
    assert_eq!(
        [0, 3, 100].map(|count| sentences().tab_title(count)),
        ["Tidings", "(3) Tidings", "(99+) Tidings"]
    );
    assert_eq!([0, 3].map(|count| sentences().bell(count)), ["Notifications", "Notifications, 3 unread"]);
}

#[test]
fn members_are_not_called_present_while_the_app_is_offline() {
    let headings = [(2, true), (2, false), (0, true), (0, false)].map(|(n, on)| sentences().members(n, on));
    assert_eq!(headings, ["Here now · 2", "Last seen here · 2", "Here now", "Last seen here"]);
    let short = [(2, true), (2, false), (0, true)].map(|(n, on)| sentences().members_short(n, on));
    assert_eq!(short, ["2 here", "2 last seen here", ""]);
    assert_eq!(sentences().show_members(2, true), "2 here. Show members");
    assert_eq!(sentences().show_members(0, true), "Show members");
}

#[test]
fn every_refusal_has_a_sentence_of_the_app() {
    const SERVER: &str = "The server’s own sentence.";
    for code in ErrorCode::ALL {
        let sentence = sentences().refusal(&refusal(*code, SERVER));
        let says_more = matches!(code, ErrorCode::InvalidField | ErrorCode::Internal | ErrorCode::Unknown);
        assert_eq!(sentence == SERVER, says_more, "{code:?}: {sentence}");
        assert!(sentence.ends_with('.'), "{code:?}: {sentence}");
    }
    assert_eq!(sentences().refusal(&refusal(ErrorCode::Internal, "")), "The server refused this.");
}

#[test]
fn a_refusal_says_what_it_means_where_it_appears() {
    let forbidden = refusal(ErrorCode::Forbidden, "You may not publish in this channel.");
    assert_eq!(sentences().not_sent(&forbidden), "Couldn’t send. You can only read in this room.");
    assert_eq!(sentences().room_refused(&forbidden).0, "You don’t have access to this room");
    let unknown = refusal(ErrorCode::UnknownNamespace, "The namespace “x” is not configured on this server.");
    assert_eq!(sentences().room_refused(&unknown).0, "There is no such room");
    let full = refusal(ErrorCode::TooManySubscriptions, "This connection has 512 subscriptions.");
    let (title, text) = sentences().room_refused(&full);
    assert_eq!(title, "This room could not be opened");
    assert_eq!(text, "You have too many rooms open. Leave one, then try again.");
    let key = refusal(ErrorCode::Unauthorized, "Send “Authorization: Bearer KEY”.");
    assert_eq!(sentences().push_refused(&key), "The API key is missing or wrong. (unauthorized)");
    let often = refusal(ErrorCode::RateLimited, "Too many requests.");
    assert!(!sentences().push_refused(&often).contains("deliver"), "nothing is delivered later");
}

#[test]
fn a_suffix_is_apart_from_what_is_before_it() {
    for suffix in [words().edited_suffix, words().unread_suffix] {
        assert!(suffix.starts_with(' '), "{suffix:?}");
    }
}
