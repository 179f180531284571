//! A message to be published, the receiver of its reply, and its outcome.

use shared::ids::{ConnectionId, RequestId};
use shared::protocol::Refusal;
use tokio::sync::oneshot;

use crate::sequencer::capacity::RESERVE_PUBLICATION_BYTES_MAX;
use crate::sequencer::turn::Turn;
use crate::store::{Append, Appended};

/// A message to be published, and the receiver of its reply.
#[derive(Debug)]
pub struct Publication {
    /// The message.
    pub append: Append,
    /// The receiver of the reply.
    pub reply: ReplyTo,
}

impl Publication {
    /// The memory that the publication holds while it waits, in bytes.
    pub fn bytes(&self) -> usize {
        self.append.bytes()
    }

    /// Whether the publication may use the reserved part of a queue: it is small, and its sender has no other publication in a
    /// queue.
    pub(super) fn may_use_reserve(&self) -> bool {
        let others_wait = match self.reply {
            ReplyTo::Connection { others_wait, .. } => others_wait,
            // The HTTP API answers each request before the next.
            ReplyTo::Caller(_) | ReplyTo::Nobody => false,
        };
        !others_wait && self.bytes() <= RESERVE_PUBLICATION_BYTES_MAX
    }
}

/// A task that waits for the outcome of a publication.
pub type Caller = oneshot::Sender<Result<Appended, Refusal>>;

/// The receiver of the reply to a publication.
#[derive(Debug)]
pub enum ReplyTo {
    /// A connection. Its worker delivers the reply.
    Connection {
        /// The worker that owns it.
        worker: usize,
        /// Its number.
        connection: ConnectionId,
        /// The request to answer; a plain connection has none.
        request: Option<RequestId>,
        /// The turn in which the publication was queued, if the client uses turns.
        turn: Option<Turn>,
        /// Whether the connection has other publications that have no reply yet.
        others_wait: bool,
    },
    /// A task of this process that waits for the outcome.
    Caller(Caller),
    /// Nobody here: another server has the publisher.
    Nobody,
}

impl ReplyTo {
    pub(super) fn turn(&self) -> Option<&Turn> {
        match self {
            Self::Connection { turn, .. } => turn.as_ref(),
            Self::Caller(_) | Self::Nobody => None,
        }
    }

    /// Begins a new turn, if the receiver is a connection that uses turns, and adds its number to the refusal.
    pub(super) fn refuse(&self, refusal: Refusal) -> Refusal {
        match self.turn() {
            Some(turn) => turn.refuse(refusal),
            None => refusal,
        }
    }
}

/// The outcome of a publication.
#[derive(Debug)]
pub struct Outcome {
    /// The message.
    pub append: Append,
    /// The receiver of the reply.
    pub reply: ReplyTo,
    /// The message's offset, or the reason why it was refused.
    pub result: Result<Appended, Refusal>,
}

#[cfg(test)]
mod tests {
    use shared::protocol::{Payload, RawPayload};

    use super::*;
    use crate::store::conformance::chat;

    /// A publication of `bytes` bytes in total.
    fn publication(bytes: usize, others_wait: bool) -> Publication {
        let (worker, connection) = (0, ConnectionId(1));
        let reply = ReplyTo::Connection { worker, connection, request: None, turn: None, others_wait };
        let text = |length: usize| RawPayload::from(&Payload::chat("x".repeat(length)));
        let mut publication = Publication { append: chat("room:lobby", 1), reply };
        publication.append.payload = text(0);
        publication.append.payload = text(bytes - publication.bytes());
        publication
    }

    #[test]
    fn a_small_publication_may_use_the_reserve_if_its_sender_has_no_other_in_a_queue() {
        let largest = publication(RESERVE_PUBLICATION_BYTES_MAX, false);
        assert_eq!((largest.bytes(), largest.may_use_reserve()), (RESERVE_PUBLICATION_BYTES_MAX, true));
        assert!(!publication(RESERVE_PUBLICATION_BYTES_MAX + 1, false).may_use_reserve());
        assert!(!publication(RESERVE_PUBLICATION_BYTES_MAX, true).may_use_reserve());
    }
}
