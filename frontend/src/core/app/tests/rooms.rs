//! Opening and closing rooms.

use shared::protocol::{ErrorCode, Refusal};
use shared::session::{Event, Input};

use super::world::{LOBBY, World, channel};
use crate::core::intent::{Intent, RoomIntent};

#[test]
fn a_room_that_is_refused_can_be_tried_again_and_misses_nothing() {
    let mut world = World::new();
    world.says("room:kitchen", "soup");
    let tab = world.open("#/room/kitchen");
    let refusal = Refusal::new(ErrorCode::Forbidden, "No.");
    world.hear(tab, Event::SubscribeRefused { channel: channel("room:kitchen"), refusal });
    assert!(world.room(tab, "room:kitchen").trouble().is_some());
    world.is_online = false;
    world.says("room:kitchen", "meanwhile");
    world.is_online = true;
    world.in_room(tab, "room:kitchen", RoomIntent::Join);
    assert!(world.room(tab, "room:kitchen").trouble().is_none());
    assert_eq!(world.rows(tab, "room:kitchen"), "soup meanwhile");
}

#[test]
fn the_lobby_stays_and_other_rooms_can_be_closed() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    for name in [LOBBY, "room:kitchen"] {
        world.intend(tab, Intent::Close(channel(name)));
    }
    world.run();
    assert_eq!(world.tabs[tab].app.order().store(), LOBBY);
    let left: Vec<_> =
        world.tabs[tab].inputs.iter().filter(|input| matches!(input, Input::Unsubscribe { .. })).collect();
    assert_eq!(left, [&Input::Unsubscribe { channel: channel("room:kitchen") }]);
}

#[test]
fn the_first_name_connects_and_joins_the_rooms() {
    let mut world = World::new();
    world.keep("name", "");
    world.keep("user", "");
    let tab = world.open("#/room/kitchen");
    assert!(world.tabs[tab].inputs.is_empty());
    world.intend(tab, Intent::SetName("Ada".parse().unwrap()));
    world.run();
    let joined = world.tabs[tab].inputs.iter().filter_map(|input| match input {
        Input::Subscribe { channel, .. } => Some(channel.as_str()),
        _ => None,
    });
    assert_eq!(joined.collect::<Vec<_>>(), ["room:kitchen", LOBBY], "the room on the screen is first");
    assert!(world.tabs[tab].inputs.contains(&Input::Start));
    assert_eq!(world.kept("name"), "Ada");
}
