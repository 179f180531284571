//! What the clients of one worker use.

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use shared::protocol::Refusal;

use crate::auth::{Permissions, Tokens};
use crate::channel::wire::Wire;
use crate::clock;
use crate::config::Settings;
use crate::connection::numbers::ConnectionNumbers;
use crate::connection::outbound::Outbound;
use crate::connection::registry::{ConnectionInfo, Registry};
use crate::dialect::Dialect;
use crate::mailbox::{Mailboxes, overloaded};
use crate::shard::worker::Worker;
use crate::store::LogReads;
use crate::telemetry::metrics::Metrics;

/// What the clients of one worker use.
pub struct Services {
    /// The worker.
    pub worker: Rc<Worker>,
    /// The settings of this server.
    pub settings: Arc<Settings>,
    /// What clients show to say who they are.
    pub tokens: Arc<Tokens>,
    /// What they may do.
    pub permissions: Arc<Permissions>,
    /// All open connections.
    pub registry: Arc<Registry>,
    /// The numbers of new connections.
    pub numbers: ConnectionNumbers,
    /// The log.
    pub reads: LogReads,
    /// The mailboxes of all workers, for signals.
    pub mailboxes: Mailboxes,
    /// What is counted.
    pub metrics: Metrics,
}

impl Services {
    /// Opens a connection: it has a number from here on, and its worker knows it.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if too many connections are open, or if there is no number.
    pub fn open(
        &self,
        address: Option<SocketAddr>,
        dialect: Dialect,
        wire: Option<Rc<Wire>>,
    ) -> Result<Rc<Outbound>, Refusal> {
        let number = self.numbers.next()?;
        let info = Arc::new(ConnectionInfo::new(number, dialect, address, clock::now(), self.worker.index));
        if !self.registry.add(&info, self.settings.connections_max) {
            return Err(overloaded());
        }
        let address = info.address.map(tracing::field::display);
        tracing::info!(connection = %number, mode = dialect.as_str(), address, "open");
        self.metrics.opened();
        Ok(self.worker.open(info, wire))
    }
}
