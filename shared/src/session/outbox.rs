//! The client's own messages that are not in the log yet.

use std::collections::VecDeque;

use crate::ids::{ChannelName, MessageId, RequestId};
use crate::limits::OUTBOX_MESSAGES_MAX;
use crate::protocol::{Payload, Publish};

/// A message that is not in the log yet.
#[derive(Debug, Clone)]
struct Entry {
    channel: ChannelName,
    message_id: MessageId,
    payload: Payload,
    progress: Progress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Not sent on this connection.
    Queued,
    /// Sent on this connection, unanswered.
    Sent(RequestId),
    /// Refused; kept until the user retries or discards it.
    Failed,
}

/// The messages in the order of publishing. Each is sent again on every connection until it is answered; the log
/// recognises those it has.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    entries: VecDeque<Entry>,
    /// A message got a retryable refusal: nothing is sent until all sent messages are answered. An earlier one may have
    /// been refused too, with the answer still on its way.
    draining: bool,
}

impl Outbox {
    /// Adds a message. Returns false if [`OUTBOX_MESSAGES_MAX`] are waiting.
    pub(super) fn push(&mut self, channel: ChannelName, message_id: MessageId, payload: Payload) -> bool {
        if self.entries.len() >= OUTBOX_MESSAGES_MAX {
            return false;
        }
        self.entries.push_back(Entry { channel, message_id, payload, progress: Progress::Queued });
        true
    }

    /// Returns the next message to send.
    pub(super) fn next(&mut self, id: RequestId, turn: u64) -> Option<Publish> {
        self.draining &= self.in_flight() > 0;
        let entry = self.entries.iter_mut().find(|entry| entry.progress == Progress::Queued)?;
        if self.draining {
            return None;
        }
        entry.progress = Progress::Sent(id);
        let (channel, payload) = (entry.channel.clone(), entry.payload.clone());
        Some(Publish { id, channel, message_id: entry.message_id, turn: Some(turn), payload })
    }

    /// Number of unanswered messages.
    pub(super) fn in_flight(&self) -> usize {
        self.entries.iter().filter(|entry| matches!(entry.progress, Progress::Sent(_))).count()
    }

    /// Marks all unanswered messages to be sent again, because the connection is lost.
    pub(super) fn requeue_all(&mut self) {
        self.draining = false;
        for entry in &mut self.entries {
            if matches!(entry.progress, Progress::Sent(_)) {
                entry.progress = Progress::Queued;
            }
        }
    }

    /// Returns the message that request `id` carried.
    pub(super) fn sent_by(&self, id: RequestId) -> Option<MessageId> {
        let entry = self.entries.iter().find(|entry| entry.progress == Progress::Sent(id))?;
        Some(entry.message_id)
    }

    /// Removes a message that is in the log or discarded. Returns its channel.
    pub(super) fn remove(&mut self, message_id: MessageId) -> Option<ChannelName> {
        let index = self.index_of(message_id)?;
        self.entries.remove(index).map(|entry| entry.channel)
    }

    /// Marks a message as refused. Returns its channel.
    pub(super) fn fail(&mut self, message_id: MessageId) -> Option<ChannelName> {
        self.set(message_id, Progress::Failed)
    }

    /// Marks a message to be sent again after a retryable refusal.
    pub(super) fn requeue(&mut self, message_id: MessageId) {
        self.draining = true;
        self.set(message_id, Progress::Queued);
    }

    /// Marks a failed message to be sent again. Returns its channel.
    pub(super) fn retry(&mut self, message_id: MessageId) -> Option<ChannelName> {
        let failed = |entry: &Entry| entry.message_id == message_id && entry.progress == Progress::Failed;
        self.entries.iter().any(failed).then(|| self.set(message_id, Progress::Queued))?
    }

    fn set(&mut self, message_id: MessageId, progress: Progress) -> Option<ChannelName> {
        let index = self.index_of(message_id)?;
        let entry = self.entries.get_mut(index)?;
        entry.progress = progress;
        Some(entry.channel.clone())
    }

    fn index_of(&self, message_id: MessageId) -> Option<usize> {
        self.entries.iter().position(|entry| entry.message_id == message_id)
    }
}
