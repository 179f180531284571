//! Which pages of history a room has requested.

use shared::ids::Offset;
use shared::protocol::Refusal;

use crate::core::timeline::Timeline;

/// Whether there are older messages to load.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum History {
    /// No page was loaded yet.
    #[default]
    Unloaded,
    /// A page was requested.
    Loading,
    /// There are older messages.
    More,
    /// All messages that the server has are loaded.
    Whole,
    /// A page was refused. A retry may help.
    Refused(Refusal),
}

/// The requests of one room: at most one at the old end, and one for a hole.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// Whether the first page has arrived.
    pub(super) has_loaded: bool,
    /// The `before` of the open request at the old end.
    pub(super) older: Option<Offset>,
    /// The `before` of the open request for a hole.
    pub(super) hole: Option<Offset>,
    /// Number of pages that have followed automatically since the reader asked.
    pub(super) in_a_row: usize,
    pub(super) refused: Option<Refusal>,
    /// The page of a hole was refused. The hole is not requested again until the reader does something.
    pub(super) hole_is_refused: bool,
    /// The reader has opened the room, and the first unread message may not be loaded.
    pub(super) finds_first_unread: bool,
    /// The channel has no history.
    pub(super) is_off: bool,
}

impl Pages {
    /// The subscription begins: no request is open.
    pub(super) fn restart(&mut self) {
        *self = Self { finds_first_unread: self.finds_first_unread, ..Self::default() };
    }

    /// The reader has opened the room.
    pub(super) fn enter(&mut self) {
        self.finds_first_unread = true;
        self.hole_is_refused = false;
    }

    /// Allows another request for a hole whose page was refused. Returns whether one was.
    pub(super) fn retry_hole(&mut self) -> bool {
        std::mem::take(&mut self.hole_is_refused)
    }

    pub(super) fn history(&self, timeline: &Timeline) -> History {
        match &self.refused {
            _ if self.older.is_some() => History::Loading,
            _ if self.is_off => History::Whole,
            Some(refusal) => History::Refused(refusal.clone()),
            None if !self.has_loaded => History::Unloaded,
            None if timeline.reaches_start() => History::Whole,
            None => History::More,
        }
    }
}
