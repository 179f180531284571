//! The limits of what a timeline keeps in memory. What is dropped can be loaded again.

use shared::ids::Offset;

use super::Timeline;
use super::entry::Place;
use super::view::{READING_ROWS_MAX, View};

/// Maximum number of entries while the reader follows the newest messages.
const ENTRIES_MAX: usize = 2_000;

/// Maximum number of entries while the reader is further up. It is higher, because the entries in view must stay, and
/// the newest too.
const READING_ENTRIES_MAX: usize = 4_000;

/// Maximum memory of the entries, in bytes, roughly.
const ENTRIES_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The share that is kept when entries are dropped: three quarters.
const KEPT: (usize, usize) = (3, 4);

/// Number of newest entries that are kept while the reader is further up.
const NEWEST_KEPT: usize = 200;

impl Timeline {
    /// Drops entries above the limits: the oldest if the reader follows the newest, and otherwise those between the
    /// entries in view and the newest. The rows in view stay. Returns whether any were dropped.
    pub(crate) fn bound(&mut self, view: View) -> bool {
        let places = &self.places;
        self.amendments.bound(|id| places.get(id).is_some());
        let entries_max = match view {
            View::Following => ENTRIES_MAX,
            View::Reading { .. } => READING_ENTRIES_MAX,
        };
        if self.entries.len() <= entries_max && self.bytes <= ENTRIES_BYTES_MAX {
            return false;
        }
        let is_few = |timeline: &Self| {
            timeline.entries.len() <= entries_max / KEPT.1 * KEPT.0
                && timeline.bytes <= ENTRIES_BYTES_MAX / KEPT.1 * KEPT.0
        };
        match view {
            View::Reading { first: Some(first) } => {
                let below = self.drop_below_view(first, is_few);
                self.drop_oldest(Some(first), is_few) || below
            }
            View::Reading { first: None } | View::Following => self.drop_oldest(None, is_few),
        }
    }

    /// Drops the oldest entries, but not from `until` on, and always keeps the newest.
    fn drop_oldest(&mut self, until: Option<Place>, is_few: impl Fn(&Self) -> bool) -> bool {
        let before = self.entries.len();
        while !is_few(self) && self.entries.len() > 1 {
            let Some((place, id)) = self.entries.iter().next().map(|(place, entry)| (*place, entry.id))
            else {
                break;
            };
            if until.is_some_and(|until| place >= until) || matches!(place, Place::Unsent(_)) {
                break;
            }
            self.remove(id);
        }
        let has_dropped = self.entries.len() < before;
        if has_dropped && let Some(first) = self.entries.iter().find_map(|(_, entry)| entry.offset()) {
            self.segments.drop_below(first);
        }
        has_dropped
    }

    /// Drops entries between those in view, which begin at `first`, and the newest. This leaves a hole.
    fn drop_below_view(&mut self, first: Place, is_few: impl Fn(&Self) -> bool) -> bool {
        let last_in_view = self.entries.range(first..Place::Unsent(0)).nth(READING_ROWS_MAX);
        let Some(after) = last_in_view.and_then(|(_, entry)| entry.offset()) else { return false };
        let logged = self.entries.range(..Place::Unsent(0)).rev();
        let Some(newest) = logged.into_iter().nth(NEWEST_KEPT).and_then(|(_, entry)| entry.offset()) else {
            return false;
        };
        let mut before = Offset(after.0.saturating_add(1));
        let middle: Vec<_> = self
            .entries
            .range(Place::At(before)..Place::At(newest))
            .map(|(_, entry)| (entry.id, entry.offset()))
            .collect();
        for (id, offset) in middle {
            if is_few(self) {
                break;
            }
            self.remove(id);
            before = Offset(offset.unwrap_or(before).0.saturating_add(1));
        }
        let has_dropped = before.0 > after.0 + 1;
        if has_dropped {
            self.segments.cut(after, before);
        }
        has_dropped
    }
}
