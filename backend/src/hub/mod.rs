//! The middle of the server: between the log, which orders messages, and the connections, which carry them.
//!
//! Each actix worker thread has one [`worker::Worker`]. It owns its connections and the [`feed::Feed`]s of the
//! channels they follow; nothing on the way of a message is shared between workers but the bytes themselves. The
//! [`Hub`] is what they all know: the way into the log, who is connected, who is where.

pub mod fanout;
pub mod feed;
pub mod frame;
pub mod gate;
pub mod outbound;
mod pages;
pub mod presence;
pub mod registry;
pub mod slots;
pub mod socket;
mod subscriptions;
pub mod wire;
pub mod worker;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use shared::ids::{ChannelName, ConnectionId, Epoch};
use shared::protocol::{ErrorCode, Presence, PresenceChange, Refusal, ServerMessage};
use tokio::sync::mpsc;

use crate::config::{Policy, Settings};
use crate::identity::Tokens;
use crate::log::live::LiveQueue;
use crate::log::publication::Publication;
use crate::log::thread::LogQueue;
use crate::log::{Log, LogError, LogReads};
use crate::telemetry::metrics::Metrics;
use presence::PresenceBoard;
use registry::Registry;
use slots::{SlotKey, SlotKind};
use worker::ToWorker;

/// How many connection numbers are taken from the log at a time. What is left of them when the server stops is never
/// used.
const CONNECTION_NUMBERS: u64 = 10_000;

/// What all workers share.
pub struct Hub {
    /// The settings of this server.
    pub settings: Settings,
    /// The way into the log.
    pub queue: LogQueue,
    /// The ways to the channels without history, by the worker where those are at home.
    pub live: Arc<[LiveQueue]>,
    /// The way to read the log.
    pub reads: LogReads,
    /// Who is connected.
    pub registry: Registry,
    /// Who is where.
    pub presence: PresenceBoard,
    /// What clients show to say who they are.
    pub tokens: Tokens,
    /// What is counted.
    pub metrics: Metrics,
    /// The incarnation of the channels without history: they begin anew with each start.
    pub live_epoch: Epoch,
    /// The mailboxes of the workers, by their index.
    pub workers: Arc<[mpsc::Sender<ToWorker>]>,
    log: Arc<dyn Log>,
    numbers: Mutex<std::ops::Range<u64>>,
}

/// What a [`Hub`] is made of.
pub struct HubParts {
    /// See [`Hub::settings`].
    pub settings: Settings,
    /// The log itself.
    pub log: Arc<dyn Log>,
    /// See [`Hub::reads`].
    pub reads: LogReads,
    /// See [`Hub::queue`].
    pub queue: LogQueue,
    /// See [`Hub::live`]; as many as there are workers, at least one.
    pub live: Arc<[LiveQueue]>,
    /// See [`Hub::tokens`].
    pub tokens: Tokens,
    /// See [`Hub::metrics`].
    pub metrics: Metrics,
    /// See [`Hub::live_epoch`].
    pub live_epoch: Epoch,
    /// See [`Hub::workers`].
    pub workers: Arc<[mpsc::Sender<ToWorker>]>,
}

impl Hub {
    /// A hub without connections.
    pub fn new(parts: HubParts) -> Self {
        let HubParts { settings, log, reads, queue, live, tokens, metrics, live_epoch, workers } = parts;
        let (registry, presence) = (Registry::default(), PresenceBoard::default());
        let numbers = Mutex::new(0..0);
        Self {
            settings,
            queue,
            live,
            reads,
            registry,
            presence,
            tokens,
            metrics,
            live_epoch,
            workers,
            log,
            numbers,
        }
    }

    /// A number for a new connection, never given before.
    ///
    /// # Errors
    /// [`LogError`] where new numbers had to be taken from the log, and that failed.
    pub fn next_connection(&self) -> Result<ConnectionId, LogError> {
        let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
        if numbers.is_empty() {
            let first = self.log.reserve_connections(CONNECTION_NUMBERS)?;
            *numbers = first..first + CONNECTION_NUMBERS;
        }
        let number = numbers.start;
        numbers.start += 1;
        Ok(ConnectionId(number))
    }

    /// The incarnation of a channel's log.
    pub fn epoch(&self, history: bool) -> Epoch {
        if history { self.reads.epoch() } else { self.live_epoch }
    }

    /// The way to a channel without history, by a hash of its name that is the same on every worker.
    ///
    /// # Panics
    /// Where there are no workers, which no server is without.
    pub fn live(&self, channel: &ChannelName) -> &LiveQueue {
        let mut hasher = DefaultHasher::new();
        channel.hash(&mut hasher);
        // As many as there are workers: the cast loses nothing, and the remainder is within.
        &self.live[hasher.finish() as usize % self.live.len()]
    }

    /// Queues a publication. It never waits.
    ///
    /// # Errors
    /// A [`Refusal`] where the queue takes no more.
    pub fn publish(&self, publication: Publication, policy: &Policy) -> Result<(), Refusal> {
        match policy.history {
            true => self.queue.append(publication),
            false => self.live(&publication.append.channel).publish(publication),
        }
    }

    /// What may be done in a channel.
    ///
    /// # Errors
    /// A [`Refusal`] with `unknown_namespace`.
    pub fn policy(&self, channel: &ChannelName) -> Result<&Policy, Refusal> {
        self.settings.policy(channel).ok_or_else(|| {
            let what = format!("There are no channels in “{}” on this server.", channel.namespace());
            Refusal::new(ErrorCode::UnknownNamespace, what)
        })
    }

    /// Tells everybody who follows a channel how its presence has changed.
    pub fn announce(&self, channel: &ChannelName, change: PresenceChange) {
        let user = match &change {
            PresenceChange::Joined(sender) => sender.user.clone(),
            PresenceChange::Left(user) => user.clone(),
            PresenceChange::Members(_) | PresenceChange::Unknown => return,
        };
        let key = SlotKey { channel: channel.clone(), user, kind: SlotKind::Presence };
        let presence = Presence { id: None, channel: channel.clone(), change };
        self.relay(key, &ServerMessage::Presence(presence), None);
    }

    /// Tells everybody who follows a channel something that is true only now, but for the connection `except`.
    pub fn relay(&self, key: SlotKey, message: &ServerMessage, except: Option<ConnectionId>) {
        let frame = frame::server_frame(message);
        for worker in &*self.workers {
            let relay = ToWorker::Relay { key: key.clone(), frame: frame.clone(), except };
            // A worker that is so far behind will not miss a signal that is outdated when it comes to it.
            if worker.try_send(relay).is_err() {
                tracing::debug!(channel = %key.channel, "a signal was dropped: a worker is behind");
            }
        }
    }

    /// Puts something into a worker's mailbox.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` where the mailbox is full.
    pub fn tell(&self, worker: usize, what: ToWorker) -> Result<(), Refusal> {
        let mailbox = self.workers.get(worker);
        let told = mailbox.is_some_and(|mailbox| mailbox.try_send(what).is_ok());
        if told { Ok(()) } else { Err(overloaded()) }
    }
}

/// The server has more to do than it can.
pub fn overloaded() -> Refusal {
    const RETRY: std::time::Duration = std::time::Duration::from_secs(1);
    Refusal::for_now(ErrorCode::Overloaded, "The server has more to do than it can.", RETRY)
}
