//! A server that goes on with an older copy of its data, and requests that it refuses for a while, as users of comparable
//! products have reported them.

use shared::protocol::Payload;

use super::world::{LOBBY, World, notification};
use crate::core::intent::{Intent, Panel, RoomIntent};
use crate::core::room::History;

const KITCHEN: &str = "room:kitchen";
const INBOX: &str = "inbox:ada";

/// <https://github.com/matrix-org/synapse/issues/12880>
#[test]
fn notifications_after_an_older_copy_of_the_inbox_was_put_in_place_are_shown_and_unread() {
    for clears in [Intent::ClearBell, Intent::ReadBell] {
        let mut world = World::new();
        let tab = world.open("#/");
        for title in ["One", "Two", "Three"] {
            world.publish(INBOX, "bob", notification(title));
        }
        world.intend(tab, clears);
        world.restore(INBOX, 1);
        world.reconnect(tab);
        world.wait(10);
        assert!(!world.bell(tab).contains("Three"), "it is no longer in the log");
        world.publish(INBOX, "bob", notification("New"));
        assert!(world.bell(tab).starts_with("New*"), "{}", world.bell(tab));
        world.close(tab);
        let tab = world.open("#/");
        assert!(world.bell(tab).starts_with("New*"), "also after a reload: {}", world.bell(tab));
    }
}

/// The app was closed when the copy was put in place, so no gap is reported.
#[test]
fn what_comes_after_an_older_copy_was_put_in_place_is_unread_also_if_the_app_was_closed() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.says_many(KITCHEN, 10);
    for title in ["One", "Two", "Three"] {
        world.publish(INBOX, "bob", notification(title));
    }
    world.intend(tab, Intent::ClearBell);
    world.go(tab, LOBBY);
    world.close(tab);
    world.restore(KITCHEN, 4);
    world.restore(INBOX, 1);
    let tab = world.open("#/");
    assert_eq!((world.unread(tab, KITCHEN), world.bell(tab).as_str()), (0, ""));
    world.says(KITCHEN, "new");
    world.publish(INBOX, "bob", notification("New"));
    assert_eq!((world.unread(tab, KITCHEN), world.bell(tab).as_str()), (1, "New*"));
    world.go(tab, KITCHEN);
    assert!(world.rows(tab, KITCHEN).ends_with("m4 * new"), "{}", world.rows(tab, KITCHEN));
}

/// A deletion and an edit that are lost with the newest messages have no effect any more.
#[test]
fn what_an_older_copy_of_the_log_does_not_say_is_not_shown() {
    let mut world = World::new();
    let tab = world.open("#/");
    let (kept, edited) = (world.says(LOBBY, "kept"), world.says(LOBBY, "as it was"));
    world.publish(LOBBY, "bob", Payload::Retract { of: kept });
    world.publish(LOBBY, "bob", Payload::Edit { of: edited, text: "changed".to_owned() });
    assert_eq!(world.rows(tab, LOBBY), "(gone) changed");
    world.restore(LOBBY, 2);
    world.reconnect(tab);
    assert_eq!(world.rows(tab, LOBBY), "~ kept as it was");
}

/// <https://github.com/element-hq/element-x-ios/issues/2672>
#[test]
fn the_page_of_history_that_was_refused_is_requested_again_by_the_next_connection() {
    let mut world = World::new();
    world.says_many(LOBBY, 70);
    world.history_is_refused = true;
    let tab = world.open("#/");
    assert!(matches!(world.room(tab, LOBBY).history(), History::Refused(_)));
    world.disconnect(tab);
    world.history_is_refused = false;
    world.reconnect(tab);
    assert!(world.rows(tab, LOBBY).starts_with("m21 "), "{}", world.rows(tab, LOBBY));
    assert_eq!(world.room(tab, LOBBY).history(), History::More);
}

/// <https://github.com/thelounge/thelounge/pull/3460>
#[test]
fn older_messages_that_were_wanted_without_a_connection_are_loaded_by_the_next() {
    let mut world = World::new();
    world.says_many(LOBBY, 120);
    let tab = world.open("#/");
    world.disconnect(tab);
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.in_room(tab, LOBBY, RoomIntent::Older);
    assert_eq!(world.room(tab, LOBBY).history(), History::Loading);
    world.says(LOBBY, "meanwhile");
    world.reconnect(tab);
    assert_eq!(world.room(tab, LOBBY).history(), History::More);
    assert!(world.rows(tab, LOBBY).starts_with("m21 "), "{}", world.rows(tab, LOBBY));
}

/// <https://github.com/objectstack-ai/objectui/issues/4156>
#[test]
fn an_inbox_that_was_refused_is_loaded_by_the_next_connection_also_of_another_log() {
    for resets in [false, true] {
        let mut world = World::new();
        world.publish(INBOX, "bob", notification("Old"));
        world.wait(10);
        world.history_is_refused = true;
        let tab = world.open("#/");
        world.intend(tab, Intent::Toggle(Panel::Bell));
        world.run();
        assert_eq!(world.bell(tab), "");
        world.disconnect(tab);
        if resets {
            world.reset();
        }
        world.publish(INBOX, "bob", notification("New"));
        world.history_is_refused = false;
        world.reconnect(tab);
        assert_eq!(world.bell(tab), if resets { "New*" } else { "New* Old*" });
    }
}
