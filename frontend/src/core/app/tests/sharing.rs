//! Several tabs of one browser.

use super::world::{LOBBY, World, channel, notification};
use crate::core::intent::{Attention, Intent, RoomIntent};

const KITCHEN: &str = "room:kitchen";

/// Two tabs: the first shows the lobby, the second the kitchen.
fn two_tabs() -> (World, usize, usize) {
    let mut world = World::new();
    world.keep("rooms", "room:kitchen");
    let (first, second) = (world.open("#/"), world.open("#/room/kitchen"));
    (world, first, second)
}

#[test]
fn what_one_tab_has_read_is_read_in_all() {
    let (mut world, first, second) = two_tabs();
    world.publish(LOBBY, "bob", notification("Alarm"));
    world.says(LOBBY, "hi");
    assert_eq!((world.unread(second, LOBBY), world.bell(second).as_str()), (2, "Alarm*"));
    world.wait(1_000);
    assert_eq!((world.unread(first, LOBBY), world.unread(second, LOBBY)), (0, 0));
    assert_eq!((world.bell(second).as_str(), world.tabs[second].app.unread_total()), ("Alarm", 0));
}

#[test]
fn a_tab_that_is_closed_later_does_not_take_back_what_another_has_read() {
    let (mut world, first, second) = two_tabs();
    world.attend(first, Attention::Hidden);
    world.says(KITCHEN, "dinner");
    world.wait(1_000);
    let mark = world.kept("read.room:kitchen");
    world.close(second);
    world.close(first);
    assert_eq!(world.kept("read.room:kitchen"), mark);
    let tab = world.open("#/");
    assert_eq!(world.unread(tab, KITCHEN), 0);
}

/// <https://github.com/holon-run/holon/pull/2634>
#[test]
fn of_two_read_positions_that_are_stored_at_the_same_moment_the_later_is_kept() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.says(LOBBY, "seen in both");
    world.in_room(second, LOBBY, RoomIntent::LeaveEnd);
    world.says(LOBBY, "seen in the first");
    world.wait(2_000);
    assert_eq!((world.unread(first, LOBBY), world.unread(second, LOBBY)), (0, 0));
    world.close(second);
    world.close(first);
    let tab = world.open("#/room/kitchen");
    assert_eq!(world.unread(tab, LOBBY), 0, "also after a reload");
}

#[test]
fn rooms_of_all_tabs_are_kept_and_seen_by_all() {
    let (mut world, first, second) = two_tabs();
    world.go(first, "room:a");
    world.go(second, "room:b");
    let all = "room:lobby\nroom:kitchen\nroom:a\nroom:b";
    for tab in [first, second] {
        assert_eq!(world.tabs[tab].app.order().store(), all);
    }
    world.close(second);
    world.close(first);
    assert_eq!(world.kept("rooms"), all);
}

#[test]
fn a_room_that_is_closed_in_one_tab_is_closed_in_all_but_not_under_the_reader() {
    let (mut world, first, second) = two_tabs();
    world.go(first, "room:a");
    world.intend(second, Intent::Close(channel("room:a")));
    world.intend(first, Intent::Close(channel("room:kitchen")));
    world.run();
    assert_eq!(world.tabs[first].app.order().store(), "room:lobby\nroom:a", "it is on the screen");
    assert_eq!(world.tabs[second].app.order().store(), "room:lobby\nroom:kitchen");
    world.go(second, LOBBY);
    assert!(world.tabs[second].app.current() == Some(&channel(LOBBY)));
}

#[test]
fn a_new_name_is_the_name_in_all_tabs() {
    let (mut world, first, second) = two_tabs();
    world.intend(first, Intent::SetName("Countess".parse().unwrap()));
    world.run();
    assert_eq!(world.tabs[second].app.me().name, Some("Countess".parse().unwrap()));
    let renames = |tab: usize| {
        let inputs = world.tabs[tab].inputs.iter();
        inputs.filter(|input| matches!(input, shared::session::Input::Rename(_))).count()
    };
    assert_eq!((renames(first), renames(second)), (1, 1));
}

#[test]
fn a_draft_is_the_same_in_all_tabs_and_is_gone_when_it_is_sent() {
    let (mut world, first, second) = two_tabs();
    world.in_room(first, KITCHEN, RoomIntent::Type("half a".to_owned()));
    world.in_room(first, KITCHEN, RoomIntent::Type("half a thought".to_owned()));
    world.wait(1_000);
    assert_eq!(world.room(second, KITCHEN).draft(), "half a thought");
    world.in_room(second, KITCHEN, RoomIntent::Send);
    assert_eq!((world.room(first, KITCHEN).draft(), world.kept("draft.room:kitchen").as_str()), ("", ""));
}

#[test]
fn cleared_notifications_stay_away_in_all_tabs_and_later() {
    let (mut world, first, second) = two_tabs();
    world.publish(LOBBY, "bob", notification("One"));
    world.publish("inbox:ada", "bob", notification("Two"));
    assert_eq!(world.bell(second), "Two* One*");
    world.intend(second, Intent::ClearBell);
    world.run();
    assert_eq!((world.bell(first).as_str(), world.bell(second).as_str()), ("", ""));
    // A new connection, and a new visit.
    world.hear(first, subscribed(&world, "inbox:ada"));
    world.run();
    assert_eq!(world.bell(first), "");
    world.close(first);
    world.close(second);
    let tab = world.open("#/");
    assert_eq!(world.bell(tab), "");
    world.publish("inbox:ada", "bob", notification("Three"));
    assert_eq!(world.bell(tab), "Three*", "later ones are shown");
}

#[test]
fn a_bell_that_is_read_in_one_tab_is_read_in_all() {
    let (mut world, first, second) = two_tabs();
    world.publish("inbox:ada", "bob", notification("Hi"));
    assert_eq!(world.bell(second), "Hi*");
    world.intend(first, Intent::ReadBell);
    world.run();
    assert_eq!((world.bell(first).as_str(), world.bell(second).as_str()), ("Hi", "Hi"));
}

#[test]
fn marks_of_a_log_that_was_reset_hide_nothing() {
    let mut world = World::new();
    for _ in 0..5 {
        world.publish("inbox:ada", "bob", notification("Old"));
    }
    let tab = world.open("#/");
    world.intend(tab, Intent::ClearBell);
    world.close(tab);
    world.epoch = shared::ids::Epoch(8);
    let tab = world.open("#/");
    assert_eq!(
        world.bell(tab),
        "Old* Old* Old* Old* Old*",
        "the offsets of the old log mean nothing in this one"
    );
}

fn subscribed(world: &World, name: &str) -> shared::session::Event {
    let offset = shared::ids::Offset(1);
    let position = shared::protocol::Position { epoch: world.epoch, offset };
    shared::session::Event::Subscribed { channel: channel(name), position, head: offset, gap: None }
}

#[test]
fn marks_are_stored_seldom_while_messages_are_read() {
    let mut world = World::new();
    let _tab = world.open("#/");
    let before = world.writes();
    for _ in 0..200 {
        world.says(LOBBY, "x");
        world.wait(16);
    }
    assert!(world.writes() - before < 12, "{} writes in 3.2 s", world.writes() - before);
}
