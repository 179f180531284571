//! From the sequencers to the workers: each message is encoded once, and each batch is handed to each worker once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use futures_executor::block_on;
use shared::ids::ChannelName;
use shared::protocol::{Message, Refusal};

use crate::mailbox::{Answer, Batch, Mailboxes, News};
use crate::message::{Frame, Joined};
use crate::sequencer::live::Sequencer;
use crate::sequencer::publication::{Caller, Outcome, ReplyTo};
use crate::store::{Append, Appended};
use crate::telemetry::metrics::Metrics;

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
            match &result {
                Ok(Appended::Accepted { .. }) => metrics.messages_accepted.inc(),
                Ok(Appended::Duplicate { .. }) => metrics.messages_duplicate.inc(),
                Err(_) => metrics.messages_refused.inc(),
            };
            match reply {
                ReplyTo::Connection { worker, connection, request, .. } => {
                    // The refusal of a caller is counted with its HTTP response.
                    if let Err(refusal) = &result {
                        metrics.refusals.count(refusal.code);
                    }
                    if let Some(answers) = answers.get_mut(worker) {
                        answers.push(Answer { connection, request, result, bytes });
                    }
                }
                ReplyTo::Caller(caller) => callers.push((caller, result)),
            }
        }
        metrics.batches_written.inc();
        Self { batch: Arc::new(Batch::new(news.joined(), answers)), callers }
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

/// Hands outcomes to all workers. Cheap to clone.
#[derive(Clone)]
pub struct Distributor {
    mailboxes: Mailboxes,
    metrics: Metrics,
}

impl Distributor {
    /// Hands outcomes to these mailboxes.
    pub fn new(mailboxes: Mailboxes, metrics: Metrics) -> Self {
        Self { mailboxes, metrics }
    }

    /// Hands outcomes to all workers, then answers the callers.
    async fn hand_over(&self, outcomes: Vec<Outcome>) {
        let begun = Instant::now();
        let fan_out = FanOut::new(outcomes, self.mailboxes.count(), &self.metrics);
        self.mailboxes.deliver(Arc::clone(&fan_out.batch)).await;
        self.metrics.fan_out_seconds.observe_time(begun.elapsed());
        fan_out.answer_callers();
    }

    /// Makes the sink of the log thread.
    pub fn sink(self) -> impl FnMut(Vec<Outcome>) + Send {
        move |outcomes| block_on(self.hand_over(outcomes))
    }

    /// Hands over what the sequencer of a worker puts in order, on that worker's thread.
    pub async fn live(self, mut sequencer: Sequencer) {
        while let Some(outcomes) = sequencer.next().await {
            self.hand_over(outcomes).await;
        }
    }
}
