//! Sends the requests that wait, as far as the window allows.

use super::machine::Session;
use crate::ids::RequestId;
use crate::protocol::ClientMessage;
use crate::time::Timestamp;

impl Session {
    /// Sends the requests that this connection has not sent yet, as far as the window allows.
    pub(super) fn send_waiting(&mut self, now: Timestamp) {
        if !self.is_online() || self.paused_until.is_some_and(|until| now < until) {
            return;
        }
        self.paused_until = None;
        while self.in_flight() < self.unreadable.window(self.window) {
            let id = RequestId(self.last_request + 1);
            let Some(message) = self.next_request(id, now) else { break };
            self.last_request = id.0;
            if let Some(refusal) = self.unreadable.too_large(&message) {
                self.refused(Some(id), refusal, now);
                continue;
            }
            self.made.push_back((id, now));
            self.send(message);
        }
        if self.in_flight() == 0 {
            self.unreadable.all_answered();
        }
    }

    fn next_request(&mut self, id: RequestId, now: Timestamp) -> Option<ClientMessage> {
        if let Some(rename) = self.renaming.next(id, self.config.name.as_ref()) {
            return Some(rename);
        }
        if let Some(subscribe) = self.subscriptions.next(id) {
            return Some(ClientMessage::Subscribe(subscribe));
        }
        if let Some(channel) = self.subscriptions.next_presence(id, now) {
            return Some(ClientMessage::Presence { id, channel });
        }
        if let Some(history) = self.history.next(id) {
            return Some(history);
        }
        // What is published after a new name has it.
        if self.renaming.in_flight() > 0 {
            return None;
        }
        self.outbox.next(id, self.turn).map(ClientMessage::Publish)
    }

    /// Number of unanswered requests.
    pub(super) fn in_flight(&self) -> usize {
        self.subscriptions.in_flight()
            + self.history.in_flight()
            + self.outbox.in_flight()
            + self.renaming.in_flight()
    }
}
