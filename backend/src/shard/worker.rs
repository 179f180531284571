//! What the requests of one worker's clients use: its feeds, its connections, and the way to the sequencers.

use std::cell::RefCell;
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::{ChannelName, ConnectionId, Epoch, Offset};
use shared::protocol::{CloseCode, Push, RawPayload, Refusal};
use tokio::sync::oneshot;

use super::connections::Connections;
use super::feeds::Feeds;
use super::handover::Handover;
use crate::auth::Permissions;
use crate::channel::feed::Feed;
use crate::channel::wire::Wire;
use crate::config::{Policy, Settings};
use crate::connection::outbound::Outbound;
use crate::connection::registry::{ConnectionInfo, Registry};
use crate::connection::sources::Sources;
use crate::mailbox::Answer;
use crate::presence::PresenceBoard;
use crate::sequencer::publication::Publication;
use crate::sequencer::publisher::Publisher;
use crate::store::{LogError, LogReads};
use crate::telemetry::metrics::Metrics;

/// Maximum time between two looks at the connections.
const TICK_MAX: Duration = Duration::from_secs(1);

/// The span over which clients are told to come back when the server stops, in milliseconds.
const RETURN_SPREAD_MS: u64 = 2_000;

/// What a signal in a channel meets.
pub struct Reach {
    /// The number of subscribers on this worker.
    pub readers: usize,
    /// The newest offset, if it is known.
    pub head: Option<Offset>,
}

/// What a worker needs of the parts that all workers share.
#[derive(Clone)]
pub struct WorkerParts {
    /// The settings of this server.
    pub settings: Arc<Settings>,
    /// What is allowed in which channels.
    pub permissions: Arc<Permissions>,
    /// The way to the sequencers.
    pub publisher: Publisher,
    /// The log.
    pub reads: LogReads,
    /// All open connections.
    pub registry: Arc<Registry>,
    /// The members of channels.
    pub presence: Arc<PresenceBoard>,
    /// What is counted.
    pub metrics: Metrics,
}

/// One worker.
pub struct Worker {
    /// Its index.
    pub index: usize,
    /// What its connections read from.
    pub sources: Rc<Sources>,
    pub(super) parts: WorkerParts,
    pub(super) feeds: RefCell<Feeds>,
    pub(super) connections: RefCell<Connections>,
    handover: Rc<Handover>,
    stopping: RefCell<Option<oneshot::Sender<()>>>,
}

impl Worker {
    /// A worker without connections, on this thread.
    pub(super) fn new(index: usize, parts: WorkerParts) -> Rc<Self> {
        let sources = Rc::new(Sources::new(parts.reads.clone(), Arc::clone(&parts.presence)));
        let handover = Handover::start(parts.publisher.log().clone());
        let (feeds, connections, stopping) = (RefCell::default(), RefCell::default(), RefCell::default());
        Rc::new(Self { index, sources, parts, feeds, connections, handover, stopping })
    }

    /// The members of channels.
    pub fn presence(&self) -> &PresenceBoard {
        &self.parts.presence
    }

    /// The incarnation of the log of a channel with or without history.
    pub fn epoch(&self, history: bool) -> Epoch {
        if history { self.parts.reads.epoch() } else { self.parts.publisher.live_epoch() }
    }

    /// Opens a connection, with the way to its socket if that is its own.
    pub fn open(&self, info: Arc<ConnectionInfo>, wire: Option<Rc<Wire>>) -> Rc<Outbound> {
        let open = |key| Outbound::new(key, info, Rc::clone(&self.sources), wire);
        let outbound = self.connections.borrow_mut().add(open);
        if self.stopping.borrow().is_some() {
            say_goodbye(&outbound);
        }
        outbound
    }

    /// Takes a connection out that has ended.
    pub fn remove(&self, outbound: &Rc<Outbound>) {
        for channel in outbound.channels() {
            self.leave(outbound, &channel);
        }
        outbound.end();
        self.parts.registry.remove(&outbound.info);
        self.connections.borrow_mut().remove(outbound.info.connection);
        self.finish_stop();
    }

    /// Queues a publication of a connection's.
    ///
    /// # Errors
    /// A [`Refusal`] where the queue takes no more.
    pub fn publish(&self, publication: Publication, policy: &Policy) -> Result<(), Refusal> {
        match policy.history {
            true => self.handover.add(publication),
            false => self.parts.publisher.publish(publication, false),
        }
    }

    /// The feed of a channel, with a head that is known.
    ///
    /// # Errors
    /// [`LogError`] where the log had to be asked, and failed.
    pub async fn feed(&self, channel: &ChannelName, history: bool) -> Result<Rc<Feed>, LogError> {
        let new = || Feed::new(channel.clone(), self.epoch(history), history);
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
            true => self.parts.reads.bounds(&feed.channel).await?.head,
            false => self.parts.publisher.live_head(&feed.channel),
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
        let ask = async || Ok(self.parts.reads.bounds(&feed.channel).await?.floor);
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
            let version = self.parts.presence.join(channel, sender);
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
        let presence = self.parts.permissions.policy(channel).is_some_and(|policy| policy.presence);
        if let (true, Some(sender)) = (presence, outbound.info.identity()) {
            self.parts.presence.leave(channel, &sender.user);
        }
    }

    /// Closes one connection, if it is here.
    pub(super) fn disconnect(&self, connection: ConnectionId, code: CloseCode, reason: &str) {
        if let Some(outbound) = self.connection(connection) {
            outbound.announce_close(code, reason, None);
        }
    }

    /// Closes all connections. `stopped` gets a value when none is left.
    pub(super) fn stop(&self, stopped: oneshot::Sender<()>) {
        self.stopping.replace(Some(stopped));
        let all = self.connections.borrow().slice(Bound::Unbounded, usize::MAX);
        all.iter().for_each(|outbound| say_goodbye(outbound));
        self.finish_stop();
    }

    /// Queues the answers for this worker's publishers. Returns those who are to be flushed.
    pub(super) fn queue_answers(&self, answers: Option<&Vec<Answer>>) -> impl Iterator<Item = Rc<Outbound>> {
        answers.into_iter().flatten().filter_map(|answer| {
            let outbound = self.connection(answer.connection)?;
            outbound.settle(answer.bytes);
            if let Some(frame) = outbound.info.mode.answer(answer) {
                outbound.reply_later(frame);
            }
            Some(outbound)
        })
    }

    /// Queues a push. Returns whether the connection takes it.
    pub(super) fn push(&self, connection: ConnectionId, push: &Push<RawPayload>) -> bool {
        let Some(outbound) = self.connection(connection).filter(|outbound| outbound.is_open()) else {
            return false;
        };
        if outbound.is_full() {
            return false;
        }
        outbound.reply_frame(outbound.info.mode.push(push));
        true
    }

    fn connection(&self, connection: ConnectionId) -> Option<Rc<Outbound>> {
        self.connections.borrow().get(connection).cloned()
    }

    pub(super) fn tick_length(&self) -> Duration {
        TICK_MAX.min(self.parts.settings.heartbeat() / 4)
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

fn say_goodbye(outbound: &Outbound) {
    // Spread by the connection's number: as even as by chance, without randomness.
    let retry_after_ms = outbound.info.connection.0.wrapping_mul(797) % RETURN_SPREAD_MS;
    outbound.announce_close(CloseCode::STOPPING, "The server is restarting.", Some(retry_after_ms));
}
