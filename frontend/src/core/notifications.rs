//! The bell: what has been notified, newest first, and how much of it is unread.

use std::collections::VecDeque;

use shared::ids::{ChannelName, MessageId, Offset};
use shared::protocol::{Message, Payload, Push};
use shared::time::Timestamp;

use super::timeline::{Body, Notice};

/// Most notifications in the list. The oldest go.
const NOTIFICATIONS_MAX: usize = 100;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notification {
    /// Its number on this page, for what shows it.
    pub(crate) number: u64,
    /// The message it came as; a push for one connection has none.
    pub(crate) message_id: Option<MessageId>,
    /// Where it stands, for those of a channel.
    pub(crate) source: Option<(ChannelName, Offset)>,
    pub(crate) at: Timestamp,
    pub(crate) notice: Notice,
    /// Who sent it, where that says something.
    pub(crate) from: Option<String>,
    pub(crate) unread: bool,
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    items: VecDeque<Notification>,
    last_number: u64,
}

impl Bell {
    /// The notifications, newest first.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Notification> {
        self.items.iter()
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many have not been read.
    pub(crate) fn unread(&self) -> usize {
        self.items.iter().filter(|item| item.unread).count()
    }

    /// The same, without those that a room counts.
    pub(crate) fn unread_outside_rooms(&self) -> usize {
        let in_room =
            |item: &&Notification| item.source.as_ref().is_some_and(|(of, _)| of.namespace() != "inbox");
        self.items.iter().filter(|item| item.unread && !in_room(item)).count()
    }

    /// Adds a message that notifies. Returns it where it is one, and new.
    pub(crate) fn add_message(&mut self, message: &Message, unread: bool) -> Option<Notification> {
        let own_inbox = message.channel.namespace() == "inbox";
        let notice = match Body::of(&message.payload)? {
            Body::Notice(notice) => notice,
            Body::Chat { text, .. } if own_inbox => said(message.from.name.as_str(), text),
            Body::Chat { .. } | Body::Retracted | Body::Custom { .. } | Body::Unsupported { .. } => {
                return None;
            }
        };
        if self.items.iter().any(|item| item.message_id == Some(message.id)) {
            return None;
        }
        let source = Some((message.channel.clone(), message.offset));
        let from = Some(message.from.name.to_string());
        Some(self.insert(Some(message.id), source, message.at, notice, from, unread))
    }

    /// Adds what was pushed to this connection. Returns it where it notifies.
    pub(crate) fn add_push(&mut self, push: &Push, now: Timestamp) -> Option<Notification> {
        let from = push.from.as_ref().map(|from| from.name.to_string());
        let notice = match &push.payload {
            Payload::Chat { text, .. } => said(from.as_deref().unwrap_or("A message for you"), text.clone()),
            payload => match Body::of(payload)? {
                Body::Notice(notice) => notice,
                Body::Chat { .. } | Body::Retracted | Body::Custom { .. } | Body::Unsupported { .. } => {
                    return None;
                }
            },
        };
        Some(self.insert(None, None, now, notice, from, true))
    }

    /// All have been read.
    pub(crate) fn read_all(&mut self) {
        self.items.iter_mut().for_each(|item| item.unread = false);
    }

    /// Empties the list.
    pub(crate) fn clear(&mut self) {
        self.items.clear();
    }

    /// The newest offset of `channel` in the list.
    pub(crate) fn newest_of(&self, channel: &ChannelName) -> Option<Offset> {
        let of_channel = self.items.iter().filter_map(|item| item.source.as_ref());
        of_channel.filter(|(of, _)| of == channel).map(|(_, offset)| *offset).max()
    }

    fn insert(
        &mut self,
        message_id: Option<MessageId>,
        source: Option<(ChannelName, Offset)>,
        at: Timestamp,
        notice: Notice,
        from: Option<String>,
        unread: bool,
    ) -> Notification {
        self.last_number += 1;
        let item = Notification { number: self.last_number, message_id, source, at, notice, from, unread };
        let index = self.items.iter().position(|other| other.at <= at).unwrap_or(self.items.len());
        self.items.insert(index, item.clone());
        self.items.truncate(NOTIFICATIONS_MAX);
        item
    }
}

fn said(who: &str, text: String) -> Notice {
    Notice { title: who.to_owned(), body: text, level: shared::protocol::Level::Info, link: None }
}

#[cfg(test)]
mod tests {
    use shared::ids::{DisplayName, UserId};
    use shared::protocol::{Level, Sender};

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
    fn a_notification_comes_in_once_and_newest_first() {
        let mut bell = Bell::default();
        assert!(bell.add_message(&message(2, "room:x", notification("b")), true).is_some());
        assert!(bell.add_message(&message(2, "room:x", notification("b")), true).is_none());
        bell.add_message(&message(1, "room:x", notification("a")), false);
        let titles: Vec<_> = bell.items().map(|item| item.notice.title.as_str()).collect();
        assert_eq!((titles, bell.unread()), (vec!["b", "a"], 1));
        bell.read_all();
        assert_eq!(bell.unread(), 0);
        assert_eq!(bell.newest_of(&ChannelName::parse("room:x").unwrap()), Some(Offset(2)));
    }

    #[test]
    fn a_chat_notifies_in_the_inbox_and_as_a_push_alone() {
        let mut bell = Bell::default();
        assert!(bell.add_message(&message(1, "room:x", Payload::chat("hi")), true).is_none());
        assert!(bell.add_message(&message(2, "inbox:me", Payload::chat("hi")), true).is_some());
        let push = Push { payload: Payload::chat("psst"), from: None };
        let shown = bell.add_push(&push, Timestamp(9)).unwrap();
        assert_eq!((shown.notice.title.as_str(), shown.notice.body.as_str()), ("A message for you", "psst"));
    }

    #[test]
    fn the_list_has_an_end() {
        let mut bell = Bell::default();
        for n in 1..=150 {
            bell.add_message(&message(n, "room:x", notification("x")), true);
        }
        assert_eq!((bell.items().count(), bell.items().next().unwrap().at), (100, Timestamp(150)));
    }
}
