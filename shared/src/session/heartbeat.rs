//! Whether the connection is alive.

use std::time::Duration;

use crate::time::Timestamp;

/// Number of heartbeat intervals without any message after which a connection is dead.
const SILENT_HEARTBEATS_MAX: u32 = 2;

/// When the last message arrived, and how long the server may be silent.
///
/// The server sends the heartbeats, not the client: browsers throttle the timers of background tabs, so such clients would
/// be disconnected again and again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heartbeat {
    last: Timestamp,
    silence_max: Duration,
}

impl Heartbeat {
    pub(super) fn new(heartbeat_ms: u64, now: Timestamp) -> Self {
        Self { last: now, silence_max: Duration::from_millis(heartbeat_ms) * SILENT_HEARTBEATS_MAX }
    }

    pub(super) fn note_activity(&mut self, now: Timestamp) {
        self.last = now;
    }

    /// Returns when the connection is dead if nothing arrives before.
    pub(super) fn deadline(&self) -> Timestamp {
        self.last + self.silence_max
    }
}
