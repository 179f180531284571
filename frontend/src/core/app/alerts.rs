//! Notifications: which messages become one, whether the user is disturbed, and the pages of the inbox.

use shared::ids::{ChannelName, Namespace, Offset, UserId};
use shared::protocol::{Message, Payload, Position, Push};

use super::App;
use crate::core::effect::{Effect, Parts};
use crate::core::intent::Attention;
use crate::core::notifications::Notification;
use crate::core::timeline::View;

/// Maximum number of pages of the inbox that follow each other automatically, because none has a notification.
const INBOX_PAGES_MAX: usize = 20;

/// The loading of the inbox.
#[derive(Debug, Default)]
pub(super) struct Inbox {
    has_loaded: bool,
    /// The `before` of the open request.
    asked: Option<Offset>,
    pages: usize,
}

/// Returns the channel that only `user` reads.
pub(super) fn inbox(user: &UserId) -> Option<ChannelName> {
    Namespace::parse("inbox").ok().map(|inbox| ChannelName::of_user(&inbox, user))
}

fn is_inbox(channel: &ChannelName) -> bool {
    channel.namespace() == "inbox"
}

impl App {
    /// A subscription has begun.
    pub(super) fn begin_alerts(&mut self, channel: &ChannelName, position: Position, head: Offset) {
        if self.bell.begin(channel, position.epoch, &self.context.storage) {
            self.context.changed.add(Parts::BELL);
        }
        if is_inbox(channel) && !self.inbox.has_loaded {
            self.inbox.pages = 0;
            self.request_inbox(channel, Offset(head.0.saturating_add(1)));
        }
    }

    fn request_inbox(&mut self, channel: &ChannelName, before: Offset) {
        self.inbox.asked = Some(before);
        self.context.history.add(channel, Some(before));
    }

    /// A page of history may have notifications from before the page was opened. They do not disturb the user.
    pub(super) fn load_alerts(
        &mut self,
        channel: &ChannelName,
        before: Option<Offset>,
        messages: &[Message],
        more: bool,
    ) {
        let read = self.read_of(channel);
        let mut has_shown = false;
        // The newest first: a retraction is known before the notification that it removes.
        let mut has_retracted = false;
        for message in messages.iter().rev() {
            match message.payload {
                Payload::Retract { of } => has_retracted |= self.bell.retract(of, &message.from.user),
                _ => has_shown |= self.bell.add_message(message, read).is_some(),
            }
        }
        if has_shown || has_retracted {
            self.context.changed.add(Parts::BELL);
        }
        if !is_inbox(channel) || self.inbox.asked.is_none() || self.inbox.asked != before {
            return;
        }
        self.inbox.asked = None;
        self.inbox.pages += 1;
        let oldest = messages.first().map(|message| message.offset);
        match oldest.filter(|_| !has_shown && more && self.inbox.pages < INBOX_PAGES_MAX) {
            Some(oldest) => self.request_inbox(channel, oldest),
            None => self.inbox.has_loaded = true,
        }
    }

    /// Returns the offset up to which the room of `channel` is read.
    fn read_of(&self, channel: &ChannelName) -> Offset {
        self.room(channel).map(|room| room.read()).unwrap_or_default()
    }

    /// A live message may notify, or retract a notification.
    pub(super) fn hear_alert(&mut self, message: &Message) {
        if let Payload::Retract { of } = message.payload {
            if self.bell.retract(of, &message.from.user) {
                self.context.changed.add(Parts::BELL);
            }
            return;
        }
        let read = self.read_of(&message.channel);
        if let Some(notification) = self.bell.add_message(message, read) {
            let is_own = self.context.me.user.as_ref() == Some(&message.from.user);
            let is_seen = is_own || self.is_seen(&message.channel);
            if is_own {
                self.bell.mark_read(notification.number);
            }
            self.context.changed.add(Parts::BELL);
            // After an interruption, another tab may have read it.
            if !is_seen && notification.unread {
                self.disturb(notification);
            }
        }
    }

    /// Removes the toasts of messages that are gone or read. While another window is in front, those of read messages stay: a
    /// message that becomes visible here is read, but the toast is what the user notices.
    pub(super) fn dismiss_read(&mut self) {
        let (bell, keeps_read) = (&self.bell, self.context.attention == Attention::Visible);
        let stays = |message| bell.is_unread(message).is_some_and(|unread| unread || keeps_read);
        if self.context.toasts.keep(stays) {
            self.context.changed.add(Parts::TOASTS);
        }
    }

    /// A push may notify.
    pub(super) fn hear_push(&mut self, push: &Push) {
        if let Some(notification) = self.bell.add_push(push, self.context.now) {
            self.context.changed.add(Parts::BELL);
            self.disturb(notification);
        }
    }

    /// Whether the user sees new messages of `channel` as they arrive.
    fn is_seen(&self, channel: &ChannelName) -> bool {
        let is_here = self.context.attention == Attention::Focused && self.current() == Some(channel);
        is_here && self.room(channel).is_some_and(|room| room.view() == View::Following)
    }

    fn disturb(&mut self, notification: Notification) {
        self.context.toasts.add(notification.notice.clone(), notification.message_id, self.context.now);
        self.context.changed.add(Parts::TOASTS);
        // In front of the app, the toast is enough.
        if self.context.attention != Attention::Focused {
            self.context.effects.push_back(Effect::Notify(notification));
        }
    }

    /// The list of notifications is open.
    pub(super) fn read_bell(&mut self) {
        self.bell.read_all(&self.context.storage);
        self.context.changed.add(Parts::BELL);
    }
}
