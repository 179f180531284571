//! Whether the connection still lives.

use std::time::Duration;

use crate::time::Timestamp;

/// After this many heartbeats' time without a sign, a connection is dead.
const SILENT_HEARTBEATS_MAX: u32 = 2;

/// When the server was last heard, and how long it may be silent.
///
/// The server sends the heartbeats: a background tab's timers are throttled, so a client that had to send them would
/// be cut off again and again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heartbeat {
    heard: Timestamp,
    silence_max: Duration,
}

impl Heartbeat {
    pub(super) fn new(heartbeat_ms: u64, now: Timestamp) -> Self {
        Self { heard: now, silence_max: Duration::from_millis(heartbeat_ms) * SILENT_HEARTBEATS_MAX }
    }

    pub(super) fn hear(&mut self, now: Timestamp) {
        self.heard = now;
    }

    /// When the connection is to be given up if nothing is heard until then.
    pub(super) fn deadline(&self) -> Timestamp {
        self.heard + self.silence_max
    }
}
