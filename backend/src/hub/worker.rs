//! One worker thread's connections and feeds.

mod announce;
mod care;
mod deliveries;
mod feeds;
mod published;
mod round;
mod signals;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shared::ids::{ChannelName, ConnectionId, Offset};
use shared::protocol::{CloseCode, Closing, ErrorReply, Push, RawPayload, Refusal};
use tokio::sync::{mpsc, oneshot};

use super::fanout::{Answer, Batch};
use super::feed::Feed;
use super::frame::{ServerMessage, server_frame, text_frame};
use super::gate::Gates;
use super::outbound::Outbound;
use super::pages::Pages;
use super::registry::Mode;
use super::slots::SlotKey;
use super::{HeldPush, Hub};
use crate::config::Policy;
use crate::log::LogError;
use crate::log::publication::Publication;
use deliveries::Deliveries;
use feeds::Feeds;
use published::Published;
pub use round::{NEWS_A_ROUND_MAX, PIECE_BYTES_MAX};
use signals::Signals;

/// Most things in a worker's mailbox. Those who hand over messages wait at the limit; others are refused.
pub const MAILBOX_MAX: usize = 1024;

/// How often a worker looks after its connections.
const TICK_MAX: Duration = Duration::from_secs(1);

/// Most things that are taken from the mailbox at a time: many small batches are then one for their readers.
const TURN_MAX: usize = 64;

/// The span over which clients are told to come back when the server stops, in milliseconds.
const RETURN_SPREAD_MS: u64 = 2_000;

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

/// What a signal in a channel meets.
pub struct Reach {
    /// How many connections are told.
    pub readers: usize,
    /// The newest offset, if it is known.
    pub head: Option<Offset>,
}

/// A worker's part of the hub.
pub struct Worker {
    /// Its index.
    pub index: usize,
    /// What all workers share.
    pub hub: Arc<Hub>,
    /// For its readers that are behind.
    pub pages: Rc<Pages>,
    /// For what many of its clients may want at once.
    pub gates: Rc<Gates>,
    feeds: RefCell<Feeds>,
    /// In the order in which they came: what is done to all of them is done in the same order each time.
    connections: RefCell<BTreeMap<ConnectionId, Rc<Outbound>>>,
    published: Rc<Published>,
    stopping: RefCell<Option<oneshot::Sender<()>>>,
}

impl Worker {
    /// Starts a worker on this thread.
    pub fn start(index: usize, hub: Arc<Hub>, mut mailbox: mpsc::Receiver<ToWorker>) -> Rc<Self> {
        let (pages, gates) = (Rc::default(), Rc::default());
        let (feeds, connections) = (RefCell::default(), RefCell::default());
        let (published, stopping) = (Published::start(hub.queue.clone()), RefCell::default());
        let worker = Rc::new(Self { index, hub, pages, gates, feeds, connections, published, stopping });
        let this = Rc::clone(&worker);
        actix_web::rt::spawn(care::run(Rc::clone(&worker)));
        actix_web::rt::spawn(announce::run(Rc::clone(&worker)));
        actix_web::rt::spawn(async move {
            let (mut inbox, mut taken) = (Vec::new(), VecDeque::new());
            let (mut deliveries, mut signals) = (Deliveries::default(), Signals::default());
            loop {
                tokio::select! {
                    biased;
                    count = mailbox.recv_many(&mut inbox, TURN_MAX), if taken.is_empty() => match count {
                        0 => return,
                        _ => taken.extend(inbox.drain(..)),
                    },
                    // What is still to be told does not wait for what comes.
                    () = std::future::ready(()), if !(taken.is_empty() && deliveries.is_empty() && signals.is_empty()) => {}
                }
                while deliveries.has_room()
                    && let Some(what) = taken.pop_front()
                {
                    this.take(what, &mut deliveries, &mut signals);
                }
                deliveries.advance();
                signals.advance(&this.feeds.borrow());
                if !(deliveries.is_empty() && signals.is_empty()) {
                    tokio::task::yield_now().await;
                }
            }
        });
        worker
    }

    /// Adds a connection.
    pub fn add(&self, outbound: &Rc<Outbound>) {
        self.connections.borrow_mut().insert(outbound.info.connection, Rc::clone(outbound));
        if self.stopping.borrow().is_some() {
            self.say_goodbye(outbound);
        }
    }

    /// Takes a connection out that has ended.
    pub fn remove(&self, outbound: &Rc<Outbound>) {
        for channel in outbound.channels() {
            self.leave(outbound, &channel);
        }
        outbound.end();
        self.hub.registry.remove(&outbound.info);
        self.connections.borrow_mut().remove(&outbound.info.connection);
        self.finish_stop();
    }

    /// Queues a publication of a connection's.
    ///
    /// # Errors
    /// A [`Refusal`] where the queue takes no more.
    pub fn publish(&self, publication: Publication, policy: &Policy) -> Result<(), Refusal> {
        match policy.history {
            true => self.published.add(publication),
            false => self.hub.publish(publication, policy),
        }
    }

    /// The feed of a channel, with a head that is known.
    ///
    /// # Errors
    /// [`LogError`] where the log had to be asked, and failed.
    pub async fn feed(&self, channel: &ChannelName, history: bool) -> Result<Rc<Feed>, LogError> {
        let new = || Feed::new(channel.clone(), self.hub.epoch(history), history);
        let feed = self.feeds.borrow_mut().get_or(channel, new);
        if feed.head().is_none() {
            // The feed takes what comes from here on; what came before, the log tells.
            self.learn_head(&feed).await?;
        }
        Ok(feed)
    }

    /// Asks the log for a feed's head: this worker may not have come yet to what another has delivered.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn learn_head(&self, feed: &Feed) -> Result<(), LogError> {
        let head = match feed.history {
            true => self.hub.reads.bounds(&feed.channel).await?.head,
            false => self.hub.live(&feed.channel).head(&feed.channel),
        };
        feed.learn_head(head);
        Ok(())
    }

    /// The offset before the oldest message of a feed's that the log has, or had a moment ago: of a thousand who come
    /// back at once, one asks.
    ///
    /// # Errors
    /// [`LogError`].
    pub async fn floor(&self, feed: &Feed) -> Result<Offset, LogError> {
        let ask = async || Ok(self.hub.reads.bounds(&feed.channel).await?.floor);
        feed.floor().get_or_try_init(ask).await.copied()
    }

    /// What a signal in a channel would meet. The number of readers is that of this worker.
    pub fn reach(&self, channel: &ChannelName) -> Reach {
        let feeds = self.feeds.borrow();
        let feed = feeds.get(channel);
        Reach { readers: feed.map_or(0, |feed| feed.reader_count()), head: feed.and_then(|feed| feed.head()) }
    }

    /// Notes that a connection follows a channel.
    pub fn join(&self, outbound: &Outbound, channel: &ChannelName, policy: &Policy) {
        outbound.info.set_subscriptions(outbound.subscription_count());
        if let (true, Some(sender)) = (policy.presence, outbound.info.identity()) {
            let version = self.hub.presence.join(channel, sender);
            // The first reader here asks for the members if it wants them, and that answer has this version.
            if let Some(feed) = self.feeds.borrow().get(channel)
                && feed.presence().is_none()
            {
                feed.set_presence(Some(version));
            }
        }
    }

    /// Ends a connection's subscription, if it has one.
    pub fn leave(&self, outbound: &Outbound, channel: &ChannelName) {
        if !outbound.unsubscribe(channel) {
            return;
        }
        outbound.info.set_subscriptions(outbound.subscription_count());
        let presence = self.hub.settings.policy(channel).is_some_and(|policy| policy.presence);
        if let (true, Some(sender)) = (presence, outbound.info.identity()) {
            self.hub.presence.leave(channel, &sender.user);
        }
    }

    /// Does what the worker is told.
    fn take(&self, what: ToWorker, deliveries: &mut Deliveries, signals: &mut Signals) {
        match what {
            ToWorker::Batch(batch) => {
                let answered = self.queue_answers(batch.answers.get(self.index));
                deliveries.flush_later(answered);
                signals.forget_typing(&batch);
                deliveries.add(&batch.channels, &mut self.feeds.borrow_mut());
            }
            ToWorker::Relay { key, frame, except } => signals.add(key, frame, except),
            ToWorker::Push { connection, push, reply } => {
                // Who asked may have gone meanwhile.
                let _ = reply.send(self.push(connection, &push.push));
            }
            ToWorker::Disconnect { connection, code, reason } => {
                if let Some(outbound) = self.connection(connection) {
                    say_closing(&outbound, code, &reason, None);
                }
            }
            ToWorker::Stop { reply } => {
                deliveries.finish();
                self.stopping.replace(Some(reply));
                let all: Vec<_> = self.connections.borrow().values().cloned().collect();
                all.iter().for_each(|outbound| self.say_goodbye(outbound));
                self.finish_stop();
            }
        }
    }

    /// Queues the answers for this worker's publishers. Returns those who are to be flushed.
    fn queue_answers(&self, answers: Option<&Vec<Answer>>) -> impl Iterator<Item = Rc<Outbound>> {
        answers.into_iter().flatten().filter_map(|answer| {
            let outbound = self.connection(answer.connection)?;
            outbound.settle(answer.bytes);
            match (answer.message(), &answer.result) {
                (Some(message), _) => outbound.reply_later(server_frame(&message)),
                (None, Err(refusal)) => {
                    outbound.reply_later(text_frame(format!("Tidings: {}", refusal.message)));
                }
                (None, Ok(_)) => {}
            }
            Some(outbound)
        })
    }

    fn push(&self, connection: ConnectionId, push: &Push<RawPayload>) -> bool {
        let Some(outbound) = self.connection(connection).filter(|outbound| outbound.is_open()) else {
            return false;
        };
        if outbound.is_full() {
            return false;
        }
        match outbound.info.mode {
            Mode::Typed => outbound.reply(&ServerMessage::Push(push.clone())),
            Mode::Plain => outbound.reply_frame(text_frame(crate::ws::plain::pushed_line(push))),
        }
        true
    }

    fn connection(&self, connection: ConnectionId) -> Option<Rc<Outbound>> {
        self.connections.borrow().get(&connection).cloned()
    }

    fn tick_length(&self) -> Duration {
        TICK_MAX.min(self.hub.settings.heartbeat() / 4)
    }

    fn say_goodbye(&self, outbound: &Outbound) {
        // Spread by the connection's number: as even as by chance, and without asking for randomness.
        let retry_after_ms = outbound.info.connection.0.wrapping_mul(797) % RETURN_SPREAD_MS;
        say_closing(outbound, CloseCode::STOPPING, "The server is restarting.", Some(retry_after_ms));
    }

    fn finish_stop(&self) {
        if self.connections.borrow().is_empty()
            && let Some(reply) = self.stopping.borrow_mut().take()
        {
            // Who waited may have lost patience.
            let _ = reply.send(());
        }
    }
}

/// Announces the end and closes.
pub fn say_closing(outbound: &Outbound, code: CloseCode, reason: &str, retry_after_ms: Option<u64>) {
    if outbound.info.mode == Mode::Typed {
        let closing = Closing { code, reason: reason.to_owned(), retry_after_ms };
        outbound.reply(&ServerMessage::Closing(closing));
    }
    outbound.close(code, reason);
}

/// An error as a message.
pub fn error_message(id: Option<shared::ids::RequestId>, refusal: Refusal) -> ServerMessage {
    ServerMessage::Error(ErrorReply { id, refusal })
}
