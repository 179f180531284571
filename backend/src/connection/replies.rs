//! The replies of one connection that wait to be written, and their limits.

use std::collections::VecDeque;

use bytes::Bytes;

/// Maximum number of unread replies per connection, including those not sent yet. At the limit the server stops reading
/// from the connection until the client reads: TCP back-pressure then slows the client down.
pub const REPLIES_MAX: usize = 256;

/// Maximum number of bytes of unread replies per connection, including the unwritten rest of a write. At the limit the
/// server stops reading from the connection. One more reply, at most a page of history, may exceed it.
pub const REPLIES_BYTES_MAX: usize = 64 * 1024;

/// Maximum number of bytes of a connection's publications that wait for their place in the order. At the limit the
/// server stops reading from the connection: one publisher cannot fill the queue and delay the messages of others.
pub const UNANSWERED_BYTES_MAX: usize = 64 * 1024;

/// What the server holds for one connection. It is bounded even if the client never reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// Number of replies that the client has not read.
    pub replies: usize,
    /// Bytes of these replies, and of the unwritten rest of a write.
    pub reply_bytes: usize,
    /// Number of publications that wait for their place in the order.
    pub unanswered: usize,
    /// Bytes of these publications.
    pub unanswered_bytes: usize,
    /// Bytes of the messages that were read from the log for the client and not written yet.
    pub page_bytes: usize,
}

/// The replies of one connection, oldest first.
#[derive(Debug, Default)]
pub(super) struct Replies {
    queue: VecDeque<Bytes>,
    bytes: usize,
    /// Number of publications that get their answer when they have their place in the order.
    unanswered: usize,
    /// Bytes of these publications.
    unanswered_bytes: usize,
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

    /// What is queued and unanswered, without pages.
    pub(super) fn backlog(&self, rest: usize) -> Backlog {
        Backlog {
            replies: self.queue.len(),
            reply_bytes: self.bytes + rest,
            unanswered: self.unanswered,
            unanswered_bytes: self.unanswered_bytes,
            page_bytes: 0,
        }
    }

    /// Counts a publication of `bytes` bytes that waits for its answer.
    pub(super) fn add_unanswered(&mut self, bytes: usize) {
        self.unanswered += 1;
        self.unanswered_bytes += bytes;
    }

    /// Whether a publication waits for its answer.
    pub(super) fn has_unanswered(&self) -> bool {
        self.unanswered > 0
    }

    /// Removes an answered publication of `bytes` bytes from the count.
    pub(super) fn remove_unanswered(&mut self, bytes: usize) {
        self.unanswered = self.unanswered.saturating_sub(1);
        self.unanswered_bytes = self.unanswered_bytes.saturating_sub(bytes);
    }

    /// Whether the server may read from the connection, if `rest` bytes of an earlier write are still unwritten.
    pub(super) fn has_room(&self, rest: usize) -> bool {
        let messages = self.queue.len() + self.unanswered;
        messages < REPLIES_MAX
            && self.bytes + rest < REPLIES_BYTES_MAX
            && self.unanswered_bytes < UNANSWERED_BYTES_MAX
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
        replies.add_unanswered(1);
        assert!(!replies.has_room(0), "an unanswered publication counts");
        replies.remove_unanswered(1);
        assert!(replies.has_room(0));

        let mut replies = Replies::default();
        replies.push(Bytes::from(vec![0; REPLIES_BYTES_MAX - 1]));
        assert!(replies.has_room(0));
        assert!(!replies.has_room(1), "the unwritten rest of a write counts");
        replies.push(Bytes::from_static(b"x"));
        assert!(!replies.has_room(0));
        replies.pop();
        assert!(replies.has_room(0));
    }

    #[test]
    fn unanswered_publications_are_bounded_in_bytes() {
        let mut replies = Replies::default();
        replies.add_unanswered(UNANSWERED_BYTES_MAX - 1);
        assert!(replies.has_room(0));
        replies.add_unanswered(1);
        assert!(!replies.has_room(0));
        replies.remove_unanswered(UNANSWERED_BYTES_MAX - 1);
        assert!(replies.has_room(0));
    }
}
