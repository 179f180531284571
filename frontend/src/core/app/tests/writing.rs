//! Drafts and edits.

use shared::protocol::Payload;
use shared::session::Input;

use super::world::{LOBBY, World, channel};
use crate::core::intent::{Attention, Intent, RoomIntent};

fn published(world: &World, tab: usize) -> Vec<Payload> {
    let inputs = world.tabs[tab].inputs.iter();
    inputs
        .filter_map(|input| match input {
            Input::Publish { payload, .. } => Some(payload.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn an_edit_that_changes_nothing_sends_nothing() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::Type("hello".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    world.in_room(tab, LOBBY, RoomIntent::Type("half a thought".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::EditLast);
    assert!(world.room(tab, LOBBY).is_editing());
    world.in_room(tab, LOBBY, RoomIntent::Send);
    assert_eq!(published(&world, tab), [Payload::chat("hello")]);
    assert_eq!(world.room(tab, LOBBY).draft(), "half a thought");
    world.in_room(tab, LOBBY, RoomIntent::EditLast);
    world.in_room(tab, LOBBY, RoomIntent::Type("hello!".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Send);
    assert_eq!(world.rows(tab, LOBBY), "hello!");
}

#[test]
fn a_draft_survives_a_reload_and_is_not_stored_with_each_key() {
    let mut world = World::new();
    let tab = world.open("#/");
    let before = world.writes();
    for end in 1..=20 {
        world.in_room(tab, LOBBY, RoomIntent::Type("a long enough thought"[..end].to_owned()));
        world.wait(20);
    }
    assert!(world.writes() - before <= 2, "{}", world.writes() - before);
    world.attend(tab, Attention::Hidden);
    world.close(tab);
    let tab = world.open("#/");
    assert_eq!(world.room(tab, LOBBY).draft(), "a long enough though");
}

#[test]
fn a_draft_of_a_closed_room_is_there_when_it_is_opened_again() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.in_room(tab, "room:kitchen", RoomIntent::Type("soup".to_owned()));
    world.intend(tab, Intent::Close(channel("room:kitchen")));
    world.run();
    assert_eq!(world.tabs[tab].app.current(), Some(&channel(LOBBY)));
    world.go(tab, "room:kitchen");
    assert_eq!(world.room(tab, "room:kitchen").draft(), "soup");
}

#[test]
fn typing_is_signalled_to_others_and_ends_by_itself() {
    use shared::protocol::{Sender, Signal, SignalKind, SignalState};
    let mut world = World::new();
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::Type("h".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::Type("hi".to_owned()));
    let signals = world.tabs[tab]
        .inputs
        .iter()
        .filter(|input| matches!(input, Input::Signal { kind: SignalKind::Typing, .. }));
    assert_eq!(signals.count(), 1);
    for user in ["bob", "ada"] {
        let from = Sender { user: user.parse().unwrap(), name: user.parse().unwrap() };
        let signal = Signal { channel: channel(LOBBY), from, state: SignalState::Typing };
        world.hear(tab, shared::session::Event::Signal(signal));
    }
    assert_eq!(world.room(tab, LOBBY).typing().names(), ["bob"], "not oneself in another tab");
    world.wait(5_000);
    assert!(world.room(tab, LOBBY).typing().names().is_empty());
}
