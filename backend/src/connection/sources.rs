//! What the connections of one worker read from.

use std::sync::Arc;

use super::gate::Gates;
use crate::channel::pages::Pages;
use crate::presence::PresenceBoard;
use crate::store::LogReads;
use crate::telemetry::Events;

/// What the connections of one worker read from, and the gates that limit them.
pub struct Sources {
    /// The log.
    pub reads: LogReads,
    /// The members of channels.
    pub presence: Arc<PresenceBoard>,
    /// Pages of the log for subscriptions that are behind.
    pub pages: Pages,
    /// The gates.
    pub(crate) gates: Gates,
    /// Where events go.
    pub events: Events,
}

impl Sources {
    /// Creates the sources of a worker that has no connections yet.
    pub fn new(reads: LogReads, presence: Arc<PresenceBoard>, events: Events) -> Self {
        Self { reads, presence, pages: Pages::default(), gates: Gates::default(), events }
    }
}
