//! A browser whose storage is full, or was cleared while the app is open, as users of comparable products have reported it.

use shared::protocol::Payload;

use super::world::{LOBBY, World, channel};
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::unsent::TabId;

const KITCHEN: &str = "room:kitchen";

fn writes(world: &mut World, tab: usize, text: &str) {
    world.in_room(tab, LOBBY, RoomIntent::Type(text.to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
}

/// <https://github.com/element-hq/element-web/issues/7177>, <https://github.com/nanostores/persistent/issues/11>
#[test]
fn a_message_that_waits_is_stored_again_when_the_storage_was_cleared() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.disconnect(tab);
    writes(&mut world, tab, "one");
    writes(&mut world, tab, "two");
    world.clear_storage();
    world.close(tab);
    world.keep("name", "Ada");
    let tab = world.open("#/");
    world.intend(tab, Intent::AdoptTab(TabId::new(1)));
    world.run();
    assert_eq!(world.rows(tab, LOBBY), "one two");
}

/// The same, for messages of a tab that was closed.
#[test]
fn a_message_that_was_taken_over_is_stored_again_when_the_storage_was_cleared() {
    let mut world = World::new();
    world.is_online = false;
    let first = world.open("#/");
    writes(&mut world, first, "one");
    world.close(first);
    let second = world.open("#/");
    world.intend(second, Intent::AdoptTab(TabId::new(1)));
    writes(&mut world, second, "two");
    world.storage_is_full = true;
    world.clear_storage();
    assert!(world.tabs[second].app.is_at_risk());
    world.storage_is_full = false;
    world.attend(second, Attention::Hidden);
    assert!(!world.tabs[second].app.is_at_risk());
    world.close(second);
    world.keep("name", "Ada");
    world.is_online = true;
    let third = world.open("#/");
    for tab in [1, 2] {
        world.intend(third, Intent::AdoptTab(TabId::new(tab)));
    }
    world.run();
    assert_eq!(world.rows(third, LOBBY), "one two");
}

/// <https://github.com/element-hq/element-web/issues/19688>
#[test]
fn a_message_that_did_not_fit_is_stored_when_the_reader_leaves_the_page_and_there_is_space() {
    let mut world = World::new();
    world.is_online = false;
    let tab = world.open("#/");
    world.storage_is_full = true;
    writes(&mut world, tab, "hello");
    world.attend(tab, Attention::Hidden);
    world.attend(tab, Attention::Focused);
    assert!(world.tabs[tab].app.is_at_risk());
    assert_eq!(world.toasts(tab), "Not stored yet", "once");
    world.storage_is_full = false;
    world.attend(tab, Attention::Hidden);
    assert!(!world.tabs[tab].app.is_at_risk());
}

/// <https://github.com/Renakoni/marktext-android/pull/188>
#[test]
fn a_draft_that_did_not_fit_is_stored_when_the_page_is_closed_and_there_is_space() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.storage_is_full = true;
    world.in_room(tab, LOBBY, RoomIntent::Type("half a thought".to_owned()));
    world.wait(1_000);
    assert_eq!(
        (world.room(tab, LOBBY).draft(), world.kept("draft.room:lobby").as_str()),
        ("half a thought", "")
    );
    world.attend(tab, Attention::Hidden);
    world.storage_is_full = false;
    world.close(tab);
    let tab = world.open("#/");
    assert_eq!(world.room(tab, LOBBY).draft(), "half a thought");
}

/// <https://github.com/mattermost/mattermost/issues/26373>
#[test]
fn a_draft_that_did_not_fit_does_not_replace_what_another_tab_has_stored_since() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.storage_is_full = true;
    world.in_room(first, LOBBY, RoomIntent::Type("old".to_owned()));
    world.wait(1_000);
    world.storage_is_full = false;
    world.in_room(second, LOBBY, RoomIntent::Type("new".to_owned()));
    world.wait(1_000);
    world.close(first);
    assert_eq!((world.room(second, LOBBY).draft(), world.kept("draft.room:lobby").as_str()), ("new", "new"));
}

/// <https://github.com/element-hq/element-web/issues/7238>, <https://github.com/conversejs/converse.js/issues/2425>
#[test]
fn messages_are_sent_shown_and_read_although_nothing_can_be_stored() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.storage_is_full = true;
    writes(&mut world, tab, "mine");
    world.says(LOBBY, "yours");
    world.go(tab, KITCHEN);
    world.says(LOBBY, "later");
    assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (1, 1));
    world.go(tab, LOBBY);
    world.wait(1_000);
    assert_eq!((world.rows(tab, LOBBY).as_str(), world.unread(tab, LOBBY)), ("mine yours * later", 0));
    assert!(!world.tabs[tab].app.is_at_risk());
    assert_eq!(world.toasts(tab), "");
}

/// <https://github.com/alkem-io/client-web/issues/10327>
#[test]
fn what_is_read_after_the_storage_was_cleared_is_read_in_all_tabs_and_later() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/room/kitchen"));
    world.clear_storage();
    world.says(LOBBY, "hi");
    world.publish(LOBBY, "bob", Payload::chat("hello"));
    world.wait(1_000);
    assert_eq!((world.unread(first, LOBBY), world.tabs[second].app.unread_total()), (0, 0));
    assert!(world.tabs[second].app.room(&channel(KITCHEN)).is_some(), "no room is closed");
    world.close(first);
    world.close(second);
    world.keep("name", "Ada");
    let tab = world.open("#/room/kitchen");
    assert_eq!(world.unread(tab, LOBBY), 0);
}
