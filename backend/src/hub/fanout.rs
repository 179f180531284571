//! From those who put messages in order to the workers: each batch is encoded once and handed to each worker once.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use futures_executor::block_on;
use shared::ids::{ChannelName, ConnectionId, RequestId};
use shared::protocol::{Accepted, ErrorReply, Message, Refusal};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError, mpsc};

use super::frame::{Frame, Joined, ServerMessage};
use super::worker::ToWorker;
use crate::log::live::Sequencer;
use crate::log::publication::{Caller, Outcome, ReplyTo};
use crate::log::{Append, Appended};
use crate::telemetry::metrics::Metrics;

/// Maximum bytes of the batches that are on their way to the workers or in their mailboxes. At the limit, those who put
/// messages in order wait until the slowest worker has taken some. A larger batch is on its way alone.
pub const MAILBOX_BYTES_MAX: u32 = 16 * 1024 * 1024;

/// What a batch means for the workers.
#[derive(Debug, Default)]
pub struct Batch {
    /// The new messages of each channel.
    pub channels: Vec<News>,
    /// The answers to those who published, by worker.
    pub answers: Vec<Vec<Answer>>,
    /// Its bytes, until the last worker is done with it.
    held: OnceLock<OwnedSemaphorePermit>,
}

impl Batch {
    /// The memory that its messages hold, in bytes: each by itself, and joined if there are several.
    fn bytes(&self) -> usize {
        let of = |news: &News| {
            let frames: usize = news.frames.iter().map(|frame| frame.bytes()).sum();
            if news.frames.len() > 1 { frames * 2 } else { frames }
        };
        self.channels.iter().map(of).sum()
    }
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
    /// The bytes that were owed for it.
    pub bytes: usize,
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
            let bytes = append.bytes();
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
                        answers.push(Answer { connection, request, result, bytes });
                    }
                }
                ReplyTo::Caller(caller) => callers.push((caller, result)),
            }
        }
        metrics.batch();
        let batch = Batch { channels: news.joined(), answers, held: OnceLock::new() };
        Self { batch: Arc::new(batch), callers }
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
    /// Not joined yet.
    channels: Vec<News>,
}

impl Newest {
    fn add(&mut self, channel: ChannelName, frame: Arc<Frame>) {
        // Most batches are of one channel, or of few.
        let place = match (self.channels.first(), self.channels.last()) {
            (None, _) => 0,
            (_, Some(last)) if last.channel == channel => self.channels.len() - 1,
            (Some(first), _) if first.channel == channel => 0,
            _ => *self.places.entry(channel.clone()).or_insert(self.channels.len()),
        };
        match self.channels.get_mut(place) {
            Some(news) => news.frames.push(frame),
            None => self.channels.push(News { channel, frames: vec![frame], joined: None }),
        }
    }

    fn joined(mut self) -> Vec<News> {
        self.channels.iter_mut().for_each(|news| news.joined = Joined::new(&news.frames));
        self.channels
    }
}

/// The way to all workers. Cheap to clone.
#[derive(Clone)]
pub struct Mailboxes {
    workers: Arc<[mpsc::Sender<ToWorker>]>,
    bytes: Arc<Semaphore>,
    metrics: Metrics,
}

impl Mailboxes {
    /// The way to `workers`, in the order of their indexes.
    pub fn new(workers: Arc<[mpsc::Sender<ToWorker>]>, metrics: Metrics) -> Self {
        Self { workers, bytes: Arc::new(Semaphore::new(MAILBOX_BYTES_MAX as usize)), metrics }
    }

    /// Hands outcomes to all workers, and answers the callers. Waits while a mailbox is full, or too many bytes are on their
    /// way: publishers slow down to the slowest worker, and nothing is skipped.
    async fn hand_over(&self, outcomes: Vec<Outcome>) {
        let fan_out = FanOut::new(outcomes, self.workers.len(), &self.metrics);
        let bytes = u32::try_from(fan_out.batch.bytes())
            .map_or(MAILBOX_BYTES_MAX, |bytes| bytes.min(MAILBOX_BYTES_MAX));
        // Almost always there is room, and trying costs less than a future that waits.
        let permit = match Arc::clone(&self.bytes).try_acquire_many_owned(bytes) {
            Err(TryAcquireError::NoPermits) => Arc::clone(&self.bytes).acquire_many_owned(bytes).await.ok(),
            tried => tried.ok(),
        };
        // Nobody closes the semaphore. Without the permit the batch would only not be counted.
        if let Some(permit) = permit {
            let _ = fan_out.batch.held.set(permit);
        }
        for worker in &*self.workers {
            // A worker that is gone has no connections left to serve.
            if let Err(TrySendError::Full(batch)) =
                worker.try_send(ToWorker::Batch(Arc::clone(&fan_out.batch)))
            {
                let _ = worker.send(batch).await;
            }
        }
        fan_out.answer_callers();
    }

    /// Makes the sink of the log thread.
    pub fn sink(self) -> impl FnMut(Vec<Outcome>) + Send {
        move |outcomes| block_on(self.hand_over(outcomes))
    }

    /// Hands on what a worker's sequencer has put in order, on that worker's thread.
    pub async fn live(self, mut sequencer: Sequencer) {
        while let Some(outcomes) = sequencer.next().await {
            self.hand_over(outcomes).await;
        }
    }
}
