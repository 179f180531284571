//! What one worker is told.

use std::sync::Arc;

use bytes::Bytes;
use shared::ids::ConnectionId;
use shared::protocol::CloseCode;
use tokio::sync::oneshot;

use super::batch::Batch;
use super::pushes::HeldPush;
use crate::message::SlotKey;

/// What a worker is told.
pub enum ToWorker {
    /// New messages, and the answers to those who published.
    Batch(Arc<Batch>),
    /// Something that is true only now, for all who follow its channel, but for one connection.
    Relay {
        /// What it is about.
        key: SlotKey,
        /// The frame.
        frame: Bytes,
        /// Who is not told.
        except: Option<ConnectionId>,
    },
    /// A payload for one connection. Answered with whether the connection is there and takes it.
    Push {
        /// The connection.
        connection: ConnectionId,
        /// The payload. It counts among the waiting pushes until it is dropped here.
        push: Arc<HeldPush>,
        /// Who waits.
        reply: oneshot::Sender<bool>,
    },
    /// One connection is to be closed.
    Disconnect {
        /// The connection.
        connection: ConnectionId,
        /// Why.
        code: CloseCode,
        /// Why, for a person.
        reason: String,
    },
    /// All connections are to be closed: the server stops. Answered when none is left.
    Stop {
        /// Who waits.
        reply: oneshot::Sender<()>,
    },
}
