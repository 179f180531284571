//! From those who put messages in order to the workers: each batch is encoded once and handed to each worker once.

use std::collections::HashMap;
use std::sync::Arc;

use shared::ids::{ChannelName, ConnectionId, RequestId};
use shared::protocol::{Accepted, ErrorReply, Message, Refusal, ServerMessage};
use tokio::sync::mpsc;

use super::frame::{Frame, Joined};
use super::worker::ToWorker;
use crate::log::live::Sequencer;
use crate::log::publication::{Caller, Outcome, ReplyTo};
use crate::log::{Append, Appended};
use crate::telemetry::metrics::Metrics;

/// What a batch means for the workers.
#[derive(Debug, Default)]
pub struct Batch {
    /// The new messages of each channel.
    pub channels: Vec<News>,
    /// The answers to those who published, by worker.
    pub answers: Vec<Vec<Answer>>,
}

/// What is new in a channel.
#[derive(Debug)]
pub struct News {
    /// The channel.
    pub channel: ChannelName,
    /// The messages, in the order of the log.
    pub frames: Vec<Arc<Frame>>,
    /// The same in one piece, where nothing is missing between them.
    pub joined: Option<Arc<Joined>>,
}

impl News {
    /// What `frames` of a channel are, in the order of the log.
    pub fn new(channel: ChannelName, frames: Vec<Arc<Frame>>) -> Self {
        let joined = Joined::new(&frames);
        Self { channel, frames, joined }
    }
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

/// A batch, and the callers who get their answer when the workers have it.
#[derive(Debug)]
pub struct FanOut {
    /// What each worker is given.
    pub batch: Arc<Batch>,
    /// "Acknowledged when handed to the workers": the callers come last.
    pub callers: Vec<(Caller, Result<Appended, Refusal>)>,
}

impl FanOut {
    /// Encodes what has its place, once for everybody.
    pub fn new(outcomes: Vec<Outcome>, workers: usize, metrics: &Metrics) -> Self {
        let mut answers = Vec::new();
        answers.resize_with(workers, Vec::new);
        let (mut news, mut callers) = (Newest::default(), Vec::new());
        for outcome in outcomes {
            let Outcome { append, reply, result } = outcome;
            let origin = match &reply {
                ReplyTo::Connection { connection, .. } => Some(*connection),
                ReplyTo::Caller(_) => None,
            };
            if let Ok(Appended::Accepted { offset, prev }) = result {
                let Append { channel, id, at, from, payload } = append;
                let message = Message { channel: channel.clone(), offset, prev, id, at, from, payload };
                news.add(channel, Arc::new(Frame::new(message, origin)));
            }
            metrics.published(&result);
            match reply {
                ReplyTo::Connection { worker, connection, request, .. } => {
                    if let Some(answers) = answers.get_mut(worker) {
                        answers.push(Answer { connection, request, result });
                    }
                }
                ReplyTo::Caller(caller) => callers.push((caller, result)),
            }
        }
        metrics.batch();
        Self { batch: Arc::new(Batch { channels: news.joined(), answers }), callers }
    }

    /// Gives the callers their answers.
    pub fn answer_callers(self) {
        for (caller, result) in self.callers {
            // A caller who no longer waits has closed its connection.
            let _ = caller.send(result);
        }
    }
}

/// The frames of a batch by channel, in the order in which the channels came up.
#[derive(Default)]
struct Newest {
    /// Where each but the first is.
    places: HashMap<ChannelName, usize>,
    channels: Vec<(ChannelName, Vec<Arc<Frame>>)>,
}

impl Newest {
    fn add(&mut self, channel: ChannelName, frame: Arc<Frame>) {
        // Most batches are of one channel, or of few.
        let place = match (self.channels.first(), self.channels.last()) {
            (None, _) => 0,
            (_, Some((last, _))) if *last == channel => self.channels.len() - 1,
            (Some((first, _)), _) if *first == channel => 0,
            _ => *self.places.entry(channel.clone()).or_insert(self.channels.len()),
        };
        match self.channels.get_mut(place) {
            Some((_, frames)) => frames.push(frame),
            None => self.channels.push((channel, vec![frame])),
        }
    }

    fn joined(self) -> Vec<News> {
        self.channels.into_iter().map(|(channel, frames)| News::new(channel, frames)).collect()
    }
}

/// Makes the sink of the log thread. It waits where a worker's mailbox is full, and so slows the log down to the
/// slowest worker; nothing is skipped.
pub fn sink(workers: Arc<[mpsc::Sender<ToWorker>]>, metrics: Metrics) -> impl FnMut(Vec<Outcome>) + Send {
    move |outcomes| {
        let fan_out = FanOut::new(outcomes, workers.len(), &metrics);
        for worker in &*workers {
            // A worker that is gone has no connections left to serve.
            let _ = worker.blocking_send(ToWorker::Batch(Arc::clone(&fan_out.batch)));
        }
        fan_out.answer_callers();
    }
}

/// Hands on what a worker's sequencer has put in order, on that worker's thread. It waits where another worker's mailbox
/// is full, and so slows its publishers down to the slowest worker; nothing is skipped.
pub async fn live(mut sequencer: Sequencer, workers: Arc<[mpsc::Sender<ToWorker>]>, metrics: Metrics) {
    while let Some(outcomes) = sequencer.next().await {
        let fan_out = FanOut::new(outcomes, workers.len(), &metrics);
        for worker in &*workers {
            // A worker that is gone has no connections left to serve.
            let _ = worker.send(ToWorker::Batch(Arc::clone(&fan_out.batch))).await;
        }
        fan_out.answer_callers();
    }
}
