//! Replies that wait to be written.

use std::collections::VecDeque;

use bytes::Bytes;

/// Maximum number of replies, sent or owed, that a connection may leave unread. At the limit nothing more is read from
/// it until it reads: its own socket then slows it down.
pub const REPLIES_MAX: usize = 256;

/// Maximum bytes of replies that a connection may leave unread, counting what is left of a write that its socket did
/// not take. At the limit nothing more is read from it. One more reply, a page of history at most, may exceed it.
pub const REPLIES_BYTES_MAX: usize = 64 * 1024;

/// Maximum bytes of a connection's publications that have no place in the order yet. At the limit nothing more is read from
/// it: one sender cannot fill the queue, and the others' messages do not wait behind its own.
pub const OWED_BYTES_MAX: usize = 64 * 1024;

/// What the server holds for one connection. The limits bound it, also if the client never reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Number of replies that the client has not read.
    pub replies: usize,
    /// Bytes of these, and of what is left of a write.
    pub reply_bytes: usize,
    /// Number of publications that have no place in the order yet.
    pub owed: usize,
    /// Bytes of these.
    pub owed_bytes: usize,
    /// Bytes of the messages that were read from the log for the client and not written yet.
    pub page_bytes: usize,
}

/// The replies of one connection, oldest first.
#[derive(Debug, Default)]
pub(super) struct Replies {
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// Replies that will come when a publication has its place in the order.
    owed: usize,
    /// The bytes of these publications.
    owed_bytes: usize,
}

impl Replies {
    pub(super) fn push(&mut self, frame: Bytes) {
        self.bytes += frame.len();
        self.queue.push_back(frame);
    }

    pub(super) fn pop(&mut self) -> Option<Bytes> {
        let frame = self.queue.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// What is queued and owed, without pages.
    pub(super) fn backlog(&self, rest: usize) -> Backlog {
        Backlog {
            replies: self.queue.len(),
            reply_bytes: self.bytes + rest,
            owed: self.owed,
            owed_bytes: self.owed_bytes,
            page_bytes: 0,
        }
    }

    /// Notes that a publication of this size will be answered.
    pub(super) fn owe(&mut self, bytes: usize) {
        self.owed += 1;
        self.owed_bytes += bytes;
    }

    /// Whether a publication has no answer yet.
    pub(super) fn owes(&self) -> bool {
        self.owed > 0
    }

    /// Notes that one has been answered.
    pub(super) fn settle(&mut self, bytes: usize) {
        self.owed = self.owed.saturating_sub(1);
        self.owed_bytes = self.owed_bytes.saturating_sub(bytes);
    }

    /// Whether the connection may be read from, if `rest` bytes of an earlier write are still to go out.
    pub(super) fn has_room(&self, rest: usize) -> bool {
        let messages = self.queue.len() + self.owed;
        messages < REPLIES_MAX && self.bytes + rest < REPLIES_BYTES_MAX && self.owed_bytes < OWED_BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_are_bounded_in_number_and_in_bytes() {
        let mut replies = Replies::default();
        (1..REPLIES_MAX).for_each(|_| replies.push(Bytes::from_static(b"x")));
        assert!(replies.has_room(0));
        replies.owe(1);
        assert!(!replies.has_room(0), "one that is owed counts");
        replies.settle(1);
        assert!(replies.has_room(0));

        let mut replies = Replies::default();
        replies.push(Bytes::from(vec![0; REPLIES_BYTES_MAX - 1]));
        assert!(replies.has_room(0));
        assert!(!replies.has_room(1), "what is left of a write counts");
        replies.push(Bytes::from_static(b"x"));
        assert!(!replies.has_room(0));
        replies.pop();
        assert!(replies.has_room(0));
    }

    #[test]
    fn publications_without_an_answer_are_bounded_in_bytes() {
        let mut replies = Replies::default();
        replies.owe(OWED_BYTES_MAX - 1);
        assert!(replies.has_room(0));
        replies.owe(1);
        assert!(!replies.has_room(0));
        replies.settle(OWED_BYTES_MAX - 1);
        assert!(replies.has_room(0));
    }
}
