//! Connects the sequencers to the workers: encodes each message once, and hands each batch to each worker once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use futures_executor::block_on;
use shared::ids::ChannelName;
use shared::protocol::{Message, Refusal};

use crate::mailbox::{Answer, Batch, Mailboxes, News};
use crate::message::{EncodedMessage, EncodedRun};
use crate::sequencer::live::Sequencer;
use crate::sequencer::publication::{Caller, Outcome, ReplyTo};
use crate::store::{Append, Appended};
use crate::telemetry::Event;
use crate::telemetry::event::Published;
use crate::telemetry::metrics::Metrics;

/// A batch, and the callers that get their answer after the workers have the batch.
#[derive(Debug)]
pub struct FanOut {
    /// What each worker gets.
    pub batch: Arc<Batch>,
    /// The callers and their answers. They come last because an acknowledged message must be with the workers.
    pub callers: Vec<(Caller, Result<Appended, Refusal>)>,
}

impl FanOut {
    /// Encodes the accepted messages, once for all subscribers.
    pub fn new(outcomes: Vec<Outcome>, workers: usize, metrics: &Metrics) -> Self {
        let events = &metrics.events;
        let mut answers = Vec::new();
        answers.resize_with(workers, Vec::new);
        let (mut news, mut callers) = (NewsByChannel::default(), Vec::new());
        for outcome in outcomes {
            let Outcome { append, reply, result } = outcome;
            let bytes = append.bytes();
            let origin = match &reply {
                ReplyTo::Connection { connection, .. } => Some(*connection),
                ReplyTo::Caller(_) | ReplyTo::Nobody => None,
            };
            if let Ok(Appended::Accepted { offset, prev }) = result {
                let Append { channel, id, at, from, payload } = append;
                let message = Message { channel: channel.clone(), offset, prev, id, at, from, payload };
                news.add(channel, Arc::new(EncodedMessage::new(message, origin)));
            }
            match &result {
                Ok(Appended::Accepted { .. }) => events.emit(Event::Published(Published::Accepted)),
                Ok(Appended::Duplicate { .. }) => events.emit(Event::Published(Published::Duplicate)),
                Err(_) => events.emit(Event::Published(Published::Refused)),
            }
            match reply {
                ReplyTo::Connection { worker, connection, request, .. } => {
                    // The refusal of a caller is emitted with its HTTP response.
                    if let Err(refusal) = &result {
                        events.emit(Event::Refused { connection, code: refusal.code });
                    }
                    if let Some(answers) = answers.get_mut(worker) {
                        answers.push(Answer { connection, request, result, bytes });
                    }
                }
                ReplyTo::Caller(caller) => callers.push((caller, result)),
                ReplyTo::Nobody => {}
            }
        }
        metrics.batches_written.inc();
        Self { batch: Arc::new(Batch::new(news.into_news(), answers)), callers }
    }

    /// Sends the callers their answers.
    pub fn answer_callers(self) {
        for (caller, result) in self.callers {
            // The caller is gone if its client has closed the connection.
            let _ = caller.send(result);
        }
    }
}

/// The messages of a batch by channel, in the order of each channel's first message.
#[derive(Default)]
struct NewsByChannel {
    /// The index in `channels` of each channel except the first.
    indexes: HashMap<ChannelName, usize>,
    /// The news without their runs.
    channels: Vec<News>,
}

impl NewsByChannel {
    fn add(&mut self, channel: ChannelName, message: Arc<EncodedMessage>) {
        // Most batches have one channel or a few, so compare with the first and the last before hashing.
        let index = match (self.channels.first(), self.channels.last()) {
            (None, _) => 0,
            (_, Some(last)) if last.channel == channel => self.channels.len() - 1,
            (Some(first), _) if first.channel == channel => 0,
            _ => *self.indexes.entry(channel.clone()).or_insert(self.channels.len()),
        };
        match self.channels.get_mut(index) {
            Some(news) => news.messages.push(message),
            None => self.channels.push(News { channel, messages: vec![message], run: None }),
        }
    }

    fn into_news(mut self) -> Vec<News> {
        self.channels.iter_mut().for_each(|news| news.run = EncodedRun::new(&news.messages));
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
    /// Creates a distributor for these mailboxes.
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

    /// Returns the sink of the log thread. It blocks that thread while a mailbox is full.
    pub fn sink(self) -> impl FnMut(Vec<Outcome>) + Send {
        move |outcomes| block_on(self.hand_over(outcomes))
    }

    /// Hands over the outcomes of one worker's sequencer, on that worker's thread.
    pub async fn live(self, mut sequencer: Sequencer) {
        while let Some(outcomes) = sequencer.next().await {
            self.hand_over(outcomes).await;
        }
    }
}
