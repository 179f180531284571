//! What the app does with the events of the session.

use shared::ids::{ChannelName, DisplayName, UserId};
use shared::session::{Delivery, Event, Input};
use shared::time::Timestamp;

use super::{App, alerts};
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
            Event::Push(push) => return self.hear_push(push),
            Event::Refused(refusal) => return self.context.toast_refusal(refusal),
            Event::Message(message) => {
                self.hear_alert(message);
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

    /// The server has accepted the reader.
    fn welcome(&mut self, user: &UserId, name: &DisplayName, token: Option<&str>) {
        if let Some(token) = token {
            self.context.storage.set(key::TOKEN, token);
        }
        let before = self.context.me.user.replace(user.clone());
        self.context.me.name = Some(name.clone());
        if before.as_ref() != Some(user) {
            self.context.storage.set(key::USER, user.as_str());
            if let Some(channel) = before.and_then(|before| alerts::inbox(&before)) {
                self.context.input(Input::Unsubscribe { channel });
            }
        }
        if let Some(channel) = alerts::inbox(user) {
            self.context.input(Input::Subscribe { channel, since: None, presence: false });
        }
        self.know_me();
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
            let room: Option<&ChannelName> = Body::of(&payload).map(|_| &channel);
            if let Some(channel) = room {
                self.open(channel);
            }
            match self.room_mut(&channel) {
                Some((room, context)) => room.write(context, message_id, payload),
                None => self.context.publish(&channel, message_id, payload),
            }
        }
    }
}
