//! What somebody wants to publish, and what becomes of it.

use shared::ids::{ConnectionId, RequestId};
use shared::protocol::Refusal;
use tokio::sync::oneshot;

use crate::sequencer::capacity::RESERVE_PUBLICATION_BYTES_MAX;
use crate::sequencer::turn::Turn;
use crate::store::{Append, Appended};

/// A message to be published, and who waits for the outcome.
#[derive(Debug)]
pub struct Publication {
    /// The message.
    pub append: Append,
    /// Who is told.
    pub reply: ReplyTo,
}

impl Publication {
    /// The memory that it holds while it waits, in bytes.
    pub fn bytes(&self) -> usize {
        self.append.bytes()
    }

    /// Whether it may use the reserved part of a queue: it is small, and its sender has no other publication in a queue.
    pub(super) fn may_use_reserve(&self) -> bool {
        let others_wait = match self.reply {
            ReplyTo::Connection { others_wait, .. } => others_wait,
            // The HTTP API answers each request before the next.
            ReplyTo::Caller(_) => false,
        };
        !others_wait && self.bytes() <= RESERVE_PUBLICATION_BYTES_MAX
    }
}

/// Somebody who waits for what becomes of a publication.
pub type Caller = oneshot::Sender<Result<Appended, Refusal>>;

/// Who is told what became of a publication.
#[derive(Debug)]
pub enum ReplyTo {
    /// A connection, by way of its worker.
    Connection {
        /// The worker that owns it.
        worker: usize,
        /// Its number.
        connection: ConnectionId,
        /// The request to answer; a plain connection has none.
        request: Option<RequestId>,
        /// The turn in which it was queued, where the client keeps to turns.
        turn: Option<Turn>,
        /// Whether the connection has other publications that wait for their answers.
        others_wait: bool,
    },
    /// A caller who waits.
    Caller(Caller),
}

impl ReplyTo {
    pub(super) fn turn(&self) -> Option<&Turn> {
        match self {
            Self::Connection { turn, .. } => turn.as_ref(),
            Self::Caller(_) => None,
        }
    }

    /// Tells the connection, where it is one, that a new turn begins.
    pub(super) fn refuse(&self, refusal: Refusal) -> Refusal {
        match self.turn() {
            Some(turn) => turn.refuse(refusal),
            None => refusal,
        }
    }
}

/// What became of a publication.
#[derive(Debug)]
pub struct Outcome {
    /// The message.
    pub append: Append,
    /// Who is told.
    pub reply: ReplyTo,
    /// Its place, or why it has none.
    pub result: Result<Appended, Refusal>,
}

#[cfg(test)]
mod tests {
    use shared::protocol::{Payload, RawPayload};

    use super::*;
    use crate::store::conformance::chat;

    /// A publication of this many bytes in all.
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
    fn a_small_publication_of_a_sender_without_others_may_use_the_reserve() {
        let largest = publication(RESERVE_PUBLICATION_BYTES_MAX, false);
        assert_eq!((largest.bytes(), largest.may_use_reserve()), (RESERVE_PUBLICATION_BYTES_MAX, true));
        assert!(!publication(RESERVE_PUBLICATION_BYTES_MAX + 1, false).may_use_reserve());
        assert!(!publication(RESERVE_PUBLICATION_BYTES_MAX, true).may_use_reserve());
    }
}
