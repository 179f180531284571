//! From the log thread to the workers: each committed batch is encoded once and handed to each worker once.

use std::sync::Arc;

use shared::ids::{ChannelName, ConnectionId, RequestId};
use shared::protocol::{Accepted, ErrorReply, Message, Refusal, ServerMessage};
use tokio::sync::mpsc;

use super::frame::Frame;
use super::worker::ToWorker;
use crate::log::thread::{Outcome, ReplyTo};
use crate::log::{Append, Appended};
use crate::telemetry::metrics::Metrics;

/// What a batch means for the workers.
#[derive(Debug, Default)]
pub struct Batch {
    /// The new messages, in the order of the log.
    pub frames: Vec<(ChannelName, Arc<Frame>)>,
    /// The answers to those who published, by worker.
    pub answers: Vec<Vec<Answer>>,
}

/// An answer to a publisher.
#[derive(Debug)]
pub struct Answer {
    /// Its connection.
    pub connection: ConnectionId,
    /// Its request; a plain connection has none.
    pub request: Option<RequestId>,
    /// What became of it.
    pub result: Result<Appended, Refusal>,
}

impl Answer {
    /// What a typed client is told.
    pub fn message(&self) -> Option<ServerMessage> {
        let id = self.request?;
        Some(match &self.result {
            Ok(Appended::Accepted { offset, .. }) => {
                ServerMessage::Accepted(Accepted { id, offset: *offset, duplicate: false })
            }
            Ok(Appended::Duplicate { offset }) => {
                ServerMessage::Accepted(Accepted { id, offset: *offset, duplicate: true })
            }
            Err(refusal) => ServerMessage::Error(ErrorReply { id: Some(id), refusal: refusal.clone() }),
        })
    }
}

/// Makes the sink of the log thread. It waits where a worker's mailbox is full, and so slows the log down to the
/// slowest worker; nothing is skipped.
pub fn sink(workers: Arc<[mpsc::Sender<ToWorker>]>, metrics: Metrics) -> impl FnMut(Vec<Outcome>) + Send {
    move |outcomes| {
        let mut batch = Batch { frames: Vec::new(), answers: Vec::new() };
        batch.answers.resize_with(workers.len(), Vec::new);
        let mut callers = Vec::new();
        for outcome in outcomes {
            let Outcome { append, reply, result } = outcome;
            let origin = match &reply {
                ReplyTo::Connection { connection, .. } => Some(*connection),
                ReplyTo::Caller(_) => None,
            };
            if let Ok(Appended::Accepted { offset, prev }) = result {
                let channel = append.channel.clone();
                let Append { id, at, from, payload, .. } = append;
                let message = Message { channel: channel.clone(), offset, prev, id, at, from, payload };
                batch.frames.push((channel, Arc::new(Frame::new(message, origin))));
            }
            metrics.published(&result);
            match reply {
                ReplyTo::Connection { worker, connection, request } => {
                    if let Some(answers) = batch.answers.get_mut(worker) {
                        answers.push(Answer { connection, request, result });
                    }
                }
                ReplyTo::Caller(caller) => callers.push((caller, result)),
            }
        }
        metrics.batch();
        let batch = Arc::new(batch);
        for worker in &*workers {
            // A worker that is gone has no connections left to serve.
            let _ = worker.blocking_send(ToWorker::Batch(Arc::clone(&batch)));
        }
        // "Acknowledged when handed to the workers": the callers come last.
        for (caller, result) in callers {
            // A caller who no longer waits has closed its connection.
            let _ = caller.send(result);
        }
    }
}
