//! A message of a channel, encoded once for all its readers.

use std::sync::Arc;

use bytes::Bytes;
use shared::ids::{ConnectionId, Offset};
use shared::protocol::{Message, RawPayload};

use super::frames::{ServerMessage, server_frame, text_frame};
use super::plain::plain_line;

/// A logged message, encoded once for all its readers.
#[derive(Debug)]
pub struct Frame {
    /// Its place in the channel.
    pub offset: Offset,
    /// The place before it.
    pub prev: Offset,
    /// The connection it came by, if it came by one.
    pub origin: Option<ConnectionId>,
    /// As a typed client gets it.
    pub typed: Bytes,
    /// As a plain client gets it, where it is something for one.
    pub plain: Option<Bytes>,
}

impl Frame {
    /// Encodes a message.
    pub fn new(message: Message<RawPayload>, origin: Option<ConnectionId>) -> Self {
        let (offset, prev, plain) = (message.offset, message.prev, plain_line(&message));
        let typed = server_frame(&ServerMessage::Message(message));
        Self { offset, prev, origin, typed, plain: plain.map(text_frame) }
    }

    /// Its size, in bytes.
    pub fn bytes(&self) -> usize {
        self.typed.len() + self.plain.as_ref().map_or(0, Bytes::len)
    }
}

/// Frames of one channel in a row, put together once for all who read no other: one write for each of them.
#[derive(Debug, Clone)]
pub struct Joined {
    /// The offset before the first.
    pub before: Offset,
    /// Their bytes, as a typed client gets them.
    pub bytes: Bytes,
    /// Where each ends in the bytes, and its offset. Never empty.
    ends: Vec<(usize, Offset)>,
}

impl Joined {
    /// Puts frames together; nothing where there are none, or a hole between them.
    pub fn new(frames: &[Arc<Frame>]) -> Option<Arc<Self>> {
        let one = |frame: &Arc<Frame>| {
            let ends = vec![(frame.typed.len(), frame.offset)];
            Arc::new(Self { before: frame.prev, bytes: frame.typed.clone(), ends })
        };
        Self::concat(frames.iter().map(one))
    }

    /// Puts several together; nothing where there are none, or a hole between them.
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

    /// The offset of the last.
    pub fn last(&self) -> Offset {
        self.ends.last().map_or(self.before, |(_, last)| *last)
    }

    /// How many there are.
    pub fn messages(&self) -> usize {
        self.ends.len()
    }

    /// Where the frame ends that the byte before `taken` is part of, its offset, and how many come before it.
    pub fn frame_at(&self, taken: usize) -> (usize, Offset, usize) {
        let index = self.ends.partition_point(|(end, _)| *end < taken);
        let (end, offset) = self.ends.get(index).copied().unwrap_or((self.bytes.len(), self.last()));
        (end, offset, index)
    }
}
