//! What the app does with the events of the session.

use shared::ids::{DisplayName, UserId};
use shared::protocol::{ErrorCode, Refusal};
use shared::session::{Delivery, Event, Input};
use shared::time::Timestamp;

use super::App;
use super::inbox::inbox_of;
use crate::core::effect::Parts;
use crate::core::intent::Attention;
use crate::core::storage::key;
use crate::core::timeline::Body;
use crate::core::unsent::UnsentMessage;

impl App {
    /// Handles an event of the session.
    pub(crate) fn hear(&mut self, event: Event, attention: Attention, now: Timestamp) {
        self.context.now = now;
        self.context.attention = attention;
        let channel = match &event {
            Event::Status(status) => {
                self.context.status = status.clone();
                return self.context.changed.add(Parts::STATUS);
            }
            Event::Welcomed { user, name, token } => return self.welcome(user, name, token.as_deref()),
            Event::Renamed { name } => return self.renamed(name.clone()),
            Event::Push(push) => return self.alert_of_push(push),
            Event::Refused(refusal) => return self.hear_refusal(refusal),
            Event::Message(message) => {
                self.alert_of_message(message);
                &message.channel
            }
            Event::Signal(signal) => &signal.channel,
            Event::Page { channel, before, messages, more } => {
                self.context.history.answer(channel, *before);
                self.load_alerts(channel, *before, messages, *more);
                channel
            }
            Event::HistoryRefused { channel, before, .. } => {
                self.context.history.answer(channel, *before);
                self.refuse_alerts(channel, *before);
                channel
            }
            Event::Subscribed { channel, position, head, .. } => {
                self.begin_alerts(channel, *position, *head);
                channel
            }
            Event::SubscribeRefused { channel, .. }
            | Event::Delivery { channel, .. }
            | Event::Presence { channel, .. } => channel,
        };
        let channel = channel.clone();
        let next = match self.room_mut(&channel) {
            Some((room, context)) => room.hear(event, context),
            // The room was closed.
            None => match event {
                Event::Delivery { message_id, delivery: Delivery::Accepted { .. }, .. } => {
                    self.context.forget(message_id)
                }
                Event::Delivery { message_id, delivery: Delivery::Failed { refusal }, .. } => {
                    self.context.input(Input::Discard { message_id });
                    self.context.toast_refusal(&refusal);
                    self.context.forget(message_id)
                }
                _ => Vec::new(),
            },
        };
        self.send_again(next);
    }

    /// Shows a refusal, unless it answers what the reader did not ask for: the members of a room without presence, or a typing
    /// signal in a room that is read-only or was just left.
    fn hear_refusal(&mut self, refusal: &Refusal) {
        let is_quiet =
            matches!(refusal.code, ErrorCode::PresenceOff | ErrorCode::Forbidden | ErrorCode::NotSubscribed);
        if !is_quiet {
            self.context.toast_refusal(refusal);
        }
    }

    /// The server has accepted the reader.
    fn welcome(&mut self, user: &UserId, name: &DisplayName, token: Option<&str>) {
        if let Some(token) = token {
            self.context.storage.set(key::TOKEN, token);
        }
        let before = self.context.me.user.replace(user.clone());
        self.context.me.name = Some(name.clone());
        if before.as_ref() != Some(user) {
            self.context.storage.set(key::USER, user.as_str());
            if let Some(channel) = before.and_then(|before| inbox_of(&before)) {
                self.context.input(Input::Unsubscribe { channel });
            }
        }
        if let Some(channel) = inbox_of(user) {
            self.context.input(Input::Subscribe { channel, since: None, presence: false });
        }
        self.know_me();
    }

    /// The server has the reader's name, or still has the one before.
    fn renamed(&mut self, name: DisplayName) {
        if self.context.me.name.as_ref() != Some(&name) {
            self.context.storage.set(key::NAME, name.as_str());
            self.context.me.name = Some(name);
            self.know_me();
        }
    }

    /// Tells the rooms that the reader's name or id has changed.
    pub(super) fn know_me(&mut self) {
        self.rooms.iter_mut().for_each(|room| room.know_me(&self.context));
        self.context.changed.add(Parts::ME);
    }

    /// Sends unsent messages of an earlier page. The user may have another token now. It is the same person's browser, and
    /// the sender of a message is who brings it into the log.
    pub(super) fn send_again(&mut self, messages: Vec<UnsentMessage>) {
        for UnsentMessage { channel, message_id, payload } in messages {
            // A message with a row must be found, also if its room has been closed.
            if Body::of(&payload).is_some() {
                self.open(&channel);
            }
            match self.room_mut(&channel) {
                Some((room, context)) => room.write(context, message_id, payload),
                None => self.context.publish(&channel, message_id, payload),
            }
        }
    }
}
