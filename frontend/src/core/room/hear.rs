//! What a room does with the events of its channel.

use shared::protocol::{Message, SignalState};
use shared::session::{Delivery, Event, Input};

use super::Room;
use crate::core::context::Context;
use crate::core::effect::Parts;
use crate::core::timeline::View;
use crate::core::unsent::UnsentMessage;

impl Room {
    /// Handles an event of this channel. Returns adopted messages for which the outbox has space now.
    pub(crate) fn hear(&mut self, event: Event, context: &mut Context) -> Vec<UnsentMessage> {
        match event {
            Event::Subscribed { position, head, gap, .. } => {
                if self.timeline.begin(position, gap) {
                    // The messages that the reader was looking at are gone.
                    self.set_view(View::Following);
                }
                self.begin_reading(context, position, head);
                self.retry_hole();
                self.stale(Parts::NONE);
                if !self.pages.has_loaded {
                    self.pages.restart();
                    self.request_older(context);
                } else if self.pages.refused.is_some() {
                    self.request_older(context);
                }
            }
            Event::Message(message) => self.arrive(&message),
            Event::Page { before, messages, more, .. } => self.load(context, before, &messages, more),
            Event::HistoryRefused { before, refusal, .. } => self.refuse(before, refusal),
            Event::SubscribeRefused { refusal, .. } => {
                self.trouble = Some(refusal);
                self.changed.add(Parts::TROUBLE);
            }
            Event::Delivery { message_id, delivery, .. } => {
                return self.deliver(context, message_id, delivery);
            }
            Event::Presence { change, .. } => {
                if self.roster.apply(change) {
                    self.changed.add(Parts::ROSTER);
                }
            }
            Event::Signal(signal) => {
                if signal.state == SignalState::Typing && context.me.user.as_ref() != Some(&signal.from.user)
                {
                    self.typing.signal(signal.from, context.now);
                    self.changed.add(Parts::TYPING);
                }
            }
            Event::Status(_)
            | Event::Welcomed { .. }
            | Event::Renamed { .. }
            | Event::Push(_)
            | Event::Refused(_) => {}
        }
        Vec::new()
    }

    fn arrive(&mut self, message: &Message) {
        if self.timeline.receive(message) {
            self.drawing.arrive();
        }
        if self.typing.stop(&message.from.user) {
            self.changed.add(Parts::TYPING);
        }
        self.stale(Parts::NONE);
    }

    fn deliver(
        &mut self,
        context: &mut Context,
        message_id: shared::ids::MessageId,
        delivery: Delivery,
    ) -> Vec<UnsentMessage> {
        let is_shown = self.timeline.entry(message_id).is_some();
        let next = match &delivery {
            Delivery::Accepted { .. } => context.forget(message_id),
            // An edit or a reaction has no row with a button to retry.
            Delivery::Failed { refusal } if !is_shown => {
                context.input(Input::Discard { message_id });
                context.toast_refusal(refusal);
                context.forget(message_id)
            }
            Delivery::Failed { .. } | Delivery::Local => Vec::new(),
        };
        self.timeline.deliver(message_id, delivery);
        self.stale(Parts::NONE);
        next
    }
}
