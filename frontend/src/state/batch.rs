//! Applies what the driver hands over, once a frame.

use leptos::prelude::*;
use shared::ids::{ChannelName, Namespace, Offset, UserId};
use shared::protocol::{Message, Refusal};
use shared::session::{Event, Input};

use super::tidings::Tidings;
use crate::browser::clock;
use crate::browser::desktop;
use crate::browser::storage::Store;
use crate::core::notifications::Notification;
use crate::core::timeline::View;
use crate::link::driver::{Batch, is_hidden};

/// How many notifications of the inbox are loaded.
const INBOX_MESSAGES: u32 = 50;

impl Tidings {
    /// Brings the page up to date with `batch`.
    pub(super) fn apply(self, batch: Batch) {
        if !batch.frames.is_empty() {
            self.wire.update(|wire| batch.frames.into_iter().for_each(|frame| wire.add(frame)));
        }
        let shown = untrack(|| self.current());
        let mut touched: Vec<ChannelName> = Vec::new();
        for event in batch.events {
            if let Some(channel) = self.apply_event(event, shown.as_ref())
                && !touched.contains(&channel)
            {
                touched.push(channel);
            }
        }
        for channel in touched {
            let Some(room) = self.known_room(&channel) else { continue };
            let is_shown = shown.as_ref() == Some(&channel);
            room.settle(is_shown);
            if is_shown && !is_hidden() && room.view.get_untracked() == View::Following {
                room.mark_read();
            }
        }
    }

    /// Applies one event. Returns the room that it is about.
    fn apply_event(self, event: Event, shown: Option<&ChannelName>) -> Option<ChannelName> {
        let channel = match &event {
            Event::Status(status) => {
                self.status.set(status.clone());
                return None;
            }
            Event::Welcomed { user, name, token } => {
                self.welcome(user, token.as_deref());
                self.me.update(|me| me.name = Some(name.clone()));
                return None;
            }
            Event::Push(push) => {
                let shown = self.bell.try_update(|bell| bell.add_push(push, clock::now())).flatten();
                self.notify(shown);
                return None;
            }
            Event::Refused(refusal) => {
                self.say_refused(refusal);
                return None;
            }
            Event::Message(message) => {
                // Few messages notify: what shows the bell is not to be told of the others.
                let shown = self.bell.try_maybe_update(|bell| {
                    let shown = bell.add_message(message, true);
                    (shown.is_some(), shown)
                });
                self.notify(shown.flatten());
                message.channel.clone()
            }
            Event::Page { channel, before, messages, more } => {
                let has_shown = self.load_notifications(channel, messages);
                if channel.namespace() == "inbox" {
                    let oldest = messages.first().map(|message| message.offset);
                    let next = self.inbox_paging.try_update_value(|paging| {
                        if paging.answer(*before) { paging.lead_on(has_shown, *more, oldest) } else { None }
                    });
                    if let Some(next) = next.flatten() {
                        self.request_inbox(channel, next);
                    }
                }
                channel.clone()
            }
            Event::Signal(signal) => signal.channel.clone(),
            Event::Subscribed { channel, .. }
            | Event::SubscribeRefused { channel, .. }
            | Event::Delivery { channel, .. }
            | Event::HistoryRefused { channel, .. }
            | Event::Presence { channel, .. } => channel.clone(),
        };
        if channel.namespace() == "inbox" {
            self.apply_inbox(&channel, &event);
        }
        let room = self.known_room(&channel)?;
        room.apply(self, event, shown == Some(&channel) && !is_hidden());
        Some(channel)
    }

    /// The server knows who the reader is.
    fn welcome(self, user: &UserId, token: Option<&str>) {
        if let Some(token) = token {
            Store::Local.set("token", token);
        }
        let before = self.user();
        if before.as_ref() != Some(user) {
            Store::Local.set("user", user.as_str());
            self.me.update(|me| me.user = Some(user.clone()));
            if let Some(channel) = before.and_then(|before| inbox(&before)) {
                self.input(Input::Unsubscribe { channel });
            }
        }
        if let Some(channel) = inbox(user) {
            self.input(Input::Subscribe { channel, since: None, presence: false });
        }
    }

    fn apply_inbox(self, channel: &ChannelName, event: &Event) {
        if let Event::Subscribed { head, .. } = event
            && self.bell.with_untracked(|bell| bell.newest_of(channel).is_none())
        {
            let before = Offset(head.0.saturating_add(1));
            self.inbox_paging.update_value(|paging| paging.ask(Some(before)));
            self.request_inbox(channel, before);
        }
    }

    fn request_inbox(self, channel: &ChannelName, before: Offset) {
        let (channel, before) = (channel.clone(), Some(before));
        self.input(Input::History { channel, before, limit: INBOX_MESSAGES });
    }

    /// What was notified before the page was opened goes to the bell without a sound. In the inbox, what came after
    /// the bell was last opened is unread; what a room holds is unread there. Returns whether any of it notifies.
    fn load_notifications(self, channel: &ChannelName, messages: &[Message]) -> bool {
        let read = Store::Local.get(&format!("bell.{channel}")).parse::<u64>().unwrap_or(0);
        let is_inbox = channel.namespace() == "inbox";
        let added = self.bell.try_update(|bell| {
            let unread = |message: &Message| is_inbox && message.offset.0 > read;
            messages.iter().filter(|message| bell.add_message(message, unread(message)).is_some()).count()
        });
        added > Some(0)
    }

    /// The bell has been opened: all in it is read.
    pub(crate) fn read_bell(self) {
        if let Some(channel) = self.user().and_then(|user| inbox(&user))
            && let Some(newest) = self.bell.with_untracked(|bell| bell.newest_of(&channel))
        {
            Store::Local.set(&format!("bell.{channel}"), &newest.to_string());
        }
        self.bell.update(crate::core::notifications::Bell::read_all);
    }

    fn notify(self, notification: Option<Notification>) {
        if let Some(notification) = notification {
            desktop::show(&notification);
            self.toasts.update(|toasts| toasts.add(notification.notice));
        }
    }

    /// Says that something was refused that has no place on the page.
    pub(super) fn say_refused(self, refusal: &Refusal) {
        self.toasts.update(|toasts| toasts.add_error("The server refused", refusal.message.clone()));
    }
}

/// The channel that only `user` reads.
fn inbox(user: &UserId) -> Option<ChannelName> {
    Namespace::parse("inbox").ok().map(|inbox| ChannelName::of_user(&inbox, user))
}
