//! Notifications: which messages become one, whether the user is disturbed, and the pages of the inbox.

use std::collections::VecDeque;

use shared::ids::{ChannelName, Offset};
use shared::protocol::{Message, Payload, Position, Push};

use super::App;
use super::inbox::inbox_of;
use crate::core::effect::{Effect, Parts};
use crate::core::intent::Attention;
use crate::core::notifications::Notification;
use crate::core::rooms::is_room;
use crate::core::timeline::View;

/// Maximum number of pages of the inbox that follow each other automatically, because none has a notification.
const INBOX_PAGES_MAX: usize = 20;

/// Maximum number of notifications of the operating system that the app remembers, to remove them when they are read.
const NOTIFIED_MAX: usize = 50;

impl App {
    /// A subscription has begun.
    pub(super) fn begin_alerts(&mut self, channel: &ChannelName, position: Position, head: Offset) {
        if self.bell.begin(channel, position.epoch, head, &mut self.context.storage) {
            self.context.changed.add(Parts::BELL);
        }
        if !is_room(channel) && !self.inbox.has_loaded {
            self.inbox.pages = 0;
            self.request_inbox(channel, Offset(head.0.saturating_add(1)));
        }
    }

    fn request_inbox(&mut self, channel: &ChannelName, before: Offset) {
        self.inbox.before = Some(before);
        self.inbox.is_requested = true;
        self.context.history.add(channel, Some(before));
    }

    /// A page of history was refused. Opening the bell requests the inbox's again.
    pub(super) fn refuse_alerts(&mut self, channel: &ChannelName, before: Option<Offset>) {
        if !is_room(channel) && self.inbox.before == before {
            self.inbox.is_requested = false;
        }
    }

    /// The user opens the bell. Continues to load the inbox if a page was refused.
    pub(super) fn open_bell(&mut self) {
        let channel = self.context.me.user.as_ref().and_then(inbox_of);
        if let (Some(channel), Some(before)) = (channel, self.inbox.before)
            && !self.inbox.has_loaded
            && !self.inbox.is_requested
        {
            self.inbox.pages = 0;
            self.request_inbox(&channel, before);
        }
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
        if is_room(channel) || !self.inbox.is_requested || self.inbox.before != before {
            return;
        }
        self.inbox.is_requested = false;
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
    pub(super) fn alert_of_message(&mut self, message: &Message) {
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

    /// Removes the notifications of the operating system that are read or gone. While another window is in front, they stay,
    /// as toasts do.
    pub(super) fn withdraw_read(&mut self) {
        if self.context.attention == Attention::Visible {
            return;
        }
        let bell = &self.bell;
        let (kept, gone): (VecDeque<_>, VecDeque<_>) =
            self.notified.drain(..).partition(|(number, _)| bell.is_unread_number(*number));
        self.notified = kept;
        self.context.effects.extend(gone.into_iter().map(|(_, tag)| Effect::Withdraw(tag)));
    }

    /// A push may notify.
    pub(super) fn alert_of_push(&mut self, push: &Push) {
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
            if self.notified.len() == NOTIFIED_MAX {
                self.notified.pop_front();
            }
            self.notified.push_back((notification.number, notification.tag()));
            self.context.effects.push_back(Effect::Notify(notification));
        }
    }

    /// The list of notifications is open.
    pub(super) fn read_bell(&mut self) {
        self.bell.read_all(&mut self.context.storage);
        self.context.changed.add(Parts::BELL);
    }
}
