//! Another name for the reader, as users of comparable products have reported faults of it.

use shared::protocol::Payload;

use super::world::{LOBBY, World};
use crate::core::intent::{Intent, RoomIntent};
use crate::core::timeline::Row;

const KITCHEN: &str = "room:kitchen";

fn rename(world: &mut World, tab: usize, name: &str) {
    world.intend(tab, Intent::SetName(name.parse().unwrap()));
    world.run();
}

fn name(world: &World, tab: usize) -> String {
    world.tabs[tab].app.me().name.as_ref().unwrap().to_string()
}

/// The sender of the last message of a room.
fn last_sender(world: &mut World, tab: usize, room: &str) -> String {
    let now = world.now;
    let (rows, _) = world.tabs[tab].app.draw(&super::world::channel(room), now, |_| true);
    let sender = rows.iter().rev().find_map(|row| match row {
        Row::Entry { entry, .. } => Some(entry.from.name.to_string()),
        _ => None,
    });
    sender.unwrap()
}

/// <https://github.com/flex3r/DankChat/issues/299>, <https://github.com/sandsmark/QuasselDroid/issues/33>
#[test]
fn the_new_name_is_mentioned_and_the_old_one_no_longer_in_all_tabs() {
    let mut world = World::new();
    let (first, second) = (world.open("#/room/kitchen"), world.open("#/room/kitchen"));
    rename(&mut world, first, "Countess");
    let mentions = |world: &World| [first, second].map(|tab| world.room(tab, LOBBY).unread().mentions);
    world.says(LOBBY, "hi @Ada");
    assert_eq!(mentions(&world), [0, 0]);
    world.says(LOBBY, "hi @countess");
    assert_eq!(mentions(&world), [1, 1]);
}

/// <https://github.com/gitterHQ/gitter/issues/1442>: a number of mentions must not depend on what others do later.
#[test]
fn a_reaction_does_not_change_who_was_mentioned_before_the_reader_took_another_name() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    let of = world.says(LOBBY, "hi");
    world.publish(LOBBY, "bob", Payload::Edit { of, text: "hi @Ada".to_owned() });
    rename(&mut world, tab, "Countess");
    world.publish(LOBBY, "eve", Payload::Reaction { of, emoji: "x".to_owned(), on: true });
    assert_eq!(world.room(tab, LOBBY).unread().mentions, 1);
    world.publish(LOBBY, "bob", Payload::Edit { of, text: "hi all".to_owned() });
    assert_eq!(world.room(tab, LOBBY).unread().mentions, 0);
}

/// <https://github.com/owncast/owncast/issues/1218>, <https://github.com/psychs/limechat/issues/218>
#[test]
fn a_name_that_the_server_refuses_is_taken_back_in_all_tabs_and_not_tried_again() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/room/kitchen"));
    world.name_is_refused = true;
    rename(&mut world, first, "Admin");
    let third = world.open("#/");
    assert_eq!([first, second, third].map(|tab| name(&world, tab)), ["Ada", "Ada", "Ada"]);
    assert_eq!(world.kept("name"), "Ada");
    assert_ne!(world.toasts(first), "", "the reader is told");
    world.reconnect(first);
    world.in_room(first, LOBBY, RoomIntent::Type("hello".to_owned()));
    world.in_room(first, LOBBY, RoomIntent::Send);
    assert_eq!(last_sender(&mut world, second, LOBBY), "Ada");
}

/// <https://github.com/LalitMaganti/HoloIRC/issues/16>, <https://github.com/osa1/tiny/issues/149>
#[test]
fn a_name_that_was_changed_offline_is_the_name_of_what_waits_and_of_what_follows() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/room/kitchen"));
    world.disconnect(first);
    world.disconnect(second);
    world.in_room(first, LOBBY, RoomIntent::Type("before".to_owned()));
    world.in_room(first, LOBBY, RoomIntent::Send);
    rename(&mut world, first, "Countess");
    assert_eq!(name(&world, second), "Countess");
    world.wait(1_000);
    world.reconnect(second);
    world.reconnect(first);
    assert_eq!([first, second].map(|tab| name(&world, tab)), ["Countess", "Countess"]);
    assert_eq!(last_sender(&mut world, first, LOBBY), "Countess");
    world.in_room(second, KITCHEN, RoomIntent::Type("after".to_owned()));
    world.in_room(second, KITCHEN, RoomIntent::Send);
    assert_eq!(last_sender(&mut world, first, KITCHEN), "Countess");
}

/// <https://github.com/jeroenptrs/neoblog/issues/46>
#[test]
fn two_tabs_that_take_different_names_end_with_one() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.intend(first, Intent::SetName("Countess".parse().unwrap()));
    rename(&mut world, second, "Lovelace");
    assert_eq!(name(&world, first), name(&world, second));
    assert_eq!(name(&world, first), world.kept("name"));
}
