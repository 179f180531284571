//! Presence: changes that are lost, late or repeated, and the request for the members.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, lobby};
use crate::limits::{PRESENCE_ASK_MS_MIN, PRESENCE_SPREAD_MS_MAX};
use crate::presence::Roster;
use crate::protocol::{ClientMessage, ServerMessage};
use crate::session::{Event, Input, Session, SessionConfig};

/// Returns a session of Ada in the lobby, which shows Bob.
fn watching() -> Pair {
    let mut pair = Pair::online();
    pair.server.presence_version = Some(7);
    pair.server.join(&lobby(), "bob");
    pair.tell(Input::Subscribe { channel: lobby(), since: None, presence: true });
    pair.flow();
    assert_eq!(others(&pair), ["bob"]);
    pair
}

/// Returns the members that the application shows, without Ada.
fn others(pair: &Pair) -> Vec<String> {
    let mut roster = Roster::default();
    for event in &pair.events {
        if let Event::Presence { change, .. } = event {
            roster.apply(change.clone());
        }
    }
    let users = roster.iter().map(|(user, _)| user.to_string());
    users.filter(|user| !user.starts_with("guest-")).collect()
}

/// Returns the number of requests for the members.
fn questions(pair: &Pair) -> usize {
    pair.server.heard.iter().filter(|message| matches!(message, ClientMessage::Presence { .. })).count()
}

/// Drops the newest message on its way to Ada.
fn lose_newest(pair: &mut Pair) -> ServerMessage {
    pair.server.outgoing.pop_back().unwrap()
}

#[test]
fn changes_that_arrive_need_no_question() {
    let mut pair = watching();
    pair.server.join(&lobby(), "cyd");
    pair.server.leave(&lobby(), "bob");
    pair.server.beat(pair.now);
    pair.flow();
    assert_eq!((others(&pair), questions(&pair)), (vec!["cyd".to_owned()], 1));
}

#[test]
fn a_lost_change_is_found_by_the_heartbeat_alone() {
    let mut pair = watching();
    pair.server.leave(&lobby(), "bob");
    lose_newest(&mut pair);
    pair.flow();
    assert_eq!(others(&pair), ["bob"], "nothing has told");

    pair.pass(PRESENCE_ASK_MS_MIN);
    pair.server.beat(pair.now);
    pair.flow();
    assert_eq!(questions(&pair), 1, "others may have missed the same: it waits a random time");
    let noticed = pair.now;
    pair.elapse();
    pair.flow();
    assert!(pair.now.since(noticed).as_millis() <= u128::from(PRESENCE_SPREAD_MS_MAX));
    assert_eq!((others(&pair), questions(&pair)), (vec![], 2));
    pair.server.beat(pair.now);
    pair.flow();
    assert_eq!(questions(&pair), 2, "all is known");
}

#[test]
fn a_lost_change_is_found_by_the_next() {
    let mut pair = watching();
    pair.pass(PRESENCE_ASK_MS_MIN);
    pair.server.leave(&lobby(), "bob");
    lose_newest(&mut pair);
    pair.server.join(&lobby(), "cyd");
    pair.server.join(&lobby(), "dan");
    pair.flow();
    assert_eq!(others(&pair), ["bob"], "what is shown is one version, not parts of two");
    pair.elapse();
    pair.flow();
    assert_eq!((others(&pair).join(" "), questions(&pair)), ("cyd dan".to_owned(), 2));
}

#[test]
fn an_outdated_change_is_ignored() {
    let mut pair = watching();
    pair.server.leave(&lobby(), "bob");
    let left = pair.server.outgoing.back().unwrap().clone();
    pair.server.join(&lobby(), "bob");
    pair.flow();
    pair.hear(&left);
    assert_eq!(others(&pair), ["bob"]);
    pair.server.beat(pair.now);
    pair.flow();
    assert_eq!(questions(&pair), 1);
}

#[test]
fn an_outdated_list_is_ignored() {
    let mut pair = watching();
    let list = pair.server.heard.len();
    pair.pass(PRESENCE_ASK_MS_MIN);
    let old = ServerMessage::Presence(crate::protocol::Presence {
        id: None,
        channel: lobby(),
        version: Some(1),
        change: crate::protocol::PresenceChange::Members(Vec::new()),
    });
    pair.hear(&old);
    assert_eq!((others(&pair), pair.server.heard.len()), (vec!["bob".to_owned()], list));
}

#[test]
fn changes_before_the_first_list_are_part_of_it() {
    let mut pair = Pair::online();
    pair.server.presence_version = Some(7);
    pair.tell(Input::Subscribe { channel: lobby(), since: None, presence: true });
    pair.server_hears();
    pair.server.join(&lobby(), "bob");
    pair.server.leave(&lobby(), "bob");
    let left = lose_newest(&mut pair);
    pair.flow();
    assert_eq!(others(&pair), [""; 0]);
    pair.hear(&left);
    assert_eq!((others(&pair), questions(&pair)), (vec![], 1));
}

#[test]
fn a_change_that_is_only_late_is_not_asked_for() {
    let mut pair = watching();
    pair.server.join(&lobby(), "cyd");
    let late = lose_newest(&mut pair);
    pair.pass(PRESENCE_ASK_MS_MIN);
    pair.server.beat(pair.now);
    pair.flow();
    pair.hear(&late);
    pair.pass(PRESENCE_SPREAD_MS_MAX);
    pair.tell(Input::Elapsed);
    pair.flow();
    assert_eq!((others(&pair).join(" "), questions(&pair)), ("bob cyd".to_owned(), 1));
}

#[test]
fn however_much_is_lost_the_members_are_asked_for_now_and_then() {
    const SECONDS: u64 = 60;
    let mut pair = watching();
    for second in 0..SECONDS {
        for user in ["cyd", "dan"] {
            pair.server.join(&lobby(), user);
            if second % 2 == 0 {
                lose_newest(&mut pair);
            }
            pair.server.leave(&lobby(), user);
        }
        pair.server.beat(pair.now);
        pair.flow();
        pair.pass(1_000);
        pair.tell(Input::Elapsed);
        pair.flow();
    }
    let most = usize::try_from(SECONDS * 1_000 / PRESENCE_ASK_MS_MIN).unwrap();
    assert!((2..=most + 1).contains(&questions(&pair)), "{} questions", questions(&pair));
}

#[test]
fn thousands_who_notice_at_once_do_not_ask_at_once() {
    const SLICES: u64 = 10;
    let mut slices = [0; SLICES as usize];
    for seed in 0..1_000 {
        let mut pair = watching();
        pair.session = Session::new(SessionConfig::default(), seed, pair.now);
        pair.cut_silently();
        pair.tell(Input::Subscribe { channel: lobby(), since: None, presence: true });
        pair.tell(Input::Start);
        pair.connect();
        pair.pass(PRESENCE_ASK_MS_MIN);
        pair.server.join(&lobby(), "cyd");
        lose_newest(&mut pair);
        pair.server.beat(pair.now);
        pair.flow();
        let due = pair.session.poll_timeout().unwrap().since(pair.now).as_millis();
        let slice = u64::try_from(due).unwrap() * SLICES / (PRESENCE_SPREAD_MS_MAX + 1);
        slices[usize::try_from(slice).unwrap()] += 1;
    }
    assert!(slices.iter().all(|asking| (50..200).contains(asking)), "{slices:?}");
}

#[test]
fn another_server_counts_from_another_number() {
    let mut pair = watching();
    pair.cut();
    pair.server.presence_version = Some(1);
    pair.server.members.clear();
    pair.come_back();
    assert_eq!(others(&pair), [""; 0]);
    pair.server.join(&lobby(), "cyd");
    pair.flow();
    assert_eq!(others(&pair), ["cyd"]);
}

#[test]
fn a_server_without_versions_is_believed() {
    let mut pair = Pair::online();
    pair.tell(Input::Subscribe { channel: lobby(), since: None, presence: true });
    pair.flow();
    pair.server.join(&lobby(), "bob");
    pair.server.join(&lobby(), "cyd");
    pair.server.leave(&lobby(), "bob");
    pair.server.beat(pair.now);
    pair.flow();
    assert_eq!((others(&pair), questions(&pair)), (vec!["cyd".to_owned()], 1));
}

#[test]
fn nobody_is_told_of_a_channel_that_was_left() {
    let mut pair = watching();
    pair.server.join(&lobby(), "cyd");
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.forget();
    pair.flow();
    assert_eq!(pair.events, []);
}

#[test]
fn a_channel_that_the_server_still_sends_is_left_again() {
    let mut pair = watching();
    pair.tell(Input::Unsubscribe { channel: lobby() });
    pair.outgoing.clear();
    pair.flow();
    assert!(pair.server.is_subscribed(&lobby()), "it has not heard");
    pair.server.beat(pair.now);
    pair.flow();
    assert!(!pair.server.is_subscribed(&lobby()));
    let heard = pair.server.heard.len();
    pair.server.beat(pair.now);
    pair.flow();
    assert_eq!(pair.server.heard.len(), heard, "once is enough");
}

#[test]
fn a_question_that_is_due_waits_for_the_pause_to_end() {
    let mut pair = watching();
    pair.pass(PRESENCE_ASK_MS_MIN);
    pair.server.leave(&lobby(), "bob");
    lose_newest(&mut pair);
    pair.server.beat(pair.now);
    pair.flow();
    pair.server.busy_until = pair.now + std::time::Duration::from_millis(3 * PRESENCE_SPREAD_MS_MAX);
    pair.publish("hi");
    pair.flow();
    assert_eq!(pair.session.poll_timeout(), Some(pair.server.busy_until), "there is nothing to do before");
    pair.elapse();
    pair.flow();
    assert_eq!((others(&pair), questions(&pair)), (vec![], 2));
}
