//! Builds the parts between the store and the network, and connects them.

use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::mpsc;

use crate::auth::{Permissions, Tokens};
use crate::client::services::Services;
use crate::config::Settings;
use crate::connection::numbers::ConnectionNumbers;
use crate::connection::registry::Registry;
use crate::edge::http::Parts;
use crate::mailbox::{Mailboxes, Pushes, WorkerCommand};
use crate::presence::PresenceBoard;
use crate::sequencer::live::LiveQueue;
use crate::sequencer::publisher::{Publisher, Start};
use crate::sequencer::queue::LogQueue;
use crate::shard::event_loop;
use crate::shard::worker::WorkerParts;
use crate::store::{Log, LogError, LogReads, Offload};
use crate::telemetry::metrics::Metrics;

/// The inputs of a [`Core`].
pub struct CoreParts {
    /// The settings of this server.
    pub settings: Settings,
    /// The log, for reads and for reserving connection numbers.
    pub log: Arc<dyn Log>,
    /// Runs the reads outside of the workers.
    pub offload: Arc<dyn Offload>,
    /// The queue of the log thread.
    pub queue: LogQueue,
    /// The queues of the channels without history: as many as there are workers, at least one.
    pub live: Vec<LiveQueue>,
    /// Verifies and creates the tokens that identify users.
    pub tokens: Tokens,
    /// Random values that are chosen at each start.
    pub start: Start,
    /// The mailboxes of all workers.
    pub mailboxes: Mailboxes,
    /// Maximum number of members of a channel whose changes are announced; [`PRESENCE_MEMBERS_MAX`] in a server.
    ///
    /// [`PRESENCE_MEMBERS_MAX`]: crate::presence::PRESENCE_MEMBERS_MAX
    pub presence_members_max: usize,
    /// The counters.
    pub metrics: Metrics,
}

/// The parts that all workers share. Only the composition root has all of them; it passes each part to its users.
#[derive(Clone)]
pub struct Core {
    /// The settings of this server.
    pub settings: Arc<Settings>,
    /// Routes publications to the sequencers.
    pub publisher: Publisher,
    /// All open connections.
    pub registry: Arc<Registry>,
    /// The members of channels.
    pub presence: Arc<PresenceBoard>,
    /// The mailboxes of all workers.
    pub mailboxes: Mailboxes,
    /// Decides what may be done in which channels.
    pub permissions: Arc<Permissions>,
    reads: LogReads,
    tokens: Arc<Tokens>,
    metrics: Metrics,
    numbers: ConnectionNumbers,
    pushes: Pushes,
}

impl Core {
    /// Builds and connects the parts. Does not start workers.
    ///
    /// # Errors
    /// [`LogError`] if the log cannot reserve numbers for connections.
    pub fn new(parts: CoreParts) -> Result<Self, LogError> {
        let CoreParts {
            settings,
            log,
            offload,
            queue,
            live,
            tokens,
            start,
            mailboxes,
            presence_members_max,
            metrics,
        } = parts;
        queue.count_in(&metrics);
        Ok(Self {
            permissions: Arc::new(Permissions::new(settings.namespaces.clone())),
            settings: Arc::new(settings),
            publisher: Publisher::new(queue, live, start),
            registry: Arc::default(),
            presence: Arc::new(PresenceBoard::new(mailboxes.count(), presence_members_max)),
            mailboxes,
            reads: LogReads::new(Arc::clone(&log), Arc::clone(&offload)),
            tokens: Arc::new(tokens),
            metrics,
            numbers: ConnectionNumbers::reserve(log, offload)?,
            pushes: Pushes::default(),
        })
    }

    /// Starts a worker on this thread. Returns the services for its clients.
    pub fn start_worker(&self, index: usize, mailbox: mpsc::Receiver<WorkerCommand>) -> Rc<Services> {
        let parts = WorkerParts {
            settings: Arc::clone(&self.settings),
            permissions: Arc::clone(&self.permissions),
            publisher: self.publisher.clone(),
            reads: self.reads.clone(),
            registry: Arc::clone(&self.registry),
            presence: Arc::clone(&self.presence),
            metrics: self.metrics.clone(),
        };
        Rc::new(Services {
            worker: event_loop::start(index, parts, mailbox),
            settings: Arc::clone(&self.settings),
            tokens: Arc::clone(&self.tokens),
            permissions: Arc::clone(&self.permissions),
            registry: Arc::clone(&self.registry),
            numbers: self.numbers.clone(),
            reads: self.reads.clone(),
            mailboxes: self.mailboxes.clone(),
            events: self.metrics.events.clone(),
        })
    }

    /// Returns the parts that the HTTP handlers of a worker thread use.
    pub fn http_parts(&self, services: Rc<Services>) -> Parts {
        Parts {
            settings: Arc::clone(&self.settings),
            permissions: Arc::clone(&self.permissions),
            publisher: self.publisher.clone(),
            reads: self.reads.clone(),
            registry: Arc::clone(&self.registry),
            presence: Arc::clone(&self.presence),
            mailboxes: self.mailboxes.clone(),
            pushes: self.pushes.clone(),
            metrics: self.metrics.clone(),
            services,
        }
    }
}
