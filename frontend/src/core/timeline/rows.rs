//! What of a timeline is on the screen: the entries in view, and the lines between them.

use std::ops::Range;
use std::sync::Arc;

use shared::ids::{MessageId, Offset};

use super::entry::{Entry, Place};
use super::{Loss, Timeline};

/// Most entries drawn while the newest are followed: a few screens.
const FOLLOWED_ROWS: usize = 100;

/// Most entries drawn while more come than can be read: a screen of short ones.
const FLOOD_ROWS: usize = 24;

/// Most entries that are drawn anew at a time. To make a row takes long, and a frame is short.
const NEW_ROWS_MAX: usize = 24;

/// When so many have come since the rows were drawn, nobody reads them as they come.
const FLOOD_ARRIVALS: usize = 10;

/// How long the rows of a flood stay, in milliseconds. What comes meanwhile is taken in, and drawn together.
const FLOOD_STAY_MS: u64 = 100;

/// How many more entries are in view when the reader comes to an end of what is.
const STEP_ROWS: usize = 100;

/// Most entries drawn while the reader is further up.
const READING_ROWS_MAX: usize = 600;

/// Which part of the timeline the reader looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// The newest, whatever comes.
    #[default]
    Following,
    /// From `first` on; `missed` messages have come since the reader left the end.
    Reading { first: Option<Place>, missed: usize },
}

/// How quickly messages come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// They can be read.
    Calm,
    /// They cannot: only the last of them are drawn.
    Flood,
}

impl Pace {
    /// The pace at which `arrivals` have come since the rows were drawn.
    pub(crate) fn of(arrivals: usize) -> Self {
        if arrivals >= FLOOD_ARRIVALS { Self::Flood } else { Self::Calm }
    }

    /// How long to wait, in milliseconds, until rows are to be drawn that were drawn `ago_ms` ago.
    pub(crate) fn wait_ms(self, ago_ms: u64) -> u64 {
        match self {
            Self::Calm => 0,
            Self::Flood => FLOOD_STAY_MS.saturating_sub(ago_ms),
        }
    }

    fn followed_rows(self) -> usize {
        match self {
            Self::Calm => FOLLOWED_ROWS,
            Self::Flood => FLOOD_ROWS,
        }
    }
}

/// One line of the log on the screen.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Row {
    /// A new day begins.
    Day { before: MessageId, day: i64, at: shared::time::Timestamp },
    /// Messages are missing here.
    Lost(Offset, Loss),
    /// What follows has not been read.
    New,
    /// A message. `grouped` where it goes on what the row above began.
    Entry { entry: Arc<Entry>, grouped: bool },
}

/// What makes a row the same row after a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum RowKey {
    DayBefore(MessageId),
    Lost(Offset),
    New,
    Entry(MessageId),
}

impl Row {
    /// The row's key.
    pub(crate) fn key(&self) -> RowKey {
        match self {
            Self::Day { before, .. } => RowKey::DayBefore(*before),
            Self::Lost(offset, _) => RowKey::Lost(*offset),
            Self::New => RowKey::New,
            Self::Entry { entry, .. } => RowKey::Entry(entry.id),
        }
    }

    /// Whether nothing of the row has changed. Entries are shared until they change, so this looks at pointers.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Entry { entry: a, grouped: x }, Self::Entry { entry: b, grouped: y }) => {
                x == y && Arc::ptr_eq(a, b)
            }
            (a, b) => a == b,
        }
    }
}

impl Timeline {
    /// The rows that are to be drawn now, oldest first, where `is_drawn` tells which entries are; and whether these are
    /// all that are in view. However many have come or are looked for, those not drawn yet are at most
    /// [`NEW_ROWS_MAX`].
    pub(crate) fn rows(
        &self,
        view: View,
        pace: Pace,
        is_drawn: impl Fn(MessageId) -> bool,
    ) -> (Vec<Row>, bool) {
        let in_view = self.in_view(view, pace);
        let now = match view {
            View::Following => newest(&in_view, is_drawn),
            View::Reading { .. } => around(&in_view, is_drawn),
        };
        let is_all = now.len() == in_view.len();
        (self.lay_out(in_view.get(now).unwrap_or_default()), is_all)
    }

    fn in_view(&self, view: View, pace: Pace) -> Vec<&Arc<Entry>> {
        match view {
            View::Reading { first: Some(first), .. } => {
                self.entries.range(first..).map(|(_, entry)| entry).take(READING_ROWS_MAX).collect()
            }
            View::Reading { first: None, .. } | View::Following => {
                let mut newest: Vec<_> =
                    self.entries.iter().rev().map(|(_, entry)| entry).take(pace.followed_rows()).collect();
                newest.reverse();
                newest
            }
        }
    }

    /// The rows of neighbouring entries, with the lines between them.
    fn lay_out(&self, shown: &[&Arc<Entry>]) -> Vec<Row> {
        let mut rows = Vec::with_capacity(shown.len() + 8);
        let mut before: Option<&Arc<Entry>> = None;
        let first = shown.first().map(|entry| entry.place);
        let mut above = first.and_then(|first| Some(*self.entries.range(..first).next_back()?.0));
        let mut drawn_new = false;
        for &entry in shown {
            let mut grouped = before.is_some_and(|before| entry.continues(before));
            if before.is_none_or(|before| before.day != entry.day) {
                rows.push(Row::Day { before: entry.id, day: entry.day, at: entry.at });
            }
            if let Some((offset, loss)) = self.lost_between(above, entry.place) {
                rows.push(Row::Lost(offset, loss));
                grouped = false;
            }
            if !drawn_new && !entry.mine && self.is_new(entry.place) {
                rows.push(Row::New);
                drawn_new = true;
                grouped = false;
            }
            rows.push(Row::Entry { entry: Arc::clone(entry), grouped });
            before = Some(entry);
            above = Some(entry.place);
        }
        if self.entries.iter().next_back().map(|(place, _)| *place) == above
            && let Some((offset, loss)) = self.lost_after(above)
        {
            rows.push(Row::Lost(offset, loss));
        }
        rows
    }

    /// The view of a reader who leaves the end.
    pub(crate) fn leave_end(&self) -> View {
        let first = self.entries.iter().rev().take(FOLLOWED_ROWS).last().map(|(place, _)| *place);
        View::Reading { first, missed: 0 }
    }

    /// The view further up. The same where nothing older is loaded.
    pub(crate) fn older(&self, view: View) -> View {
        let (first, missed) = match view {
            View::Reading { first: Some(first), missed } => (first, missed),
            View::Reading { first: None, .. } | View::Following => match self.leave_end() {
                View::Reading { first: Some(first), missed } => (first, missed),
                other => return other,
            },
        };
        let further = self.entries.range(..first).rev().take(STEP_ROWS).last().map(|(place, _)| *place);
        View::Reading { first: Some(further.unwrap_or(first)), missed }
    }

    /// The view of a reader who has come to the lower end of what is drawn: further down, or the newest.
    pub(crate) fn newer(&self, view: View) -> View {
        let View::Reading { first: Some(first), missed } = view else { return View::Following };
        if self.entries.range(first..).nth(READING_ROWS_MAX).is_none() {
            return View::Following;
        }
        let further = self.entries.range(first..).nth(STEP_ROWS).map(|(place, _)| *place);
        View::Reading { first: further, missed }
    }

    /// Whether entries above those in view are loaded.
    pub(crate) fn has_older_loaded(&self, view: View) -> bool {
        match view {
            View::Reading { first: Some(first), .. } => self.entries.range(..first).next().is_some(),
            View::Reading { first: None, .. } | View::Following => self.entries.len() > FOLLOWED_ROWS,
        }
    }
}

/// The newest, back to where too many would be new.
fn newest(in_view: &[&Arc<Entry>], is_drawn: impl Fn(MessageId) -> bool) -> Range<usize> {
    let mut new = 0;
    let too_many = in_view.iter().rposition(|entry| {
        new += usize::from(!is_drawn(entry.id));
        new > NEW_ROWS_MAX
    });
    too_many.map_or(0, |index| index + 1)..in_view.len()
}

/// What is drawn, with more above it and then more below it, as far as both are not too much.
fn around(in_view: &[&Arc<Entry>], is_drawn: impl Fn(MessageId) -> bool) -> Range<usize> {
    let drawn = in_view.iter().position(|entry| is_drawn(entry.id)).unwrap_or(0);
    let first = drawn.saturating_sub(NEW_ROWS_MAX);
    let mut new = drawn - first;
    let too_many = in_view.iter().skip(drawn).position(|entry| {
        new += usize::from(!is_drawn(entry.id));
        new > NEW_ROWS_MAX
    });
    first..too_many.map_or(in_view.len(), |below| drawn + below)
}
