//! What somebody wants to publish, and what becomes of it.

use shared::ids::{ConnectionId, RequestId};
use shared::protocol::Refusal;
use tokio::sync::oneshot;

use super::turn::Turn;
use super::{Append, Appended};

/// Maximum bytes of a publication that may have one of the last places of a queue.
pub(super) const MODEST_BYTES_MAX: usize = 4 * 1024;

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

    /// Whether it is small and its sender has nothing else waiting.
    pub(super) fn is_modest(&self) -> bool {
        let others_wait = match self.reply {
            ReplyTo::Connection { others_wait, .. } => others_wait,
            // The API answers each request before the next.
            ReplyTo::Caller(_) => false,
        };
        !others_wait && self.bytes() <= MODEST_BYTES_MAX
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
