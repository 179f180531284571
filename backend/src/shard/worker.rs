//! The state of one worker: its feeds, its connections, and its access to the sequencers. The requests of clients call
//! it.

use std::cell::RefCell;
use std::ops::Bound;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use shared::ids::{ChannelName, ConnectionId, Epoch, Offset};
use shared::protocol::{CloseCode, Push, RawPayload, Refusal, Sender};
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
use crate::telemetry::Event;
use crate::telemetry::metrics::Metrics;

/// Maximum interval of the periodic work.
const TICK_MAX: Duration = Duration::from_secs(1);

/// Span over which clients reconnect after the server has stopped, in milliseconds.
const RETURN_SPREAD_MS: u64 = 2_000;

/// The state of a channel that a signal depends on.
pub struct Reach {
    /// Number of subscribers on this worker.
    pub subscribers: usize,
    /// The newest offset, if it is known.
    pub head: Option<Offset>,
}

/// The parts that a worker shares with all others.
#[derive(Clone)]
pub(crate) struct WorkerParts {
    /// The settings of this server.
    pub settings: Arc<Settings>,
    /// The permissions per channel.
    pub permissions: Arc<Permissions>,
    /// Publishes to the sequencers.
    pub publisher: Publisher,
    /// Reads of the log.
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
    /// Creates a worker without connections, on this thread.
    pub(super) fn new(index: usize, parts: WorkerParts) -> Rc<Self> {
        let sources = Rc::new(Sources::new(
            parts.reads.clone(),
            Arc::clone(&parts.presence),
            parts.metrics.events.clone(),
        ));
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

    /// Opens a connection. `wire` is set if the connection owns its socket. If the server is stopping, the connection
    /// is closed at once.
    pub fn open(&self, info: Arc<ConnectionInfo>, wire: Option<Rc<Wire>>) -> Rc<Outbound> {
        let open = |key| Outbound::new(key, info, Rc::clone(&self.sources), wire);
        let outbound = self.connections.borrow_mut().add(open);
        if self.stopping.borrow().is_some() {
            announce_stop(&outbound);
        }
        outbound
    }

    /// Removes a connection that has ended, with its subscriptions.
    pub fn remove(&self, outbound: &Rc<Outbound>) {
        for channel in outbound.channels() {
            self.leave(outbound, &channel);
        }
        outbound.end();
        self.parts.registry.remove(&outbound.info);
        self.connections.borrow_mut().remove(outbound.info.connection);
        self.finish_stop();
    }

    /// Queues a publication of a connection.
    ///
    /// # Errors
    /// A [`Refusal`] if the queue is full.
    pub fn publish(&self, publication: Publication, policy: &Policy) -> Result<(), Refusal> {
        match policy.history {
            true => self.handover.add(publication),
            false => self.parts.publisher.publish(publication, false),
        }
    }

    /// Returns the feed of a channel, with a known head.
    ///
    /// # Errors
    /// [`LogError`] if the log had to be read and failed.
    pub async fn feed(&self, channel: &ChannelName, history: bool) -> Result<Rc<Feed>, LogError> {
        let new = || Feed::new(channel.clone(), self.epoch(history), history);
        let feed = self.feeds.borrow_mut().get_or(channel, new);
        if feed.head().is_none() {
            // The feed gets all messages from now on. The log knows the head of the messages before.
            self.learn_head(&feed).await?;
        }
        Ok(feed)
    }

    /// Loads the head of a feed from the log. Another worker may have delivered messages that this one has not
    /// processed yet.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot be read.
    pub(crate) async fn learn_head(&self, feed: &Feed) -> Result<(), LogError> {
        let head = match feed.history {
            true => self.parts.reads.bounds(&feed.channel).await?.head,
            false => self.parts.publisher.live_head(&feed.channel),
        };
        feed.learn_head(head);
        Ok(())
    }

    /// Returns the offset before the oldest message of a feed in the log. The value is cached and may be stale by one
    /// tick: when a thousand clients reconnect, one of them reads the log.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot be read.
    pub async fn floor(&self, feed: &Feed) -> Result<Offset, LogError> {
        let ask = async || Ok(self.parts.reads.bounds(&feed.channel).await?.floor);
        feed.floor().get_or_try_init(ask).await.copied()
    }

    /// Returns the state of a channel that a signal depends on, as this worker knows it.
    pub fn reach(&self, channel: &ChannelName) -> Reach {
        let feeds = self.feeds.borrow();
        let feed = feeds.get(channel);
        Reach {
            subscribers: feed.map_or(0, |feed| feed.subscriber_count()),
            head: feed.and_then(|feed| feed.head()),
        }
    }

    /// Registers a subscription that has just started: updates the statistics and the channel's presence.
    pub fn join(&self, outbound: &Outbound, channel: &ChannelName, policy: &Policy) {
        outbound.info.set_subscriptions(outbound.subscription_count());
        self.emit(Event::Joined { connection: outbound.info.connection, channel });
        if let (true, Some(principal)) = (policy.presence, outbound.info.principal()) {
            let version = self.parts.presence.join(channel, &principal.sender);
            // The first subscriber on this worker requests the members if it wants them, and that answer has this
            // version.
            if let Some(feed) = self.feeds.borrow().get(channel)
                && feed.presence().is_none()
            {
                feed.set_presence(Some(version));
            }
        }
    }

    /// Gives the user of a connection another name in the channels that it is subscribed to.
    pub fn rename(&self, outbound: &Outbound, sender: &Sender) {
        for channel in outbound.channels() {
            if self.parts.permissions.policy(&channel).is_some_and(|policy| policy.presence) {
                self.parts.presence.rename(&channel, sender);
            }
        }
    }

    /// Ends a connection's subscription, if it has one.
    pub fn leave(&self, outbound: &Outbound, channel: &ChannelName) {
        if !outbound.unsubscribe(channel) {
            return;
        }
        outbound.info.set_subscriptions(outbound.subscription_count());
        self.emit(Event::Left { connection: outbound.info.connection, channel });
        let presence = self.parts.permissions.policy(channel).is_some_and(|policy| policy.presence);
        if let (true, Some(principal)) = (presence, outbound.info.principal()) {
            self.parts.presence.leave(channel, principal.user());
        }
    }

    /// Closes a connection, if it belongs to this worker.
    pub(super) fn disconnect(&self, connection: ConnectionId, code: CloseCode, reason: &str) {
        if let Some(outbound) = self.connection(connection) {
            outbound.announce_close(code, reason, None);
        }
    }

    /// Closes all connections. `stopped` gets a value when none is left.
    pub(super) fn stop(&self, stopped: oneshot::Sender<()>) {
        self.stopping.replace(Some(stopped));
        let all = self.connections.borrow().slice(Bound::Unbounded, usize::MAX);
        all.iter().for_each(|outbound| announce_stop(outbound));
        self.finish_stop();
    }

    /// Queues the answers for this worker's publishers. Returns the connections that must be flushed.
    pub(super) fn queue_answers(&self, answers: Option<&Vec<Answer>>) -> impl Iterator<Item = Rc<Outbound>> {
        answers.into_iter().flatten().filter_map(|answer| {
            let outbound = self.connection(answer.connection)?;
            outbound.remove_unanswered(answer.bytes);
            if let Some(frame) = outbound.info.dialect.answer(answer) {
                outbound.reply_later(frame);
            }
            Some(outbound)
        })
    }

    /// Queues a push. Returns false if the connection is not open or its replies are full.
    pub(super) fn push(&self, connection: ConnectionId, push: &Push<RawPayload>) -> bool {
        let Some(outbound) = self.connection(connection).filter(|outbound| outbound.is_open()) else {
            return false;
        };
        if outbound.is_full() {
            return false;
        }
        outbound.reply_frame(outbound.info.dialect.push(push));
        true
    }

    /// Emits an event.
    pub(super) fn emit(&self, event: Event<'_>) {
        self.sources.events.emit(event);
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
            // The receiver may have timed out.
            let _ = reply.send(());
        }
    }
}

fn announce_stop(outbound: &Outbound) {
    // Spread by the connection's number: as even as a random spread, and deterministic.
    let retry_after_ms = outbound.info.connection.0.wrapping_mul(797) % RETURN_SPREAD_MS;
    outbound.announce_close(CloseCode::STOPPING, "The server is restarting.", Some(retry_after_ms));
}
