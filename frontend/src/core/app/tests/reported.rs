//! Faults that users of comparable products have reported. Each test says how this app behaves instead.

use shared::ids::Offset;
use shared::protocol::{Payload, Sender, Signal, SignalState};
use shared::session::{Event, Input};
use shared::time::Timestamp;

use super::world::{DAY_MS, LOBBY, World, channel, notification};
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::room::History;

const KITCHEN: &str = "room:kitchen";

fn says_in(world: &mut World, tab: usize, name: &str, text: &str) {
    world.in_room(tab, name, RoomIntent::Type(text.to_owned()));
    world.in_room(tab, name, RoomIntent::Send);
}

/// <https://github.com/zulip/zulip/issues/14544>
#[test]
fn an_edit_can_add_a_mention_of_the_reader_and_remove_it() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    let id = world.says(LOBBY, "hi @Ada");
    let mentions = |world: &World| world.room(tab, LOBBY).unread().mentions;
    assert_eq!(mentions(&world), 1);
    let edit = |text: &str| Payload::Edit { of: id, text: text.to_owned() };
    world.publish(LOBBY, "bob", edit("hi all"));
    assert_eq!((mentions(&world), world.unread(tab, LOBBY)), (0, 1));
    world.publish(LOBBY, "bob", edit("hi all and @ada"));
    assert_eq!(mentions(&world), 1);
    world.publish(LOBBY, "bob", Payload::Retract { of: id });
    assert_eq!((mentions(&world), world.unread(tab, LOBBY)), (0, 0));
}

/// <https://github.com/status-im/status-legacy/issues/18994>
#[test]
fn a_deleted_message_is_subtracted_once_and_the_next_counts_one() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.says(LOBBY, "a");
    world.says(LOBBY, "b");
    let last = world.says(LOBBY, "c");
    for _ in 0..2 {
        world.publish(LOBBY, "bob", Payload::Retract { of: last });
        assert_eq!(world.unread(tab, LOBBY), 2);
    }
    world.says(LOBBY, "d");
    assert_eq!(world.unread(tab, LOBBY), 3);
}

/// <https://github.com/status-im/status-legacy/issues/18994>, with very many messages.
#[test]
fn deleted_messages_are_not_subtracted_from_a_number_that_was_cut_off() {
    let mut world = World::new();
    world.keep("rooms", KITCHEN);
    let tab = world.open("#/");
    world.wait(1_000);
    world.close(tab);
    world.says_many(KITCHEN, 200);
    let newest: Vec<_> = (0..10).map(|_| world.says(KITCHEN, "oops")).collect();
    let tab = world.open("#/");
    assert_eq!(world.unread(tab, KITCHEN), 100, "shown as 99+");
    for of in newest {
        world.publish(KITCHEN, "bob", Payload::Retract { of });
    }
    assert_eq!(world.unread(tab, KITCHEN), 100);
}

/// <https://github.com/matterhorn-chat/matterhorn/issues/801>
#[test]
fn edits_and_reactions_are_not_unread_messages() {
    let mut world = World::new();
    let id = world.says(LOBBY, "hello");
    let tab = world.open("#/");
    world.go(tab, KITCHEN);
    world.publish(LOBBY, "bob", Payload::Edit { of: id, text: "hello!".to_owned() });
    world.publish(LOBBY, "eve", Payload::Reaction { of: id, emoji: "x".to_owned(), on: true });
    assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (0, 0));
    world.go(tab, LOBBY);
    assert_eq!(world.rows(tab, LOBBY), "hello!", "and there is no line above what is not new");
}

/// <https://github.com/element-hq/element-web/issues/18437>
#[test]
fn a_room_that_is_closed_takes_its_unread_messages_out_of_the_total() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.go(tab, LOBBY);
    world.says(KITCHEN, "soup");
    world.publish(KITCHEN, "bob", notification("Soup"));
    assert_eq!(world.tabs[tab].app.unread_total(), 2);
    world.intend(tab, Intent::Close(channel(KITCHEN)));
    world.run();
    assert_eq!(world.tabs[tab].app.unread_total(), 0);
    world.says(KITCHEN, "more soup");
    assert_eq!(world.tabs[tab].app.unread_total(), 0);
    world.close(tab);
    let tab = world.open("#/");
    assert_eq!(world.tabs[tab].app.unread_total(), 0, "also after a reload");
}

/// <https://github.com/ulyssa/iamb/issues/553>
#[test]
fn what_the_reader_has_sent_from_another_device_is_not_unread_and_does_not_notify() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.attend(tab, Attention::Hidden);
    world.publish(LOBBY, "ada", Payload::chat("from the phone"));
    world.publish(LOBBY, "ada", notification("Mine"));
    assert_eq!((world.unread(tab, LOBBY), world.tabs[tab].app.unread_total()), (0, 0));
    assert!(world.tabs[tab].notified.is_empty() && world.toasts(tab).is_empty());
}

/// <https://github.com/Expensify/App/issues/50469>
#[test]
fn there_is_no_new_line_above_an_own_message() {
    let mut world = World::new();
    world.says_many(LOBBY, 130);
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    says_in(&mut world, tab, LOBBY, "mine");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.attend(tab, Attention::Visible);
    world.attend(tab, Attention::Focused);
    let rows = world.rows(tab, LOBBY);
    assert!(rows.ends_with("m130 mine") && !rows.contains('*'), "{rows}");
}

/// <https://github.com/Expensify/App/issues/39871>, <https://github.com/urbit/urbit/issues/2797>
#[test]
fn the_new_line_stays_while_the_reader_does_and_does_not_follow_each_message() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.go(tab, KITCHEN);
    world.says(LOBBY, "a");
    world.go(tab, LOBBY);
    for text in ["b", "c"] {
        world.says(LOBBY, text);
        world.wait(5_000);
    }
    assert_eq!(world.rows(tab, LOBBY), "* a b c");
    world.go(tab, KITCHEN);
    world.go(tab, LOBBY);
    assert_eq!(world.rows(tab, LOBBY), "a b c");
}

/// <https://github.com/conversejs/converse.js/issues/2940>
#[test]
fn a_live_message_before_the_first_page_makes_no_gap() {
    let mut world = World::new();
    world.says_many(LOBBY, 60);
    world.answers_history = false;
    let tab = world.open("#/");
    world.says(LOBBY, "live");
    world.answers_history = true;
    world.run();
    let rows = world.rows(tab, LOBBY);
    assert!(rows.ends_with(" m59 m60 live") && !rows.contains('…'), "{rows}");
}

/// <https://github.com/thelounge/thelounge/issues/1883>, <https://github.com/amiantos/lurker/pull/214>
#[test]
fn a_long_interruption_leaves_no_hole_and_what_is_gone_is_said() {
    let mut world = World::new();
    world.says(LOBBY, "before");
    let tab = world.open("#/");
    world.disconnect(tab);
    world.says_many(LOBBY, 70);
    world.reconnect(tab);
    world.wait(1_000);
    assert!(world.rows(tab, LOBBY).starts_with("before m1 m2 "));
    world.disconnect(tab);
    world.says_many(LOBBY, 5);
    world.trim(LOBBY, 73);
    world.reconnect(tab);
    assert!(world.rows(tab, LOBBY).ends_with("m69 m70 ~ m3 m4 m5"), "{}", world.rows(tab, LOBBY));
}

/// <https://github.com/element-hq/element-web/issues/25942>, <https://github.com/gomuks/gomuks/issues/683>
#[test]
fn nobody_types_forever_when_the_connection_is_lost() {
    let mut world = World::new();
    let tab = world.open("#/");
    let from = Sender { user: "bob".parse().unwrap(), name: "Bob".parse().unwrap() };
    let signal = Signal { channel: channel(LOBBY), from, state: SignalState::Typing };
    for arrives in [true, false] {
        world.hear(tab, Event::Signal(signal.clone()));
        world.disconnect(tab);
        if arrives {
            world.says(LOBBY, "sent meanwhile");
            world.reconnect(tab);
        } else {
            world.wait(5_000);
        }
        assert!(world.room(tab, LOBBY).typing().names().is_empty());
    }
}

/// <https://github.com/element-hq/element-web/issues/6049>
#[test]
fn the_day_ends_at_midnight_of_the_readers_time_zone_also_when_the_clocks_change() {
    // Midnight is at 23:00 UTC until day 101, which has an hour less, and at 22:00 from then on.
    fn day_of(at: Timestamp) -> i64 {
        let hours = if at.0 < 101 * DAY_MS { 1 } else { 2 };
        i64::try_from((at.0 + hours * DAY_MS / 24) / DAY_MS).unwrap()
    }
    let mut world = World::new();
    world.day_of = day_of;
    let tab = world.open("#/");
    world.says(LOBBY, "today");
    // 12:00 UTC, 23:00, 10:00, 21:00 and 22:00.
    let days = [0, 11, 11, 11, 1].map(|hours| {
        world.wait(hours * DAY_MS / 24);
        world.tabs[tab].app.today()
    });
    assert_eq!(days, [100, 101, 101, 101, 102]);
}

/// <https://github.com/mattermost/mattermost/issues/5089>, <https://github.com/element-hq/element-web/issues/5408>,
/// <https://github.com/GetStream/stream-chat-react-native/issues/2852>
#[test]
fn what_was_written_offline_is_sent_once_in_the_order_in_which_it_was_written() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.disconnect(tab);
    for text in ["one", "two", "three"] {
        says_in(&mut world, tab, LOBBY, text);
    }
    let first = world.tabs[tab].inputs.iter().find_map(|input| match input {
        Input::Publish { message_id, .. } => Some(*message_id),
        _ => None,
    });
    // The log has the first one; its reply was lost. The page is loaded again before there is a connection.
    world.store(LOBBY, "ada", first.unwrap(), Payload::chat("one"));
    world.close(tab);
    let tab = world.open("#/");
    world.intend(tab, Intent::AdoptTab(crate::core::unsent::TabId::new(1)));
    world.run();
    says_in(&mut world, tab, LOBBY, "four");
    assert_eq!(world.rows(tab, LOBBY), "one two three four");
    let (all, _) = world.published(&channel(LOBBY));
    assert_eq!(all.iter().map(|message| message.offset).collect::<Vec<_>>(), [1, 2, 3, 4].map(Offset));
}

/// <https://github.com/mattermost/mattermost/issues/4924>
#[test]
fn a_draft_stays_in_its_room() {
    let mut world = World::new();
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::Type("for the lobby".to_owned()));
    world.go(tab, KITCHEN);
    assert_eq!(world.room(tab, KITCHEN).draft(), "");
    world.go(tab, LOBBY);
    assert_eq!(world.room(tab, LOBBY).draft(), "for the lobby");
}

/// <https://github.com/dam-agents/dam/pull/3305>
#[test]
fn a_sent_draft_does_not_come_back_from_another_tab() {
    let mut world = World::new();
    let (first, second) = (world.open("#/"), world.open("#/"));
    world.in_room(first, LOBBY, RoomIntent::Type("a thought".to_owned()));
    world.wait(1_000);
    world.in_room(first, LOBBY, RoomIntent::Send);
    world.in_room(second, LOBBY, RoomIntent::LeaveEnd);
    world.go(second, KITCHEN);
    world.in_room(second, KITCHEN, RoomIntent::Type("x".to_owned()));
    world.close(second);
    assert_eq!(world.room(first, LOBBY).draft(), "");
    world.close(first);
    let tab = world.open("#/");
    assert_eq!((world.room(tab, LOBBY).draft(), world.room(tab, KITCHEN).draft()), ("", "x"));
}

/// <https://github.com/signalapp/Signal-Desktop/issues/6659>, <https://github.com/docs-plus/docs.plus/issues/277>
#[test]
fn an_edit_neither_loses_nor_becomes_the_draft_also_when_the_page_is_closed() {
    let mut world = World::new();
    let tab = world.open("#/");
    says_in(&mut world, tab, LOBBY, "helo");
    world.in_room(tab, LOBBY, RoomIntent::Type("half a thought".to_owned()));
    world.in_room(tab, LOBBY, RoomIntent::EditLast);
    world.in_room(tab, LOBBY, RoomIntent::Type("hello".to_owned()));
    world.wait(1_000);
    world.close(tab);
    let tab = world.open("#/");
    assert_eq!(world.room(tab, LOBBY).draft(), "half a thought");
}

/// <https://github.com/zulip/zulip/issues/31172>, <https://github.com/element-hq/element-web/issues/6328>
#[test]
fn a_toast_goes_away_when_its_message_is_read() {
    let mut world = World::new();
    let tab = world.open("#/room/kitchen");
    world.publish(LOBBY, "bob", notification("Alarm"));
    world.publish("inbox:ada", "bob", notification("Hi"));
    assert_eq!(world.toasts(tab), "Alarm Hi");
    world.go(tab, LOBBY);
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("Hi* Alarm", "Hi"));
}

/// The same, if it is read in another tab.
#[test]
fn a_toast_goes_away_when_its_message_is_read_in_another_tab() {
    let mut world = World::new();
    let (tab, other) = (world.open("#/room/kitchen"), world.open("#/"));
    world.attend(tab, Attention::Hidden);
    world.publish(LOBBY, "bob", notification("Alarm"));
    world.publish("inbox:ada", "bob", notification("Hi"));
    assert_eq!(world.toasts(tab), "Alarm Hi");
    world.wait(1_000);
    assert_eq!(world.toasts(tab), "Hi");
    world.intend(other, Intent::ReadBell);
    world.run();
    assert_eq!((world.bell(tab).as_str(), world.toasts(tab).as_str()), ("Hi Alarm", ""));
}

/// <https://github.com/zulip/zulip/issues/3207>, <https://github.com/dust-tt/dust/pull/21834>
#[test]
fn several_tabs_show_one_notification_of_the_operating_system() {
    let mut world = World::new();
    let tabs = [world.open("#/"), world.open("#/"), world.open("#/room/kitchen")];
    tabs.into_iter().for_each(|tab| world.attend(tab, Attention::Hidden));
    world.publish(LOBBY, "bob", notification("Alarm"));
    let tags = |tab: usize| world.tabs[tab].notified.iter().map(|shown| shown.tag()).collect::<Vec<_>>();
    assert_eq!((tags(0).len(), tags(0), tags(1)), (1, tags(1), tags(2)), "the same tag replaces");
}

/// <https://github.com/nextcloud/notifications/issues/192>
#[test]
fn old_notifications_do_not_disturb_again() {
    let mut world = World::new();
    world.publish(LOBBY, "bob", notification("Old"));
    world.publish("inbox:ada", "bob", notification("Older"));
    let tab = world.open("#/room/kitchen");
    assert_eq!((world.toasts(tab).as_str(), world.tabs[tab].notified.len()), ("", 0));
    world.disconnect(tab);
    world.reconnect(tab);
    assert_eq!((world.toasts(tab).as_str(), world.tabs[tab].notified.len()), ("", 0));
}

/// <https://github.com/status-im/status-legacy/issues/5185>, <https://github.com/RocketChat/Rocket.Chat/issues/160>
#[test]
fn a_reader_further_up_is_not_moved_by_new_messages() {
    let mut world = World::new();
    world.says_many(LOBBY, 300);
    let tab = world.open("#/");
    world.in_room(tab, LOBBY, RoomIntent::LeaveEnd);
    world.in_room(tab, LOBBY, RoomIntent::Older);
    let before = world.rows(tab, LOBBY);
    world.says_many(LOBBY, 20);
    world.disconnect(tab);
    world.says(LOBBY, "later");
    world.reconnect(tab);
    assert!(world.rows(tab, LOBBY).starts_with(&before));
}

/// <https://github.com/commetchat/commet/issues/260>
#[test]
fn a_room_whose_newest_pages_show_nothing_can_be_read_to_its_start() {
    let mut world = World::new();
    let hello = world.says(LOBBY, "hello");
    for number in 0..1_200 {
        let emoji = number.to_string();
        world.publish(LOBBY, "bob", Payload::Reaction { of: hello, emoji, on: true });
    }
    let tab = world.open("#/");
    // After 21 pages the reader is asked.
    assert_eq!((world.rows(tab, LOBBY).as_str(), world.room(tab, LOBBY).history()), ("", History::More));
    world.in_room(tab, LOBBY, RoomIntent::Older);
    assert_eq!(
        (world.rows(tab, LOBBY).as_str(), world.room(tab, LOBBY).history()),
        ("hello", History::Whole)
    );
}
