//! What happens to members, and what is announced of it.

use bytes::Bytes;
use tokio::time::Instant;

/// When a member lost the last connection. The number tells departures of one instant apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Departure {
    pub(super) at: Instant,
    pub(super) number: u64,
}

/// What a worker announces to the readers of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The version that the readers have afterwards.
    pub version: u64,
    /// The frames of the changes, one after the other. `None` means the whole list, because there are more changes than
    /// the board keeps, or because the channel has shrunk to the limit.
    pub changes: Option<Bytes>,
}
