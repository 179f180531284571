//! One row on the screen: an entry, or a line between entries.

use std::sync::Arc;

use shared::ids::{MessageId, Offset};
use shared::time::Timestamp;

use super::entry::Entry;
use super::losses::Loss;
use super::segments::Hole;

/// One row on the screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Row {
    /// The first message of a day follows.
    Day { before: MessageId, at: Timestamp },
    /// Messages are lost here.
    Lost(Offset, Loss),
    /// Messages are not loaded here.
    Hole(Hole),
    /// The messages below were unread when the reader came.
    New,
    /// A message. `grouped` if it continues the group of the row above.
    Entry { entry: Arc<Entry>, grouped: bool },
}

/// Identifies a row after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RowKey {
    DayBefore(MessageId),
    Lost(Offset),
    /// By its upper end: a hole is loaded from either end, and mostly from below.
    Hole(Offset),
    New,
    Entry(MessageId),
}

impl Row {
    /// Returns the row's key.
    pub(crate) fn key(&self) -> RowKey {
        match self {
            Self::Day { before, .. } => RowKey::DayBefore(*before),
            Self::Lost(offset, _) => RowKey::Lost(*offset),
            Self::Hole(hole) => RowKey::Hole(hole.after),
            Self::New => RowKey::New,
            Self::Entry { entry, .. } => RowKey::Entry(entry.id),
        }
    }

    /// Whether the rows are equal. Unchanged entries are the same allocation, so this compares pointers.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Entry { entry: a, grouped: x }, Self::Entry { entry: b, grouped: y }) => {
                x == y && Arc::ptr_eq(a, b)
            }
            (a, b) => a == b,
        }
    }
}
