//! The parts that the handlers use. Each handler declares the parts that it needs.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::{ServiceConfig, ThinData};

use crate::auth::Permissions;
use crate::client::services::Services;
use crate::config::Settings;
use crate::connection::registry::Registry;
use crate::mailbox::{Mailboxes, Pushes};
use crate::presence::PresenceBoard;
use crate::sequencer::publisher::Publisher;
use crate::store::LogReads;
use crate::telemetry::metrics::Metrics;

/// A part as a handler's parameter.
pub(super) type Part<T> = ThinData<T>;

/// All parts that the handlers of one worker thread use.
pub struct Parts {
    /// The settings of this server.
    pub settings: Arc<Settings>,
    /// Decides what may be done in which channels.
    pub permissions: Arc<Permissions>,
    /// Routes publications to the sequencers.
    pub publisher: Publisher,
    /// The log.
    pub reads: LogReads,
    /// All open connections.
    pub registry: Arc<Registry>,
    /// The members of channels.
    pub presence: Arc<PresenceBoard>,
    /// The mailboxes of all workers.
    pub mailboxes: Mailboxes,
    /// Limits the memory of pushes that wait for a worker.
    pub pushes: Pushes,
    /// The counters.
    pub metrics: Metrics,
    /// The services for a WebSocket that a request opens.
    pub services: Rc<Services>,
}

impl Parts {
    pub(super) fn add_to(self, app: &mut ServiceConfig) {
        app.app_data(ThinData(self.settings))
            .app_data(ThinData(self.permissions))
            .app_data(ThinData(self.publisher))
            .app_data(ThinData(self.reads))
            .app_data(ThinData(self.registry))
            .app_data(ThinData(self.presence))
            .app_data(ThinData(self.mailboxes))
            .app_data(ThinData(self.pushes))
            .app_data(ThinData(self.metrics))
            .app_data(ThinData(self.services));
    }
}
