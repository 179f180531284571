//! What the reader does in a room.

use shared::ids::MessageId;
use shared::protocol::{ErrorCode, Payload, SignalKind};
use shared::session::{Delivery, Input};

use super::draft::Sending;
use super::{ReadingPlace, Room};
use crate::core::context::Context;
use crate::core::effect::Parts;
use crate::core::intent::RoomIntent;
use crate::core::timeline::{Body, View};
use crate::core::unsent::UnsentMessage;

impl Room {
    /// Handles an action of the reader. Returns adopted messages for which the outbox has space now.
    pub(crate) fn intend(&mut self, intent: RoomIntent, context: &mut Context) -> Vec<UnsentMessage> {
        match intent {
            RoomIntent::Join => self.join(context),
            RoomIntent::Type(text) => {
                if self.draft.set(text, context.now) {
                    let (channel, kind) = (self.channel.clone(), SignalKind::Typing);
                    context.input(Input::Signal { channel, kind });
                }
                self.changed.add(Parts::DRAFT);
            }
            RoomIntent::Send => self.send(context),
            RoomIntent::Edit(id) => self.edit(id),
            RoomIntent::EditLast => {
                if let Some(id) = self.timeline.last_own_chat().map(|entry| entry.id) {
                    self.edit(id);
                }
            }
            RoomIntent::StopEditing => {
                self.draft.stop_editing();
                self.changed.add(Parts::DRAFT);
            }
            RoomIntent::Retract(of) => self.publish(context, Payload::Retract { of }),
            RoomIntent::React { of, emoji, on } => {
                self.publish(context, Payload::Reaction { of, emoji, on });
            }
            RoomIntent::Retry(id) => self.retry(context, id),
            RoomIntent::Discard(id) => {
                context.input(Input::Discard { message_id: id });
                self.timeline.discard(id);
                self.stale(Parts::NONE);
                return context.forget(id);
            }
            RoomIntent::Follow => self.set_view(View::Following),
            RoomIntent::LeaveEnd => {
                if self.view() == View::Following {
                    self.set_view(self.timeline.leave_end());
                }
            }
            RoomIntent::ReachBottom => {
                let view = self.view();
                if view != View::Following {
                    self.set_view(self.timeline.newer(view));
                }
            }
            RoomIntent::Older => self.older(context),
            RoomIntent::RetryHole => self.retry_hole(),
            RoomIntent::Place(message, below_px) => {
                self.reading.set_place(ReadingPlace { message, below_px });
            }
        }
        Vec::new()
    }

    pub(super) fn set_view(&mut self, view: View) {
        if self.reading.set_view(view) {
            self.retry_hole();
            self.stale(Parts::VIEW);
        }
    }

    fn send(&mut self, context: &mut Context) {
        match self.draft.send(context.now) {
            Some(Sending::Chat(text)) => {
                let id = context.new_message_id();
                self.write(context, id, Payload::chat(text));
                self.set_view(View::Following);
            }
            Some(Sending::Edit { of, text }) => self.publish(context, Payload::Edit { of, text }),
            Some(Sending::Unchanged) => {}
            None => return,
        }
        self.store_draft(context);
        self.changed.add(Parts::DRAFT);
    }

    /// Sends an amendment of an earlier message.
    fn publish(&mut self, context: &mut Context, payload: Payload) {
        let id = context.new_message_id();
        context.publish(&self.channel, id, payload);
    }

    /// Shows an own message, and sends it with this id.
    pub(crate) fn write(&mut self, context: &mut Context, id: MessageId, payload: Payload) {
        if let Some(from) = context.me.as_sender() {
            self.timeline.write(id, &payload, from, context.now);
        }
        context.publish(&self.channel, id, payload);
        self.stale(Parts::NONE);
    }

    fn edit(&mut self, id: MessageId) {
        let text = self.timeline.entry(id).and_then(|entry| match &entry.body {
            Body::Chat { text, .. } => Some(text.clone()),
            _ => None,
        });
        if let Some(text) = text {
            self.draft.edit(id, &text);
            self.changed.add(Parts::DRAFT);
        }
    }

    fn retry(&mut self, context: &mut Context, id: MessageId) {
        let Some(entry) = self.timeline.entry(id).cloned() else { return };
        // A message that the session's outbox refused is not in the outbox.
        let is_full =
            matches!(&entry.delivery, Delivery::Failed { refusal } if refusal.code == ErrorCode::OutboxFull);
        match &entry.body {
            Body::Chat { text, reply_to, .. } if is_full => {
                let payload = Payload::Chat { text: text.clone(), reply_to: *reply_to };
                context.publish(&self.channel, id, payload);
            }
            _ => context.input(Input::Retry { message_id: id }),
        }
        self.stale(Parts::NONE);
    }
}
