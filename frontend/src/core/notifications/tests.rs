use shared::ids::DisplayName;
use shared::protocol::Sender;

use super::*;

fn message(offset: u64, channel: &str, payload: Payload) -> Message {
    Message {
        channel: ChannelName::parse(channel).unwrap(),
        offset: Offset(offset),
        prev: Offset(offset - 1),
        id: MessageId::new(offset, &[0; 10]),
        at: Timestamp(offset),
        from: Sender { user: UserId::parse("ada").unwrap(), name: DisplayName::parse("Ada").unwrap() },
        payload,
    }
}

fn notification(title: &str) -> Payload {
    Payload::Notification { title: title.to_owned(), body: String::new(), level: Level::Info, link: None }
}

#[test]
fn a_notification_is_added_once_and_the_newest_is_first() {
    let mut bell = Bell::default();
    assert!(bell.add_message(&message(2, "room:x", notification("b")), Offset(0)).is_some());
    assert!(bell.add_message(&message(2, "room:x", notification("b")), Offset(0)).is_none());
    bell.add_message(&message(1, "room:x", notification("a")), Offset(1));
    let titles: Vec<_> = bell.items().map(|item| item.notice.title.as_str()).collect();
    assert_eq!((titles, bell.unread()), (vec!["b", "a"], 1));
    assert!(bell.read_to(&ChannelName::parse("room:x").unwrap(), Offset(2)));
    assert_eq!(bell.unread(), 0);
}

#[test]
fn a_chat_is_a_notification_only_in_the_inbox_and_as_a_push() {
    let mut bell = Bell::default();
    assert!(bell.add_message(&message(1, "room:x", Payload::chat("hi")), Offset(0)).is_none());
    assert!(bell.add_message(&message(2, "inbox:me", Payload::chat("hi")), Offset(0)).is_some());
    let push = Push { payload: Payload::chat("psst"), from: None };
    let shown = bell.add_push(&push, Timestamp(9)).unwrap();
    assert_eq!((shown.notice.title.as_str(), shown.notice.body.as_str()), (words().message_for_you, "psst"));
}

#[test]
fn the_list_and_the_retractions_are_bounded() {
    let mut bell = Bell::default();
    for n in 1..=250 {
        bell.add_message(&message(n, "room:x", notification("x")), Offset(0));
        bell.retract(MessageId::new(n + 1_000, &[0; 10]), &UserId::parse("ada").unwrap());
    }
    assert_eq!((bell.items().count(), bell.items().next().unwrap().at), (100, Timestamp(250)));
    assert_eq!(bell.retractions.len(), 200);
}
