//! Handles the messages of the server.

use super::io::{Delivery, Event};
use super::machine::Session;
use super::state::State;
use super::subscriptions::Arrival;
use crate::ids::{MessageId, Offset};
use crate::limits::OUTBOX_IN_FLIGHT_MAX;
use crate::protocol::{ClientMessage, Gap, GapReason, Head, Message, ServerMessage, Subscribed};
use crate::time::Timestamp;

impl Session {
    pub(super) fn receive(&mut self, message: ServerMessage, now: Timestamp) {
        if let State::Online { heartbeat, .. } = &mut self.state {
            heartbeat.note_activity(now);
        }
        let requests = self.in_flight();
        match message {
            ServerMessage::Welcome(welcome) => self.welcome(welcome, now),
            ServerMessage::Subscribed(answer) => self.confirm(answer),
            ServerMessage::Message(message) => self.arrive(message),
            ServerMessage::Accepted(answer) => {
                if let Some(message_id) = self.outbox.sent_by(answer.id) {
                    self.accepted(message_id, Delivery::Accepted { offset: answer.offset });
                }
            }
            ServerMessage::Page(page) => {
                if let Some(asked) = self.history.answered(page.id) {
                    let (channel, before) = (asked.channel, asked.before);
                    self.emit(Event::Page { channel, before, messages: page.messages, more: page.more });
                }
            }
            ServerMessage::Renamed(answer) => {
                if self.renaming.answered(answer.id, &answer.name) {
                    self.emit(Event::Renamed { name: answer.name });
                }
            }
            ServerMessage::Push(push) => self.emit(Event::Push(push)),
            ServerMessage::Signal(signal) => self.emit(Event::Signal(signal)),
            ServerMessage::Presence(presence) => {
                if self.subscriptions.apply_presence(&presence, now, &mut self.random) {
                    self.emit(Event::Presence { channel: presence.channel, change: presence.change });
                }
            }
            ServerMessage::Error(error) => self.refused(error.id, error.refusal, now),
            ServerMessage::Closing(closing) => self.note_farewell(closing),
            ServerMessage::Heartbeat(heartbeat) => {
                self.subscriptions.ask_for_absent(&heartbeat.heads);
                for head in heartbeat.heads {
                    if self.subscriptions.contains(&head.channel) {
                        self.subscriptions.compare_presence(&head, now, &mut self.random);
                        self.compare(head);
                    } else if self.is_online() {
                        // The `unsubscribe` was lost, and it has no reply: other users still see this client there.
                        self.send(ClientMessage::Unsubscribe { channel: head.channel });
                    }
                }
            }
            ServerMessage::Unknown => {}
        }
        self.settle_unnamed(now);
        if self.in_flight() < requests && self.paused_until.is_none() {
            self.window = (self.window + 1).min(OUTBOX_IN_FLIGHT_MAX);
        }
    }

    fn confirm(&mut self, answer: Subscribed) {
        let before = self.subscriptions.epoch(&answer.channel);
        if self.subscriptions.confirm(&answer) {
            let Subscribed { channel, position, head, mut gap, .. } = answer;
            // An earlier reply with the new epoch may have been lost, and this one has the reason of its own gap only.
            if let Some(gap) = &mut gap
                && before.is_some_and(|before| before != position.epoch)
            {
                gap.reason = GapReason::Epoch;
            }
            self.emit(Event::Subscribed { channel, position, head, gap });
        }
    }

    fn arrive(&mut self, message: Message) {
        // The log has it, so this counts as `accepted`, whichever comes first.
        self.accepted(message.id, Delivery::Accepted { offset: message.offset });
        match self.subscriptions.arrive(&message) {
            Arrival::Next => self.emit(Event::Message(message)),
            Arrival::Drop => {}
            Arrival::Hole => {}
            Arrival::Lost(position) => {
                let (channel, head) = (message.channel.clone(), message.offset);
                let gap = Some(Gap { oldest: message.offset, reason: GapReason::Unknown });
                self.emit(Event::Subscribed { channel, position, head, gap });
                self.emit(Event::Message(message));
            }
        }
    }

    /// Reports a gap if the last messages of a channel were lost.
    fn compare(&mut self, head: Head) {
        match self.subscriptions.compare(&head) {
            Arrival::Lost(position) => {
                let gap = Some(Gap { oldest: Offset(head.offset.0 + 1), reason: GapReason::Unknown });
                self.emit(Event::Subscribed { channel: head.channel, position, head: head.offset, gap });
            }
            Arrival::Next | Arrival::Drop | Arrival::Hole => {}
        }
    }

    fn accepted(&mut self, message_id: MessageId, delivery: Delivery) {
        if let Some(channel) = self.outbox.remove(message_id) {
            self.emit(Event::Delivery { channel, message_id, delivery });
        }
    }
}
