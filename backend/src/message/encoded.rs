//! A channel's messages, encoded once for all subscribers.

use std::sync::Arc;

use bytes::Bytes;
use shared::ids::{ConnectionId, Offset};
use shared::protocol::{Message, RawPayload};

use super::frames::{ServerMessage, server_frame, text_frame};
use super::plain::plain_line;

/// A message of a channel, encoded once for all its subscribers.
#[derive(Debug)]
pub struct EncodedMessage {
    /// Its offset in the channel.
    pub offset: Offset,
    /// The offset of the message before it.
    pub prev: Offset,
    /// The connection that published it. `None` if it was published by
    /// HTTP or read from the log.
    pub origin: Option<ConnectionId>,
    /// The frame for typed clients.
    pub typed: Bytes,
    /// The frame for plain clients. `None` if they do not get the message.
    pub plain: Option<Bytes>,
}

impl EncodedMessage {
    /// Encodes a message.
    pub fn new(message: Message<RawPayload>, origin: Option<ConnectionId>) -> Self {
        let (offset, prev, plain) = (message.offset, message.prev, plain_line(&message));
        let typed = server_frame(&ServerMessage::Message(message));
        Self { offset, prev, origin, typed, plain: plain.map(text_frame) }
    }

    /// Number of bytes of its frames.
    pub fn bytes(&self) -> usize {
        self.typed.len() + self.plain.as_ref().map_or(0, Bytes::len)
    }
}

/// Consecutive messages of one channel, joined once for all subscribers that can get them in one write.
#[derive(Debug, Clone)]
pub struct EncodedRun {
    /// The offset before the first message.
    pub before: Offset,
    /// The frames of the messages, for typed clients.
    pub bytes: Bytes,
    /// For each message, the end of its frame in `bytes` and its offset. Never empty.
    ends: Vec<(usize, Offset)>,
}

impl EncodedRun {
    /// Joins messages. `None` if there are none, or if one is missing between them.
    pub fn new(messages: &[Arc<EncodedMessage>]) -> Option<Arc<Self>> {
        let one = |message: &Arc<EncodedMessage>| {
            let ends = vec![(message.typed.len(), message.offset)];
            Arc::new(Self { before: message.prev, bytes: message.typed.clone(), ends })
        };
        Self::concat(messages.iter().map(one))
    }

    /// Joins runs. `None` if there are none, or if a message is missing between them.
    pub fn concat(parts: impl IntoIterator<Item = Arc<Self>>) -> Option<Arc<Self>> {
        let mut parts = parts.into_iter().peekable();
        let first = parts.next()?;
        if parts.peek().is_none() {
            return Some(first);
        }
        let (mut bytes, mut ends) = (first.bytes.to_vec(), first.ends.clone());
        for part in parts {
            if ends.last().is_none_or(|(_, last)| *last != part.before) {
                return None;
            }
            let begin = bytes.len();
            bytes.extend_from_slice(&part.bytes);
            ends.extend(part.ends.iter().map(|(end, offset)| (begin + end, *offset)));
        }
        Some(Arc::new(Self { before: first.before, bytes: bytes.into(), ends }))
    }

    /// The offset of the last message.
    pub fn last(&self) -> Offset {
        self.ends.last().map_or(self.before, |(_, last)| *last)
    }

    /// Number of messages.
    pub fn messages(&self) -> usize {
        self.ends.len()
    }

    /// Returns the end of the frame that contains the byte before `taken`, the offset of its message, and the number of
    /// messages before it.
    pub(crate) fn frame_at(&self, taken: usize) -> (usize, Offset, usize) {
        let index = self.ends.partition_point(|(end, _)| *end < taken);
        let (end, offset) = self.ends.get(index).copied().unwrap_or((self.bytes.len(), self.last()));
        (end, offset, index)
    }
}
