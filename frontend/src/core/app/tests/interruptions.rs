//! Lost connections, logs that were reset, pages that are refused or late.

use shared::ids::{Epoch, MessageId, Offset};
use shared::protocol::Payload;
use shared::session::{Event, Input};

use super::world::{LOBBY, World, channel, notification};
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::room::History;
use crate::core::timeline::View;

const KITCHEN: &str = "room:kitchen";

fn last_published(world: &World, tab: usize) -> MessageId {
    let published = world.tabs[tab].inputs.iter().rev().find_map(|input| match input {
        Input::Publish { message_id, .. } => Some(*message_id),
        _ => None,
    });
    published.unwrap()
}

/// Ada has read the kitchen, and returns when so many more messages are there that the pages from the end leave a hole.
fn ada_returns_to_400_unread_messages() -> (World, usize) {
    let mut world = World::new();
    world.says(KITCHEN, "old");
    let tab = world.open("#/room/kitchen");
    world.wait(1_000);
    world.close(tab);
    world.says_many(KITCHEN, 400);
    let tab = world.open("#/room/kitchen");
    (world, tab)
}

#[test]
fn a_reader_further_up_sees_the_new_log_after_a_reset() {
    let mut world = World::new();
    world.says_many(LOBBY, 300);
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.reset();
    world.says(LOBBY, "a new beginning");
    world.reconnect(tab);
    assert_eq!(world.rows(tab, LOBBY), "~ a new beginning");
    assert_eq!(world.room(tab, LOBBY).view(), View::Following);
}

#[test]
fn a_page_that_was_requested_before_a_reset_reads_nothing_in_the_new_log() {
    let mut world = World::new();
    world.says_many(LOBBY, 300);
    let tab = world.open("#/");
    world.answers_history = false;
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.in_room(tab, LOBBY, RoomIntent::Older);
    world.reset();
    world.says(LOBBY, "a new beginning");
    world.reconnect(tab);
    world.answers_history = true;
    world.run();
    world.attend(tab, Attention::Hidden);
    world.says_many(LOBBY, 3);
    assert_eq!(world.unread(tab, LOBBY), 3);
}

#[test]
fn a_page_around_the_first_unread_message_reads_no_future_messages() {
    let mut world = World::new();
    world.says(KITCHEN, "old");
    let tab = world.open("#/room/kitchen");
    world.wait(1_000);
    world.close(tab);
    world.says_many(KITCHEN, 20);
    // The first page is refused, so the one around the first unread message is the first that arrives.
    world.answers_history = false;
    let tab = world.open("#/room/kitchen");
    world.reply_to_history(tab, 0, true);
    world.answers_history = true;
    world.run();
    world.attend(tab, Attention::Hidden);
    world.says_many(KITCHEN, 3);
    assert_eq!(world.unread(tab, KITCHEN), 3);
}

#[test]
fn a_hole_in_the_unread_messages_is_loaded_before_older_ones() {
    let mut world = World::new();
    world.says(KITCHEN, "old");
    let tab = world.open("#/room/kitchen");
    world.wait(1_000);
    world.close(tab);
    world.says_many(KITCHEN, 90);
    world.answers_history = false;
    let tab = world.open("#/room/kitchen");
    world.attend(tab, Attention::Hidden);
    world.reply_to_history(tab, 0, true);
    world.answers_history = true;
    world.run();
    assert_eq!(
        world.unread(tab, KITCHEN),
        90,
        "the page around the first unread message, and the hole after it"
    );
}

#[test]
fn a_hole_whose_page_is_refused_is_requested_again_when_the_reader_moves() {
    let (mut world, tab) = ada_returns_to_400_unread_messages();
    let before = world.requested(tab, KITCHEN).len();
    world.history_is_refused = true;
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    world.in_room(tab, KITCHEN, RoomIntent::Older);
    assert_eq!(world.requested(tab, KITCHEN).len(), before + 1, "not in a loop");
    assert!(world.rows(tab, KITCHEN).contains('…'));
    assert!(world.room(tab, KITCHEN).hole_is_refused(), "its row says so");
    world.history_is_refused = false;
    for intent in [RoomIntent::Follow, RoomIntent::LeaveEnd, RoomIntent::Older] {
        world.in_room(tab, KITCHEN, intent);
    }
    assert!(!world.rows(tab, KITCHEN).contains('…'));
    assert!(!world.room(tab, KITCHEN).hole_is_refused());
}

#[test]
fn a_hole_whose_page_is_refused_is_requested_again_on_request() {
    let (mut world, tab) = ada_returns_to_400_unread_messages();
    world.history_is_refused = true;
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    world.in_room(tab, KITCHEN, RoomIntent::Older);
    assert!(world.room(tab, KITCHEN).hole_is_refused());
    world.history_is_refused = false;
    world.in_room(tab, KITCHEN, RoomIntent::RetryHole);
    assert!(!world.room(tab, KITCHEN).hole_is_refused());
    assert!(!world.rows(tab, KITCHEN).contains('…'));
}

#[test]
fn an_empty_page_for_a_hole_is_not_requested_for_ever() {
    let (mut world, tab) = ada_returns_to_400_unread_messages();
    world.answers_history = false;
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    world.in_room(tab, KITCHEN, RoomIntent::Older);
    let requests = world.requested(tab, KITCHEN);
    let before = requests.last().map(|before| Offset(*before));
    world.hear(tab, Event::Page { channel: channel(KITCHEN), before, messages: Vec::new(), more: true });
    assert_eq!(world.requested(tab, KITCHEN), requests);
    assert!(world.room(tab, KITCHEN).hole_is_refused());
}

#[test]
fn messages_after_an_older_copy_of_the_log_was_put_in_place_are_unread() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.says_many(KITCHEN, 10);
    world.go(tab, LOBBY);
    world.restore(KITCHEN, 4);
    world.reconnect(tab);
    assert_eq!(world.unread(tab, KITCHEN), 0);
    world.says(KITCHEN, "new");
    assert_eq!(world.unread(tab, KITCHEN), 1);
    world.close(tab);
    let tab = world.open("#/room/lobby");
    assert_eq!(world.unread(tab, KITCHEN), 1, "also after a reload");
}

#[test]
fn a_hole_whose_messages_the_server_has_dropped_is_a_loss() {
    let (mut world, tab) = ada_returns_to_400_unread_messages();
    world.trim(KITCHEN, 250);
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    for _ in 0..10 {
        world.in_room(tab, KITCHEN, RoomIntent::Older);
    }
    let rows = world.rows(tab, KITCHEN);
    assert!(rows.contains(" ~ m250 ") && !rows.contains('…'), "{rows}");
}

#[test]
fn an_unsent_message_stays_in_view_when_it_reaches_the_log() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.disconnect(tab);
    world.in_room(tab, LOBBY, RoomIntent::Type("first".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    assert_eq!(world.rows(tab, LOBBY), "first");
    world.reconnect(tab);
    assert_eq!(world.rows(tab, LOBBY), "first");
}

#[test]
fn a_message_that_the_log_has_had_since_long_makes_no_silent_hole() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.disconnect(tab);
    world.in_room(tab, LOBBY, RoomIntent::Type("mine".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    // The reply is lost with the page.
    let id = last_published(&world, tab);
    world.store(LOBBY, "ada", id, Payload::chat("mine"));
    world.close(tab);
    world.says_many(LOBBY, 120);
    let other = world.open("#/");
    world.close(other);
    let tab = world.open("#/");
    world.intend(tab, Intent::AdoptTab(crate::core::unsent::TabId::new(1)));
    world.run();
    assert!(!world.tabs[tab].app.is_at_risk() && world.tabs[tab].app.tabs().is_empty());
    assert!(world.rows(tab, LOBBY).starts_with("m71 "), "{}", world.rows(tab, LOBBY));
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    while world.room(tab, LOBBY).history() == History::More {
        world.in_room(tab, LOBBY, RoomIntent::Older);
    }
    assert!(world.rows(tab, LOBBY).starts_with("mine m1 m2 "));
}

#[test]
fn a_tab_without_a_connection_does_not_overwrite_the_marks_of_a_later_log() {
    let mut world = World::new();
    world.says(LOBBY, "old");
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.wait(1_000);
    world.reset();
    world.says(LOBBY, "new");
    world.reconnect(first);
    world.wait(1_000);
    let mark = world.kept("read.room:lobby");
    world.close(second);
    assert_eq!(world.kept("read.room:lobby"), mark);
    world.close(first);
    let tab = world.open("#/room/kitchen");
    assert_eq!((world.unread(tab, LOBBY), world.epoch), (0, Epoch(8)));
}

#[test]
fn a_tab_that_learns_of_a_reset_last_takes_over_what_another_has_read() {
    let mut world = World::new();
    world.says(LOBBY, "old");
    let (first, second) = (world.open("#/"), world.open("#/room/kitchen"));
    world.wait(1_000);
    world.reset();
    world.says(LOBBY, "new");
    world.reconnect(first);
    world.wait(1_000);
    world.reconnect(second);
    assert_eq!(world.unread(second, LOBBY), 0);
}

#[test]
fn what_came_after_the_first_visit_is_unread_also_after_a_crash() {
    let mut world = World::new();
    world.says(KITCHEN, "old");
    world.keep("rooms", KITCHEN);
    let tab = world.open("#/");
    world.wait(1_000);
    world.says_many(KITCHEN, 3);
    assert_eq!(world.unread(tab, KITCHEN), 3);
    // Without closing the first one, so that it has no chance to store anything.
    let again = world.open("#/");
    assert_eq!(world.unread(again, KITCHEN), 3);
}

#[test]
fn a_tab_without_a_connection_does_not_bring_back_cleared_notifications_of_a_later_log() {
    let mut world = World::new();
    world.publish("inbox:ada", "bob", notification("Old"));
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.reset();
    world.publish("inbox:ada", "bob", notification("New"));
    world.reconnect(first);
    for tab in [first, second] {
        world.intend(tab, Intent::ClearBell);
        world.run();
    }
    world.reconnect(second);
    let third = world.open("#/");
    assert_eq!([first, second, third].map(|tab| world.bell(tab)), ["", "", ""]);
}

#[test]
fn a_tab_without_a_connection_that_reads_the_bell_first_does_not_bring_them_back_either() {
    let mut world = World::new();
    world.publish("inbox:ada", "bob", notification("Old"));
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.reset();
    world.publish("inbox:ada", "bob", notification("New"));
    world.reconnect(first);
    for (tab, intent) in [(second, Intent::ReadBell), (first, Intent::ClearBell)] {
        world.intend(tab, intent);
        world.run();
    }
    world.reconnect(second);
    assert_eq!([first, second].map(|tab| world.bell(tab)), ["", ""]);
}

#[test]
fn what_was_cleared_after_a_reset_stays_away_although_marks_of_the_earlier_log_were_kept() {
    let mut world = World::new();
    world.publish("inbox:ada", "bob", notification("Old"));
    let tab = world.open("#/");
    world.intend(tab, Intent::ClearBell);
    world.reset();
    world.publish("inbox:ada", "bob", notification("New"));
    world.reconnect(tab);
    assert_eq!(world.bell(tab), "New*");
    world.intend(tab, Intent::ClearBell);
    world.close(tab);
    let tab = world.open("#/");
    assert_eq!(world.bell(tab), "");
}

/// <https://github.com/telegramdesktop/tdesktop/issues/6126>
#[test]
fn what_another_tab_has_read_meanwhile_does_not_disturb_after_an_interruption() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/room/kitchen"));
    world.attend(second, Attention::Hidden);
    world.disconnect(second);
    world.publish(LOBBY, "bob", notification("Alarm"));
    world.wait(1_000);
    assert_eq!(world.unread(first, LOBBY), 0);
    world.reconnect(second);
    assert_eq!((world.toasts(second).as_str(), world.tabs[second].notified.len()), ("", 0));
    assert_eq!(world.bell(second), "Alarm");
}

#[test]
fn a_retraction_by_somebody_else_leaves_the_toast() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    let alarm = world.publish(LOBBY, "bob", notification("Alarm"));
    world.publish(LOBBY, "eve", Payload::Retract { of: alarm });
    assert_eq!(world.toasts(tab), "Alarm");
    world.publish(LOBBY, "bob", Payload::Retract { of: alarm });
    assert_eq!(world.toasts(tab), "");
}
