//! The sent and received messages of a client, for a [`ledger`](crate::ledger) to compare with the log.

use std::collections::HashMap;
use std::time::Instant;

use shared::ids::{ChannelName, MessageId, Offset, UserId};
use shared::protocol::{Gap, Message, Payload, Position, ServerMessage};
use shared::session::{Delivery, Event};

/// The sent and received messages of one client, in order.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// Its user id, once the server has sent it.
    pub user: Option<UserId>,
    /// The messages to send, in the order in which they were written.
    pub sent: Vec<Sent>,
    /// The answers. Messages in flight have none.
    pub fates: HashMap<MessageId, Fate>,
    /// The channel events that the application received.
    pub heard: Vec<Heard>,
    /// The messages received over the wire, before the session dropped duplicates.
    pub wire: Vec<Heard>,
    /// When each message was handed to the session.
    pub sent_at: HashMap<MessageId, Instant>,
    /// When the application received each message.
    pub heard_at: HashMap<MessageId, Instant>,
}

/// A message to be published.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The channel.
    pub channel: ChannelName,
    /// Its id.
    pub id: MessageId,
    /// The payload.
    pub payload: Payload,
}

/// The answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server acknowledged it.
    Accepted(Offset),
    /// The server refused it for good, or the outbox was full.
    Failed,
}

/// An event of a subscription.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// It starts, or starts again, after this position.
    Subscribed {
        /// The channel.
        channel: ChannelName,
        /// The offset before the first message that follows.
        position: Position,
        /// The gap, if messages were lost.
        gap: Option<Gap>,
    },
    /// The next message.
    Message(Message),
}

impl Journal {
    /// Returns the number of messages without an answer.
    pub fn unanswered(&self) -> usize {
        self.sent.len() - self.fates.len()
    }

    /// Returns the newest offset of a channel that the application received.
    pub fn reached(&self, of: &ChannelName) -> Option<Offset> {
        self.heard.iter().rev().find_map(|heard| match heard {
            Heard::Message(message) if message.channel == *of => Some(message.offset),
            Heard::Subscribed { channel, position, .. } if channel == of => Some(position.offset),
            Heard::Message(_) | Heard::Subscribed { .. } => None,
        })
    }

    pub(super) fn note_sent(&mut self, sent: Sent) {
        self.sent_at.insert(sent.id, Instant::now());
        self.sent.push(sent);
    }

    pub(super) fn note(&mut self, event: &Event) {
        match event {
            Event::Welcomed { user, .. } => self.user = Some(user.clone()),
            Event::Message(message) => {
                self.heard_at.insert(message.id, Instant::now());
                self.heard.push(Heard::Message(message.clone()));
            }
            Event::Subscribed { channel, position, gap, .. } => {
                self.heard.push(Heard::Subscribed {
                    channel: channel.clone(),
                    position: *position,
                    gap: *gap,
                });
            }
            Event::Delivery { message_id, delivery, .. } => match delivery {
                Delivery::Local => {}
                Delivery::Accepted { offset } => {
                    self.fates.insert(*message_id, Fate::Accepted(*offset));
                }
                Delivery::Failed { .. } => {
                    self.fates.insert(*message_id, Fate::Failed);
                }
            },
            _ => {}
        }
    }

    pub(super) fn note_wire(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Message(message) => self.wire.push(Heard::Message(message.clone())),
            ServerMessage::Subscribed(told) => self.wire.push(Heard::Subscribed {
                channel: told.channel.clone(),
                position: told.position,
                gap: told.gap,
            }),
            _ => {}
        }
    }
}
