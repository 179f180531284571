//! All that a client has said and been told, for a [`ledger`](crate::ledger) to be held against the log.

use std::collections::HashMap;
use std::time::Instant;

use shared::ids::{ChannelName, MessageId, Offset, UserId};
use shared::protocol::{Gap, Message, Payload, Position, ServerMessage};
use shared::session::{Delivery, Event};

/// What one client said and was told, in order.
#[derive(Debug, Clone, Default)]
pub struct Journal {
    /// Who it was, once the server had said so.
    pub user: Option<UserId>,
    /// What it was given to send, in the order in which it was written.
    pub sent: Vec<Sent>,
    /// What became of that; nothing is here of what is still under way.
    pub fates: HashMap<MessageId, Fate>,
    /// What the application was told of its channels.
    pub heard: Vec<Heard>,
    /// What came over the wire, before the session dropped what it had seen already.
    pub wire: Vec<Heard>,
    /// When each message was given to it to send.
    pub sent_at: HashMap<MessageId, Instant>,
    /// When the application was told of each message.
    pub heard_at: HashMap<MessageId, Instant>,
}

/// A message on its way to the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// Where to.
    pub channel: ChannelName,
    /// Its id.
    pub id: MessageId,
    /// What it says.
    pub payload: Payload,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The server said that it is in the log.
    Accepted(Offset),
    /// The server refused it for good, or the outbox was full.
    Failed,
}

/// A step of a subscription.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// It begins, or begins again, after this position.
    Subscribed {
        /// The channel.
        channel: ChannelName,
        /// Where the messages that follow begin.
        position: Position,
        /// What was lost.
        gap: Option<Gap>,
    },
    /// The next message.
    Message(Message),
}

impl Journal {
    /// How many messages have no answer yet.
    pub fn unanswered(&self) -> usize {
        self.sent.len() - self.fates.len()
    }

    /// How far the application has been told of a channel.
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
