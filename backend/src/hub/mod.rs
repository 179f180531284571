//! The middle of the server: between the log, which orders messages, and the connections, which carry them.
//!
//! Each actix worker thread has one [`worker::Worker`]. It owns its connections and the [`feed::Feed`]s of the
//! channels they follow; nothing on the way of a message is shared between workers but the bytes themselves. The
//! [`Hub`] is what they all know: the way into the log, who is connected, who is where.

pub mod fanout;
pub mod feed;
pub mod frame;
pub mod gate;
pub mod numbers;
pub mod outbound;
pub mod pages;
pub mod presence;
pub mod registry;
pub mod slots;
pub mod socket;
mod subscriptions;
pub mod wire;
pub mod worker;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use shared::ids::{ChannelName, ConnectionId, Epoch};
use shared::protocol::{ErrorCode, Push, RawPayload, Refusal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use crate::config::{Policy, Settings};
use crate::identity::Tokens;
use crate::log::live::LiveQueue;
use crate::log::publication::Publication;
use crate::log::thread::LogQueue;
use crate::log::{Log, LogError, LogReads, Offload};
use crate::telemetry::metrics::Metrics;
use frame::ServerMessage;
use numbers::ConnectionNumbers;
use presence::{PRESENCE_MEMBERS_MAX, PresenceBoard};
use registry::Registry;
use slots::SlotKey;
use worker::ToWorker;

/// Maximum bytes of the pushes that workers have not handed to their connections yet. One more is refused with `overloaded`.
pub const PUSHES_BYTES_MAX: usize = 8 * 1024 * 1024;

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
    /// The numbers of connections.
    pub numbers: ConnectionNumbers,
    /// The bytes that pushes may take, [`PUSHES_BYTES_MAX`] in all.
    pushes: Arc<Semaphore>,
    /// Secret of this start. It decides where channels without history are at home.
    live_key: u64,
}

/// A push, and the room that its bytes take of [`PUSHES_BYTES_MAX`].
#[derive(Debug)]
pub struct HeldPush {
    /// The push.
    pub push: Push<RawPayload>,
    _held: OwnedSemaphorePermit,
}

/// What a [`Hub`] is made of.
pub struct HubParts {
    /// See [`Hub::settings`].
    pub settings: Settings,
    /// The log that is read, and that keeps the numbers of connections.
    pub log: Arc<dyn Log>,
    /// Runs these reads.
    pub offload: Arc<dyn Offload>,
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
    /// A secret number that nobody can guess, another one for each start. It is hashed with the name of a channel without
    /// history, so that no client can choose names which are all at home on one worker.
    pub live_key: u64,
    /// See [`Hub::workers`].
    pub workers: Arc<[mpsc::Sender<ToWorker>]>,
}

impl Hub {
    /// A hub without connections.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot reserve numbers for connections.
    pub fn new(parts: HubParts) -> Result<Self, LogError> {
        Ok(Self {
            settings: parts.settings,
            queue: parts.queue,
            live: parts.live,
            reads: LogReads::new(Arc::clone(&parts.log), Arc::clone(&parts.offload)),
            registry: Registry::default(),
            presence: PresenceBoard::new(parts.workers.len(), PRESENCE_MEMBERS_MAX),
            tokens: parts.tokens,
            metrics: parts.metrics,
            live_epoch: parts.live_epoch,
            live_key: parts.live_key,
            workers: parts.workers,
            numbers: ConnectionNumbers::reserve(parts.log, parts.offload)?,
            pushes: Arc::new(Semaphore::new(PUSHES_BYTES_MAX)),
        })
    }

    /// Counts the bytes of a push until the last worker has handed it to its connections, also if the HTTP client that sent it
    /// has gone.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if [`PUSHES_BYTES_MAX`] would be exceeded.
    pub fn hold(&self, push: Push<RawPayload>) -> Result<Arc<HeldPush>, Refusal> {
        let bytes = u32::try_from(push.payload.as_str().len()).unwrap_or(u32::MAX);
        let held = Arc::clone(&self.pushes).try_acquire_many_owned(bytes).map_err(|_| overloaded())?;
        Ok(Arc::new(HeldPush { push, _held: held }))
    }

    /// The incarnation of a channel's log.
    pub fn epoch(&self, history: bool) -> Epoch {
        if history { self.reads.epoch() } else { self.live_epoch }
    }

    /// The way to a channel without history. All workers agree on where it is at home.
    ///
    /// # Panics
    /// Where there are no workers, which no server is without.
    pub fn live(&self, channel: &ChannelName) -> &LiveQueue {
        &self.live[home(self.live_key, channel, self.live.len())]
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

/// The index of the worker where a channel without history is at home, of so many.
fn home(key: u64, channel: &ChannelName, workers: usize) -> usize {
    // The hasher's own key is a constant that everybody knows.
    let mut hasher = DefaultHasher::new();
    (key, channel).hash(&mut hasher);
    // The remainder is below the number of workers, so the cast loses nothing that counts.
    hasher.finish() as usize % workers
}

/// The server has more to do than it can.
pub fn overloaded() -> Refusal {
    const RETRY: std::time::Duration = std::time::Duration::from_secs(1);
    Refusal::for_now(ErrorCode::Overloaded, "The server has more to do than it can.", RETRY)
}

#[cfg(test)]
impl Hub {
    /// A hub for a test.
    pub(crate) fn for_test(
        log: Arc<dyn Log>,
        live: Vec<LiveQueue>,
        workers: Vec<mpsc::Sender<ToWorker>>,
    ) -> Self {
        let parts = HubParts {
            settings: Settings::default(),
            offload: Arc::new(crate::log::Threads),
            queue: crate::log::thread::queue(Arc::clone(&log)).0,
            log,
            live: live.into(),
            tokens: Tokens::new("a secret for a test"),
            metrics: Metrics::new(),
            live_epoch: Epoch(1),
            live_key: 1,
            workers: workers.into(),
        };
        Self::new(parts).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_meet_on_one_worker_do_not_after_a_restart() {
        const WORKERS: usize = 4;
        let names = (0..4000).map(|number| ChannelName::parse(&format!("live:{number}")).unwrap());
        let chosen: Vec<_> = names.filter(|name| home(1, name, WORKERS) == 0).collect();
        let mut homes = [0; WORKERS];
        chosen.iter().for_each(|name| homes[home(2, name, WORKERS)] += 1);
        let fair = chosen.len() / WORKERS;
        assert!(homes.iter().all(|here| (fair / 2..fair * 2).contains(here)), "{homes:?}");
    }
}
