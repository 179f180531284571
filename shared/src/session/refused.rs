//! Handles the refusals of the server.

use std::time::Duration;

use super::io::{Delivery, Event};
use super::machine::Session;
use super::state::State;
use crate::ids::RequestId;
use crate::protocol::Refusal;
use crate::time::Timestamp;

impl Session {
    /// Handles a refusal: retries the request later, or reports the refusal.
    pub(super) fn refused(&mut self, id: Option<RequestId>, refusal: Refusal, now: Timestamp) {
        if matches!(self.state, State::Greeting { .. }) {
            return self.greeting_refused(refusal, now);
        }
        self.turn = self.turn.max(refusal.turn.unwrap_or_default());
        let Some(id) = id else {
            if !self.refused_unnamed(&refusal) {
                self.emit(Event::Refused(refusal));
            }
            return;
        };
        if let Some(wait_ms) = refusal.retry_after_ms
            && self.requeue(id)
        {
            let until = now + Duration::from_millis(wait_ms);
            self.paused_until = self.paused_until.max(Some(until));
            self.window = 1;
        } else if let Some(message_id) = self.outbox.sent_by(id) {
            if let Some(channel) = self.outbox.fail(message_id) {
                self.emit(Event::Delivery { channel, message_id, delivery: Delivery::Failed { refusal } });
            }
        } else if let Some(channel) = self.subscriptions.asked_by(id) {
            self.subscriptions.remove(&channel);
            self.emit(Event::SubscribeRefused { channel, refusal });
        } else if self.renaming.is_open(id) {
            self.rename_refused(refusal, now);
        } else if let Some(asked) = self.history.answered(id) {
            self.emit(Event::HistoryRefused { channel: asked.channel, before: asked.before, refusal });
        } else {
            self.subscriptions.presence_refused(id);
            self.emit(Event::Refused(refusal));
        }
    }

    /// Marks request `id` to be sent again. Returns whether it is a request that can be repeated.
    fn requeue(&mut self, id: RequestId) -> bool {
        if let Some(message_id) = self.outbox.sent_by(id) {
            self.outbox.requeue(message_id);
            return true;
        }
        self.subscriptions.requeue(id) || self.history.requeue(id) || self.renaming.requeue(id)
    }
}
