//! The part of a timeline that is on the screen, and how quickly it changes.

use shared::ids::Offset;

use super::entry::Place;

/// Maximum number of entries on the screen while the reader follows the newest: a few screens.
pub(super) const FOLLOWED_ROWS: usize = 100;

/// Maximum number of entries on the screen while more arrive than can be read: one screen of short ones.
const FLOOD_ROWS: usize = 24;

/// If so many messages have arrived since the last drawing, nobody reads them one by one.
const FLOOD_ARRIVALS: usize = 10;

/// Time between two drawings of a flood, in milliseconds.
const FLOOD_STAY_MS: u64 = 100;

/// Maximum number of entries on the screen while the reader is further up.
pub(super) const READING_ROWS_MAX: usize = 600;

/// The part of the timeline that is on the screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// The newest messages, also when more arrive.
    #[default]
    Following,
    /// The messages from `first` on.
    Reading { first: Option<Place> },
}

impl View {
    /// Returns the view that begins at `first`. A message that is not in the log yet moves when it is, so no view begins
    /// at one.
    pub(super) fn reading(first: Option<Place>) -> Self {
        Self::Reading { first: first.filter(|first| matches!(first, Place::At(_))) }
    }
}

/// The position of the "New" line: above the first unread message with `after < offset <= upto`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) after: Offset,
    pub(crate) upto: Offset,
}

/// How quickly messages arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// They can be read.
    Calm,
    /// They cannot be read. Only the last of them are drawn.
    Flood,
}

impl Pace {
    /// Returns the pace if `arrivals` messages have arrived since the last drawing.
    pub(crate) fn of(arrivals: usize) -> Self {
        if arrivals >= FLOOD_ARRIVALS { Self::Flood } else { Self::Calm }
    }

    /// Returns the time until the next drawing, in milliseconds, if the last one was `ago_ms` ago.
    pub(crate) fn wait_ms(self, ago_ms: u64) -> u64 {
        match self {
            Self::Calm => 0,
            Self::Flood => FLOOD_STAY_MS.saturating_sub(ago_ms),
        }
    }

    /// Returns how many entries are on the screen while the reader follows the newest.
    pub(super) fn followed_rows(self) -> usize {
        match self {
            Self::Calm => FOLLOWED_ROWS,
            Self::Flood => FLOOD_ROWS,
        }
    }
}
