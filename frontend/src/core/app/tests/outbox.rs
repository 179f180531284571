//! Messages on their way to the log.

use shared::session::{Event, Input, Status};

use super::world::{LOBBY, World, channel};
use crate::core::intent::{Intent, RoomIntent};

#[test]
fn a_message_that_failed_is_marked_until_it_is_deleted() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.publish_is_refused = true;
    world.in_room(tab, LOBBY, RoomIntent::Type("hi".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    assert_eq!(world.room(tab, LOBBY).failed(), 1);
    let id = world.tabs[tab].inputs.iter().find_map(|input| match input {
        Input::Publish { message_id, .. } => Some(*message_id),
        _ => None,
    });
    world.in_room(tab, LOBBY, RoomIntent::Discard(id.unwrap()));
    assert_eq!((world.room(tab, LOBBY).failed(), world.rows(tab, LOBBY).as_str()), (0, ""));
}

#[test]
fn what_was_written_offline_is_sent_by_the_next_visit() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.is_online = false;
    world.hear(tab, Event::Status(Status::Connecting { attempt: 1 }));
    world.go(tab, "room:kitchen");
    world.in_room(tab, "room:kitchen", RoomIntent::Type("soup".to_owned()));
    world.in_room(tab, "room:kitchen", RoomIntent::Send);
    world.intend(tab, Intent::Close(channel("room:kitchen")));
    world.close(tab);
    world.is_online = true;
    assert_eq!(world.tabs[tab].app.tabs().len(), 1);
    let tab = world.open("#/");
    let gone = crate::core::unsent::TabId::new(1);
    world.intend(tab, Intent::AdoptTab(gone));
    world.run();
    assert_eq!(world.rows(tab, "room:kitchen"), "soup", "its room is open again");
    assert!(!world.tabs[tab].app.is_at_risk() && world.tabs[tab].app.tabs().is_empty());
}

#[test]
fn a_message_that_the_browser_has_no_space_for_is_at_risk_until_it_is_sent() {
    let mut world = World::new();
    world.is_online = false;
    let tab = world.open("#/room/lobby");
    world.storage_is_full = true;
    world.in_room(tab, LOBBY, RoomIntent::Type("hello".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    assert!(world.tabs[tab].app.is_at_risk());
    assert_eq!(world.toasts(tab), "Not stored yet");
    world.storage_is_full = false;
    world.in_room(tab, LOBBY, RoomIntent::Type("again".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    assert!(!world.tabs[tab].app.is_at_risk(), "there is space for both now");
}
