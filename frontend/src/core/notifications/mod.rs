//! The notifications behind the bell: the newest first, which of them are unread, and which were cleared.

mod marks;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use shared::ids::{ChannelName, Epoch, MessageId, Offset, UserId};
use shared::protocol::{Level, Message, Payload, Push};
use shared::time::Timestamp;

use super::rooms::is_room;
use super::storage::Storage;
use super::texts::words;
use super::timeline::{Body, Notice};
use marks::Marks;

/// Maximum number of notifications in the list. Above it, the oldest are removed.
const NOTIFICATIONS_MAX: usize = 100;

/// Maximum number of retractions that are remembered until the retracted message is loaded.
const RETRACTIONS_MAX: usize = 200;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notification {
    /// Its number in this page.
    pub(crate) number: u64,
    /// The message that it came as. A push to one connection has none.
    pub(crate) message_id: Option<MessageId>,
    /// The channel and offset of the message.
    pub(crate) source: Option<(ChannelName, Offset)>,
    pub(crate) at: Timestamp,
    pub(crate) notice: Notice,
    /// The name of the sender.
    pub(crate) from: Option<String>,
    sender: Option<UserId>,
    pub(crate) unread: bool,
}

impl Notification {
    /// Returns what makes it the same notification in several tabs: the message id, or the content of a push.
    pub(crate) fn tag(&self) -> String {
        match self.message_id {
            Some(id) => id.to_string(),
            // FNV-1a.
            None => {
                let content = self.notice.title.bytes().chain([0]).chain(self.notice.body.bytes());
                let hash = content.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
                });
                format!("push-{hash:016x}")
            }
        }
    }
}

/// The list of notifications.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    items: VecDeque<Notification>,
    last_number: u64,
    marks: Marks,
    /// The newest retractions, each with its sender.
    retractions: VecDeque<(MessageId, UserId)>,
}

impl Bell {
    /// Returns the notifications, newest first.
    pub(crate) fn items(&self) -> impl Iterator<Item = &Notification> {
        self.items.iter()
    }

    /// Whether a message is unread, or `None` if it is not in the list.
    pub(crate) fn is_unread(&self, message: MessageId) -> Option<bool> {
        self.items.iter().find(|item| item.message_id == Some(message)).map(|item| item.unread)
    }

    /// Whether the notification with this number is in the list and unread.
    pub(crate) fn is_unread_number(&self, number: u64) -> bool {
        self.items.iter().any(|item| item.number == number && item.unread)
    }

    /// Returns the number of unread notifications.
    pub(crate) fn unread(&self) -> usize {
        self.items.iter().filter(|item| item.unread).count()
    }

    /// Returns the number of unread notifications, without those of rooms: rooms count their own.
    pub(crate) fn unread_outside_rooms(&self) -> usize {
        let in_room = |item: &&Notification| item.source.as_ref().is_some_and(|(of, _)| is_room(of));
        self.items.iter().filter(|item| item.unread && !in_room(item)).count()
    }

    /// The subscription to a channel has begun. Notifications that are not in the log are removed: they are of an earlier log
    /// of the channel, or the log has lost its messages after `head`. Returns whether the list has changed.
    pub(crate) fn begin(
        &mut self,
        channel: &ChannelName,
        epoch: Epoch,
        head: Offset,
        storage: &mut Storage,
    ) -> bool {
        let is_other_log = self.marks.begin(channel, epoch, head, storage);
        self.remove(|item| {
            item.source.as_ref().is_some_and(|(of, at)| of == channel && (is_other_log || *at > head))
        })
    }

    /// Adds a message if it is a notification, new and not cleared. The messages of its channel are read up to `read`.
    /// Returns the notification.
    pub(crate) fn add_message(&mut self, message: &Message, read: Offset) -> Option<Notification> {
        let notice = notice(&message.payload, message.from.name.as_str(), !is_room(&message.channel))?;
        let mark = self.marks.of(&message.channel);
        let is_known = self.items.iter().any(|item| item.message_id == Some(message.id));
        let is_retracted =
            self.retractions.iter().any(|(id, user)| *id == message.id && *user == message.from.user);
        if is_known || is_retracted || message.offset <= mark.cleared {
            return None;
        }
        Some(self.insert(Notification {
            number: 0,
            message_id: Some(message.id),
            source: Some((message.channel.clone(), message.offset)),
            at: message.at,
            notice,
            from: Some(message.from.name.to_string()),
            sender: Some(message.from.user.clone()),
            unread: message.offset > read.max(mark.read),
        }))
    }

    /// Adds a push to this connection if it is a notification. Returns it.
    pub(crate) fn add_push(&mut self, push: &Push, now: Timestamp) -> Option<Notification> {
        let from = push.from.as_ref().map(|from| from.name.to_string());
        let notice = notice(&push.payload, from.as_deref().unwrap_or(words().message_for_you), true)?;
        let sender = push.from.as_ref().map(|from| from.user.clone());
        let (number, message_id, source, at, unread) = (0, None, None, now, true);
        Some(self.insert(Notification { number, message_id, source, at, notice, from, sender, unread }))
    }

    /// A sender has retracted a message. Returns whether it was in the list.
    pub(crate) fn retract(&mut self, message: MessageId, sender: &UserId) -> bool {
        self.retractions.push_back((message, sender.clone()));
        if self.retractions.len() > RETRACTIONS_MAX {
            self.retractions.pop_front();
        }
        self.remove(|item| item.message_id == Some(message) && item.sender.as_ref() == Some(sender))
    }

    /// Marks one as read.
    pub(crate) fn mark_read(&mut self, number: u64) {
        self.items.iter_mut().filter(|item| item.number == number).for_each(|item| item.unread = false);
    }

    /// The messages of `channel` are read up to `offset`. Returns whether a notification was unread.
    pub(crate) fn read_to(&mut self, channel: &ChannelName, offset: Offset) -> bool {
        let mut has_changed = false;
        let is_read = |item: &&mut Notification| {
            item.unread && item.source.as_ref().is_some_and(|(of, at)| of == channel && *at <= offset)
        };
        for item in self.items.iter_mut().filter(is_read) {
            (item.unread, has_changed) = (false, true);
        }
        has_changed
    }

    /// Marks all as read, for all tabs and later visits.
    pub(crate) fn read_all(&mut self, storage: &mut Storage) {
        self.items.iter_mut().for_each(|item| item.unread = false);
        for (channel, newest) in self.newest() {
            self.marks.read(&channel, newest, storage);
        }
    }

    /// Removes all, for all tabs and later visits.
    pub(crate) fn clear(&mut self, storage: &mut Storage) {
        for (channel, newest) in self.newest() {
            self.marks.clear(&channel, newest, storage);
        }
        self.items.clear();
    }

    /// Another tab has stored marks of a channel. Returns whether the list has changed.
    pub(crate) fn adopt(&mut self, channel: &ChannelName, stored: &str) -> bool {
        self.marks.adopt(channel, stored);
        let mark = self.marks.of(channel);
        let has_read = self.read_to(channel, mark.read);
        let is_cleared = |item: &Notification| {
            item.source.as_ref().is_some_and(|(of, at)| of == channel && *at <= mark.cleared)
        };
        self.remove(is_cleared) || has_read
    }

    /// Returns the newest offset of each channel in the list.
    fn newest(&self) -> Vec<(ChannelName, Offset)> {
        let mut newest: Vec<(ChannelName, Offset)> = Vec::new();
        for (channel, offset) in self.items.iter().filter_map(|item| item.source.as_ref()) {
            match newest.iter_mut().find(|(known, _)| known == channel) {
                Some((_, known)) => *known = (*offset).max(*known),
                None => newest.push((channel.clone(), *offset)),
            }
        }
        newest
    }

    fn remove(&mut self, is_gone: impl Fn(&Notification) -> bool) -> bool {
        let before = self.items.len();
        self.items.retain(|item| !is_gone(item));
        self.items.len() < before
    }

    fn insert(&mut self, mut item: Notification) -> Notification {
        self.last_number += 1;
        item.number = self.last_number;
        let index = self.items.iter().position(|other| other.at <= item.at).unwrap_or(self.items.len());
        self.items.insert(index, item.clone());
        self.items.truncate(NOTIFICATIONS_MAX);
        item
    }
}

/// Returns the notification that a payload is. A chat message is one if it is `personal`.
fn notice(payload: &Payload, from: &str, personal: bool) -> Option<Notice> {
    match payload {
        Payload::Chat { text, .. } if personal => {
            Some(Notice { title: from.to_owned(), body: text.clone(), level: Level::Info, link: None })
        }
        // The text of other chat messages is not copied.
        Payload::Notification { .. } => match Body::of(payload)? {
            Body::Notice(notice) => Some(notice),
            _ => None,
        },
        _ => None,
    }
}
