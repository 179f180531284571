//! Unread messages, the "New" line, the view, and history.

use shared::protocol::Payload;

use super::world::{LOBBY, World, channel};
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::timeline::View;

const KITCHEN: &str = "room:kitchen";

/// Ada has read the lobby and the kitchen, and has closed the page.
fn ada_has_been_here() -> World {
    let mut world = World::new();
    world.says(LOBBY, "old");
    world.says(KITCHEN, "soup");
    let tab = world.open("#/room/kitchen");
    world.go(tab, LOBBY);
    world.wait(1_000);
    world.close(tab);
    world
}

#[test]
fn the_room_on_the_screen_at_the_start_has_a_new_line() {
    let mut world = ada_has_been_here();
    for text in ["a", "b", "c"] {
        world.says(LOBBY, text);
    }
    let tab = world.open("#/");
    assert_eq!(world.rows(tab, LOBBY), "old * a b c");
    assert_eq!(world.unread(tab, LOBBY), 0, "they are on the screen");
    world.says(LOBBY, "d");
    assert_eq!(world.rows(tab, LOBBY), "old * a b c d");
}

#[test]
fn the_new_line_is_above_the_first_of_very_many_unread_messages() {
    let mut world = ada_has_been_here();
    world.says_many(KITCHEN, 130);
    let tab = world.open("#/room/kitchen");
    assert!(world.rows(tab, KITCHEN).starts_with("m31 "), "{}", world.rows(tab, KITCHEN));
    assert!(!world.rows(tab, KITCHEN).contains('*'), "it is further up");
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    world.in_room(tab, KITCHEN, RoomIntent::Older);
    assert!(world.rows(tab, KITCHEN).starts_with("* m1 m2 "), "{}", world.rows(tab, KITCHEN));
}

#[test]
fn the_first_unread_message_is_loaded_without_all_between() {
    let mut world = ada_has_been_here();
    world.says_many(KITCHEN, 2_000);
    let tab = world.open("#/room/kitchen");
    assert_eq!(world.unread(tab, KITCHEN), 0);
    // Two pages at the end, which are enough for "99+", and one around the first unread message.
    assert_eq!(world.requested(tab, KITCHEN)[..3], [2_002, 1_952, 52]);
    assert!(world.requested(tab, KITCHEN).len() <= 4, "{:?}", world.requested(tab, KITCHEN));
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    world.in_room(tab, KITCHEN, RoomIntent::Older);
    assert!(world.rows(tab, KITCHEN).starts_with("* m1 m2 "), "{}", world.rows(tab, KITCHEN));
}

#[test]
fn unread_messages_are_counted_beyond_the_first_page() {
    let mut world = ada_has_been_here();
    world.says_many(KITCHEN, 80);
    let tab = world.open("#/");
    assert_eq!(world.unread(tab, KITCHEN), 80);
    world.says_many(KITCHEN, 40);
    assert_eq!(world.unread(tab, KITCHEN), 100, "shown as 99+");
}

#[test]
fn messages_that_arrive_while_the_reader_is_further_up_stay_unread() {
    let mut world = ada_has_been_here();
    world.says_many(LOBBY, 30);
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.says(LOBBY, "missed one");
    world.says(LOBBY, "missed two");
    assert_eq!(world.unread(tab, LOBBY), 2);
    world.go(tab, KITCHEN);
    assert_eq!(world.unread(tab, LOBBY), 2, "another room does not read them");
    world.go(tab, LOBBY);
    assert!(world.rows(tab, LOBBY).ends_with("m30 * missed one missed two"));
    world.in_room(tab, LOBBY, RoomIntent::Follow);
    assert_eq!(world.unread(tab, LOBBY), 0);
}

#[test]
fn following_again_reads_what_came_while_the_page_was_hidden() {
    let mut world = ada_has_been_here();
    let tab = world.open("#/");
    for reach in [RoomIntent::Follow, RoomIntent::ReachBottom] {
        world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
        world.attend(tab, Attention::Hidden);
        world.says(LOBBY, "a");
        world.says(LOBBY, "b");
        world.attend(tab, Attention::Focused);
        assert_eq!(world.unread(tab, LOBBY), 2);
        world.in_room(tab, LOBBY, reach);
        assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (0, 0));
    }
}

#[test]
fn nothing_is_read_in_a_hidden_page() {
    let mut world = ada_has_been_here();
    let tab = world.open("#/");
    world.attend(tab, Attention::Hidden);
    world.says(LOBBY, "a");
    assert_eq!(world.unread(tab, LOBBY), 1);
    world.attend(tab, Attention::Focused);
    assert_eq!((world.unread(tab, LOBBY), world.rows(tab, LOBBY).as_str()), (0, "old * a"));
    world.attend(tab, Attention::Hidden);
    world.attend(tab, Attention::Focused);
    assert_eq!(world.rows(tab, LOBBY), "old * a", "the line stays while nothing is new");
}

#[test]
fn a_page_that_comes_late_makes_no_silent_hole() {
    let mut world = ada_has_been_here();
    world.says_many(LOBBY, 2_300);
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    while world.room(tab, LOBBY).history() == crate::core::room::History::More
        && world.requested(tab, LOBBY).last().is_some_and(|before| *before > 300)
    {
        world.in_room(tab, LOBBY, RoomIntent::Older);
    }
    world.answers_history = false;
    for _ in 0..3 {
        world.in_room(tab, LOBBY, RoomIntent::Older);
    }
    world.in_room(tab, LOBBY, RoomIntent::Follow);
    world.says(LOBBY, "the oldest are dropped now");
    world.answers_history = true;
    world.run();
    // All the way up: the numbers have no gap that is not drawn.
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    for _ in 0..100 {
        world.in_room(tab, LOBBY, RoomIntent::Older);
        let rows = world.rows(tab, LOBBY);
        let parts = rows.split('…');
        for part in parts {
            let numbers: Vec<u64> =
                part.split(' ').filter_map(|text| text.strip_prefix('m')?.parse().ok()).collect();
            assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{numbers:?}");
        }
    }
    assert!(world.rows(tab, LOBBY).starts_with("old "), "the start was reached");
}

#[test]
fn a_room_that_is_closed_while_its_first_page_is_loaded_is_complete_when_it_is_opened_again() {
    let mut world = ada_has_been_here();
    world.says_many(KITCHEN, 3);
    let tab = world.open("#/");
    world.answers_history = false;
    world.go(tab, "room:new");
    world.says("room:new", "first");
    world.intend(tab, Intent::Close(channel("room:new")));
    world.run();
    world.says("room:new", "between");
    world.answers_history = true;
    world.run();
    world.go(tab, "room:new");
    world.says("room:new", "last");
    assert_eq!(world.rows(tab, "room:new"), "* first between last");
}

#[test]
fn the_pages_of_many_rooms_wait_for_each_other_and_the_room_on_the_screen_is_first() {
    let mut world = World::new();
    let names: Vec<String> = (0..40).map(|n| format!("room:r{n}")).collect();
    names.iter().for_each(|name| {
        world.says(name, "hello");
    });
    world.keep("rooms", &names.join("\n"));
    world.answers_history = false;
    let tab = world.open("#/room/r33");
    let requests = |world: &World| names.iter().filter(|name| !world.requested(tab, name).is_empty()).count();
    assert!(requests(&world) <= 4);
    assert_eq!(world.requested(tab, "room:r33"), [2]);
    world.answers_history = true;
    world.run();
    assert_eq!(requests(&world), 40);
    assert!(names.iter().all(|name| world.rows(tab, name) == "hello"));
}

#[test]
fn a_retracted_message_is_not_unread() {
    let mut world = ada_has_been_here();
    let tab = world.open("#/room/kitchen");
    let id = world.says(LOBBY, "oops");
    assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (1, 1));
    world.publish(LOBBY, "bob", Payload::Retract { of: id });
    assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (0, 0));
    world.close(tab);
    let tab = world.open("#/room/kitchen");
    assert_eq!(world.unread(tab, LOBBY), 0, "also after a reload");
}

#[test]
fn the_reader_comes_back_to_the_place_where_they_were() {
    let mut world = ada_has_been_here();
    world.says_many(LOBBY, 300);
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.in_room(tab, LOBBY, RoomIntent::Older);
    world.in_room(tab, LOBBY, RoomIntent::Older);
    let message = world.says(KITCHEN, "elsewhere");
    world.in_room(tab, LOBBY, RoomIntent::Place(message, 12));
    let (before, view) = (world.rows(tab, LOBBY), world.room(tab, LOBBY).view());
    world.go(tab, KITCHEN);
    world.go(tab, LOBBY);
    // The line is gone: everything was read.
    let before = before.replace("* ", "");
    assert_eq!((world.rows(tab, LOBBY), world.room(tab, LOBBY).view()), (before, view));
    assert_eq!(
        world.room(tab, LOBBY).place().map(|place| (place.message, place.below_px)),
        Some((message, 12))
    );
    world.in_room(tab, LOBBY, RoomIntent::Follow);
    assert_eq!((world.room(tab, LOBBY).view(), world.room(tab, LOBBY).place()), (View::Following, None));
}

#[test]
fn a_page_that_shows_nothing_leads_to_the_next() {
    let mut world = World::new();
    let hello = world.says(LOBBY, "hello");
    for number in 0..120 {
        let user = format!("user-{number}");
        world.publish(LOBBY, &user, Payload::Reaction { of: hello, emoji: "👍".to_owned(), on: true });
    }
    let tab = world.open("#/");
    assert_eq!(world.requested(tab, LOBBY), [122, 72, 22]);
    assert_eq!(world.rows(tab, LOBBY), "hello");
}
