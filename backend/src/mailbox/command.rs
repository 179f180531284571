//! The commands that a worker gets.

use std::sync::Arc;

use bytes::Bytes;
use shared::ids::ConnectionId;
use shared::protocol::CloseCode;
use tokio::sync::oneshot;

use super::batch::Batch;
use super::pushes::HeldPush;
use crate::message::SignalKey;

/// A command for one worker.
pub enum WorkerCommand {
    /// New messages, and the answers to their publishers.
    Batch(Arc<Batch>),
    /// A signal for all subscribers of a channel except one connection.
    Relay {
        /// The identity of the signal.
        key: SignalKey,
        /// The encoded signal.
        frame: Bytes,
        /// The connection that does not get it.
        except: Option<ConnectionId>,
    },
    /// A push for one connection.
    Push {
        /// The connection.
        connection: ConnectionId,
        /// The push. It counts in `PUSHES_BYTES_MAX` until the worker drops it.
        push: Arc<HeldPush>,
        /// Gets true if the connection is open and accepts the push.
        reply: oneshot::Sender<bool>,
    },
    /// Close one connection.
    Disconnect {
        /// The connection.
        connection: ConnectionId,
        /// The close code.
        code: CloseCode,
        /// The reason, for a person.
        reason: String,
    },
    /// Close all connections, because the server stops.
    Stop {
        /// Gets a value when no connection is left.
        reply: oneshot::Sender<()>,
    },
}
