//! Departures of members, and the presence changes that a worker announces.

use bytes::Bytes;
use tokio::time::Instant;

/// When a member lost the last connection. The number distinguishes departures at the same instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Departure {
    pub(super) at: Instant,
    pub(super) number: u64,
}

/// What a worker announces to the subscribers of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PresenceUpdate {
    /// The version that the subscribers have afterwards.
    pub version: u64,
    /// The frames of the changes, concatenated. `None` means the whole list, because there are more changes than the
    /// board keeps, or because the channel has shrunk to the limit.
    pub changes: Option<Bytes>,
}
