//! The rows of a timeline that are on the screen: the entries in view, and the lines between them.

use std::ops::Range;
use std::sync::Arc;

use shared::ids::{MessageId, Offset};

use super::Timeline;
use super::entry::{Entry, Place};
use super::row::Row;
use super::segments::Hole;
use super::view::{FOLLOWED_ROWS, Line, Pace, READING_ROWS_MAX, View};

/// Maximum number of rows that are created at a time. Creating a row takes long compared with a frame.
const NEW_ROWS_MAX: usize = 24;

/// Number of entries by which the view moves when the reader reaches one of its ends.
const STEP_ROWS: usize = 100;

impl Timeline {
    /// Returns the rows to draw now, oldest first, and whether these are all rows in view. `is_drawn` says which entries
    /// are on the screen already. At most [`NEW_ROWS_MAX`] others are added at a time.
    pub(crate) fn rows(
        &self,
        view: View,
        pace: Pace,
        line: Option<Line>,
        is_drawn: impl Fn(MessageId) -> bool,
    ) -> (Vec<Row>, bool) {
        let in_view = self.in_view(view, pace);
        let now = match view {
            View::Following => newest(&in_view, is_drawn),
            View::Reading { .. } => around(&in_view, is_drawn),
        };
        let is_all = now.len() == in_view.len();
        (self.lay_out(in_view.get(now).unwrap_or_default(), line), is_all)
    }

    fn in_view(&self, view: View, pace: Pace) -> Vec<&Arc<Entry>> {
        match view {
            View::Reading { first: Some(first) } => {
                self.entries.range(first..).map(|(_, entry)| entry).take(READING_ROWS_MAX).collect()
            }
            View::Reading { first: None } | View::Following => {
                let mut newest: Vec<_> =
                    self.entries.iter().rev().map(|(_, entry)| entry).take(pace.followed_rows()).collect();
                newest.reverse();
                newest
            }
        }
    }

    /// Returns the rows of neighbouring entries, with the lines between them.
    fn lay_out(&self, shown: &[&Arc<Entry>], line: Option<Line>) -> Vec<Row> {
        let mut rows = Vec::with_capacity(shown.len() + 8);
        let first = shown.first().map(|entry| entry.place);
        let mut above = first.and_then(|first| Some(*self.entries.range(..first).next_back()?.0));
        let mut before: Option<&Arc<Entry>> = None;
        let new = line.and_then(|line| self.first_new(line));
        for &entry in shown {
            let mut grouped = before.is_some_and(|before| entry.continues(before));
            if before.is_none_or(|before| before.day != entry.day) {
                rows.push(Row::Day { before: entry.id, at: entry.at });
            }
            let lines = [
                self.losses.between(above, Some(entry.place)).map(|(offset, loss)| Row::Lost(offset, loss)),
                self.hole_between(above, Some(entry.place)).map(Row::Hole),
                (new == Some(entry.place)).then_some(Row::New),
            ];
            for row in lines.into_iter().flatten() {
                rows.push(row);
                grouped = false;
            }
            rows.push(Row::Entry { entry: Arc::clone(entry), grouped });
            before = Some(entry);
            above = Some(entry.place);
        }
        if self.entries.iter().next_back().map(|(place, _)| *place) == above {
            rows.extend(self.losses.between(above, None).map(|(offset, loss)| Row::Lost(offset, loss)));
            rows.extend(self.hole_between(above, None).map(Row::Hole));
        }
        rows
    }

    /// Returns the first unread message of `line`, or `None` if an earlier one may be in a part that is not loaded.
    fn first_new(&self, line: Line) -> Option<Place> {
        let from = Place::At(Offset(line.after.0.saturating_add(1)));
        let mut unread = self.entries.range(from..=Place::At(line.upto)).filter(|(_, entry)| entry.counts());
        let (place, entry) = unread.next()?;
        entry.offset().filter(|offset| self.segments.covers(line.after, *offset)).map(|_| *place)
    }

    /// Returns the hole between two neighbouring entries, or between the last entry and the newest message.
    fn hole_between(&self, above: Option<Place>, place: Option<Place>) -> Option<Hole> {
        let after = match above {
            Some(Place::At(offset)) => offset,
            Some(Place::Unsent(_)) => return None,
            None => Offset::START,
        };
        let before = match place {
            Some(Place::At(offset)) => offset,
            Some(Place::Unsent(_)) | None => Offset(u64::MAX),
        };
        self.segments.hole_between(after, before)
    }

    /// Returns a hole in view or directly above it, and whether it is above. Of several, the one that the reader reaches
    /// first.
    pub(crate) fn hole_in_view(&self, view: View) -> Option<(Hole, bool)> {
        let in_view = self.in_view(view, Pace::Calm);
        let places: Vec<Place> = in_view.iter().map(|entry| entry.place).collect();
        let first = places.first().copied();
        let above = first.and_then(|first| Some(*self.entries.range(..first).next_back()?.0));
        let is_above = self.hole_between(above, first).map(|hole| (hole, true));
        let mut between = places.windows(2).filter_map(|two| match two {
            [upper, lower] => self.hole_between(Some(*upper), Some(*lower)),
            _ => None,
        });
        let last = self.entries.iter().next_back().map(|(place, _)| *place);
        let end = places.last().copied().filter(|place| Some(*place) == last);
        let at_end = end.and_then(|end| self.hole_between(Some(end), None));
        match view {
            View::Following => at_end.or_else(|| between.next_back()).map(|hole| (hole, false)).or(is_above),
            View::Reading { .. } => between.next().or(at_end).map(|hole| (hole, false)).or(is_above),
        }
    }

    /// Returns the view of a reader who leaves the end.
    pub(crate) fn leave_end(&self) -> View {
        let first = self.entries.iter().rev().take(FOLLOWED_ROWS).last().map(|(place, _)| *place);
        View::reading(first)
    }

    /// Returns the view further up, or the same view if nothing older is loaded.
    pub(crate) fn older(&self, view: View) -> View {
        let first = match view {
            View::Reading { first: Some(first) } => first,
            View::Reading { first: None } | View::Following => match self.leave_end() {
                View::Reading { first: Some(first) } => first,
                other => return other,
            },
        };
        let further = self.entries.range(..first).rev().take(STEP_ROWS).last().map(|(place, _)| *place);
        View::Reading { first: Some(further.unwrap_or(first)) }
    }

    /// Returns the view of a reader who has reached the lower end of the rows: further down, or the newest.
    pub(crate) fn newer(&self, view: View) -> View {
        let View::Reading { first: Some(first) } = view else { return View::Following };
        if self.entries.range(first..).nth(READING_ROWS_MAX).is_none() {
            return View::Following;
        }
        View::reading(self.entries.range(first..).nth(STEP_ROWS).map(|(place, _)| *place))
    }

    /// Whether entries above those in view are loaded.
    pub(crate) fn has_older_loaded(&self, view: View) -> bool {
        match view {
            View::Reading { first: Some(first) } => self.entries.range(..first).next().is_some(),
            View::Reading { first: None } | View::Following => self.entries.len() > FOLLOWED_ROWS,
        }
    }
}

/// Returns the newest entries, back to where too many would be new.
fn newest(in_view: &[&Arc<Entry>], is_drawn: impl Fn(MessageId) -> bool) -> Range<usize> {
    let mut new = 0;
    let too_many = in_view.iter().rposition(|entry| {
        new += usize::from(!is_drawn(entry.id));
        new > NEW_ROWS_MAX
    });
    too_many.map_or(0, |index| index + 1)..in_view.len()
}

/// Returns the entries that are drawn, with more above and then more below them, up to the limit.
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
