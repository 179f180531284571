//! Notifications: toasts, the bell, and the operating system's.

use shared::protocol::{ErrorCode, Payload, Push, Refusal};
use shared::session::Event;

use super::world::{LOBBY, World, channel, notification};
use crate::core::intent::{Attention, Intent, Panel, RoomIntent};
use crate::core::toasts::Hold;

const KITCHEN: &str = "room:kitchen";

fn ada_is_in_the_kitchen() -> (World, usize) {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    (world, tab)
}

#[test]
fn a_retracted_notification_is_gone_from_the_bell_and_the_toasts_also_after_a_reload() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    let alarm = world.publish(LOBBY, "bob", notification("Alarm"));
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("Alarm*", "Alarm"));
    world.publish(LOBBY, "eve", Payload::Retract { of: alarm });
    assert_eq!(world.bell(tab), "Alarm*", "only its sender can retract it");
    world.publish(LOBBY, "bob", Payload::Retract { of: alarm });
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("", ""));
    assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (0, 0));
    world.close(tab);
    let tab = world.open("#/room/kitchen");
    assert_eq!((world.bell(tab).as_str(), world.unread(tab, LOBBY)), ("", 0));
}

#[test]
fn a_retraction_that_is_loaded_before_its_notification_counts() {
    let mut world = World::new();
    let alarm = world.publish("inbox:ada", "bob", notification("Alarm"));
    let hello = world.says("inbox:ada", "hello");
    for _ in 0..60 {
        world.publish("inbox:ada", "bob", Payload::Reaction { of: hello, emoji: "x".to_owned(), on: true });
    }
    world.publish("inbox:ada", "bob", Payload::Retract { of: alarm });
    let tab = world.open("#/");
    assert_eq!(world.bell(tab), "bob*");
}

#[test]
fn nobody_is_disturbed_by_what_they_see_or_have_sent() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    world.publish(KITCHEN, "bob", notification("Soup"));
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("Soup", ""));
    world.publish(LOBBY, "ada", notification("Mine"));
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("Mine Soup", ""));
    world.in_room(tab, KITCHEN, RoomIntent::LeaveEnd);
    world.publish(KITCHEN, "bob", notification("Below"));
    assert_eq!(world.toasts(tab), "Below", "it is not in view");
    assert!(world.tabs[tab].notified.is_empty(), "in front of the app, the toast is enough");
}

#[test]
fn the_operating_system_notifies_when_the_app_is_not_in_front() {
    for attention in [Attention::Hidden, Attention::Visible] {
        let (mut world, tab) = ada_is_in_the_kitchen();
        world.attend(tab, attention);
        let id = world.publish(KITCHEN, "bob", notification("Soup"));
        let tags: Vec<_> = world.tabs[tab].notified.iter().map(|shown| shown.tag()).collect();
        assert_eq!(tags, [id.to_string()]);
        let source = world.tabs[tab].notified[0].source.clone();
        assert_eq!(source.map(|(channel, _)| channel), Some(channel(KITCHEN)), "a click leads there");
    }
}

#[test]
fn a_notification_of_the_operating_system_goes_when_its_message_is_read_or_gone() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    let other = world.open("#/");
    world.attend(tab, Attention::Hidden);
    world.attend(other, Attention::Hidden);
    let read = world.publish(LOBBY, "bob", notification("Read in another tab"));
    let gone = world.publish(KITCHEN, "bob", notification("Retracted"));
    let kept = world.publish(KITCHEN, "bob", notification("Kept"));
    assert_eq!((world.tabs[tab].notified.len(), world.tabs[tab].withdrawn.len()), (3, 0));
    world.attend(other, Attention::Focused);
    world.wait(1_000);
    world.publish(KITCHEN, "bob", Payload::Retract { of: gone });
    assert_eq!(world.tabs[tab].withdrawn, [read.to_string(), gone.to_string()]);
    world.attend(tab, Attention::Focused);
    assert_eq!(world.tabs[tab].withdrawn.last(), Some(&kept.to_string()), "it is on the screen");
}

#[test]
fn an_inbox_that_was_refused_is_loaded_when_the_bell_is_opened() {
    let mut world = World::new();
    world.publish("inbox:ada", "bob", notification("Hi"));
    world.history_is_refused = true;
    let tab = world.open("#/");
    assert_eq!(world.bell(tab), "");
    world.history_is_refused = false;
    world.intend(tab, Intent::Toggle(Panel::Bell));
    world.run();
    assert_eq!(world.bell(tab), "Hi*");
    let requests = world.requested(tab, "inbox:ada").len();
    world.intend(tab, Intent::ClosePanel);
    world.intend(tab, Intent::Toggle(Panel::Bell));
    world.run();
    assert_eq!(world.requested(tab, "inbox:ada").len(), requests, "it is loaded");
}

#[test]
fn a_push_has_the_same_tag_in_all_tabs() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    let other = world.open("#/");
    for one in [tab, other] {
        world.attend(one, Attention::Hidden);
        world.hear(one, Event::Push(Push { payload: notification("Done"), from: None }));
        world.hear(one, Event::Push(Push { payload: notification("Done "), from: None }));
    }
    let tags = |tab: usize| world.tabs[tab].notified.iter().map(|shown| shown.tag()).collect::<Vec<_>>();
    assert_eq!(tags(tab), tags(other));
    assert_ne!(tags(tab)[0], tags(tab)[1]);
}

#[test]
fn the_inbox_is_behind_the_bell_and_is_no_room() {
    let mut world = World::new();
    world.publish("inbox:ada", "bob", notification("Hi"));
    let tab = world.open("#/inbox/ada");
    assert_eq!(world.tabs[tab].app.panel(), Some(Panel::Bell));
    assert_eq!(world.tabs[tab].app.current(), Some(&channel(LOBBY)));
    assert!(world.tabs[tab].app.room(&channel("inbox:ada")).is_none());
    assert_eq!(world.bell(tab), "Hi*");
    world.intend(tab, Intent::Close(channel("inbox:ada")));
    world.run();
    world.publish("inbox:ada", "bob", notification("Still there"));
    assert_eq!(world.bell(tab), "Still there* Hi*");
}

#[test]
fn what_the_reader_did_not_ask_for_is_refused_in_silence() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    for code in [ErrorCode::PresenceOff, ErrorCode::Forbidden, ErrorCode::NotSubscribed] {
        world.hear(tab, Event::Refused(Refusal::new(code, "No.")));
    }
    assert_eq!(world.toasts(tab), "");
    world.hear(tab, Event::Refused(Refusal::new(ErrorCode::InvalidName, "No.")));
    assert_ne!(world.toasts(tab), "");
}

#[test]
fn a_click_on_a_notification_of_the_inbox_opens_the_bell_and_leaves_the_room_on_the_screen() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    for _ in 0..2 {
        world.go(tab, "inbox:ada");
        assert_eq!(world.tabs[tab].app.panel(), Some(Panel::Bell));
        assert_eq!(world.tabs[tab].app.current(), Some(&channel(KITCHEN)));
        world.intend(tab, Intent::Escape);
    }
}

#[test]
fn a_toast_stays_while_the_keyboard_is_in_it() {
    let (mut world, tab) = ada_is_in_the_kitchen();
    world.publish(LOBBY, "bob", notification("Alarm"));
    let number = world.tabs[tab].app.toasts().shown()[0].number;
    world.intend(tab, Intent::HoldToast(number, Hold::Focus, true));
    world.intend(tab, Intent::HoldToast(number, Hold::Pointer, true));
    world.intend(tab, Intent::HoldToast(number, Hold::Pointer, false));
    world.wait(60_000);
    assert_eq!(world.toasts(tab), "Alarm");
    world.intend(tab, Intent::HoldToast(number, Hold::Focus, false));
    world.wait(60_000);
    assert_eq!(world.toasts(tab), "");
}

#[test]
fn there_are_no_panels_before_there_is_a_name() {
    let mut world = World::new();
    world.keep("name", "");
    let tab = world.open("#/");
    world.intend(tab, Intent::Toggle(Panel::Switcher));
    world.intend(tab, Intent::ToggleWire);
    assert_eq!((world.tabs[tab].app.panel(), world.tabs[tab].app.wire_is_open()), (None, false));
    world.intend(tab, Intent::SetName("Ada".parse().unwrap()));
    assert_eq!(world.tabs[tab].app.panel(), None, "nor after it was given");
    world.intend(tab, Intent::Toggle(Panel::Switcher));
    assert_eq!(world.tabs[tab].app.panel(), Some(Panel::Switcher));
    world.intend(tab, Intent::Escape);
    assert_eq!(world.tabs[tab].app.panel(), None);
}

/// <https://github.com/element-hq/element-web/issues/21448>, <https://github.com/gitterHQ/gitter/issues/1442>
#[test]
fn a_room_that_is_closed_takes_its_notifications_along_in_all_tabs() {
    let mut world = World::new();
    world.keep("rooms", KITCHEN);
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.attend(second, Attention::Hidden);
    let soup = world.publish(KITCHEN, "bob", notification("Soup"));
    world.publish("inbox:ada", "bob", notification("Hi"));
    assert_eq!([first, second].map(|tab| world.toasts(tab)), ["Soup Hi", "Soup Hi"]);
    world.intend(first, Intent::Close(channel(KITCHEN)));
    world.run();
    for tab in [first, second] {
        assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("Hi* Soup", "Hi"));
    }
    assert_eq!(world.tabs[second].withdrawn, [soup.to_string()]);
}

/// <https://github.com/deltachat/deltachat-android/issues/4242>
#[test]
fn a_notification_whose_message_is_retracted_while_the_app_is_offline_goes_with_the_next_connection() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.attend(tab, Attention::Hidden);
    let alarm = world.publish(LOBBY, "bob", notification("Alarm"));
    world.disconnect(tab);
    world.publish(LOBBY, "bob", Payload::Retract { of: alarm });
    world.wait(2_000);
    assert!(world.tabs[tab].withdrawn.is_empty());
    world.reconnect(tab);
    assert_eq!(world.tabs[tab].withdrawn, [alarm.to_string()]);
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("", ""));
}
