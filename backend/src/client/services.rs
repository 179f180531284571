//! The services that the clients of one worker use.

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
use crate::telemetry::{Event, Events};

/// The services that the clients of one worker use.
pub struct Services {
    /// The worker.
    pub worker: Rc<Worker>,
    /// The settings of this server.
    pub settings: Arc<Settings>,
    /// Verifies and creates the tokens that identify users.
    pub tokens: Arc<Tokens>,
    /// Decides what users may do.
    pub permissions: Arc<Permissions>,
    /// All open connections.
    pub registry: Arc<Registry>,
    /// The numbers of new connections.
    pub numbers: ConnectionNumbers,
    /// The log.
    pub reads: LogReads,
    /// The mailboxes of all workers, for signals.
    pub mailboxes: Mailboxes,
    /// Where events go.
    pub events: Events,
}

impl Services {
    /// Opens a connection: assigns its number, and registers it with its worker.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if too many connections are open, or if no number is available.
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
        self.events.emit(Event::Connected { connection: number, dialect: dialect.as_str(), address });
        Ok(self.worker.open(info, wire))
    }
}
