//! Which offsets of a channel are loaded. The offsets between two segments are a hole: the server has messages there that
//! the app has not loaded.

use shared::ids::Offset;

/// The offsets `from..=to`. All messages in it are loaded. With `to < from` it has no offsets, and marks the offset at
/// which live messages continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Segment {
    from: u64,
    to: u64,
}

/// Messages with `after < offset < before` are not loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) after: Offset,
    pub(crate) before: Offset,
}

/// The loaded offsets of a channel: segments in order, which neither overlap nor touch.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Segments(Vec<Segment>);

impl Segments {
    /// Adds the offsets `from..=to`, and joins the segments that now touch.
    pub(super) fn add(&mut self, from: Offset, to: Offset) {
        let mut new = Segment { from: from.0, to: to.0 };
        let touches =
            |old: &Segment| old.from <= new.to.saturating_add(1) && new.from <= old.to.saturating_add(1);
        let start = self
            .0
            .iter()
            .position(touches)
            .unwrap_or_else(|| self.0.iter().position(|old| old.from > new.from).unwrap_or(self.0.len()));
        let mut end = start;
        while let Some(old) = self.0.get(end)
            && old.from <= new.to.saturating_add(1)
        {
            new = Segment { from: new.from.min(old.from), to: new.to.max(old.to) };
            end += 1;
        }
        self.0.splice(start..end, [new]);
    }

    /// Adds everything up to `to` above the newest segment. Without a segment, `to` is where live messages continue.
    pub(super) fn extend_to(&mut self, to: Offset) {
        match self.0.last_mut() {
            Some(newest) => newest.to = newest.to.max(to.0),
            None => self.0.push(Segment { from: to.0.saturating_add(1), to: to.0 }),
        }
    }

    /// Removes the offsets strictly between `after` and `before`, which leaves a hole.
    pub(super) fn cut(&mut self, after: Offset, before: Offset) {
        let mut kept = Vec::with_capacity(self.0.len() + 1);
        for old in self.0.drain(..) {
            let (below, above) = (old.to.min(after.0), old.from.max(before.0));
            if old.from <= below {
                kept.push(Segment { from: old.from, to: below });
            }
            if above <= old.to {
                kept.push(Segment { from: above, to: old.to });
            }
        }
        self.0 = kept;
    }

    /// Removes all offsets below `first`.
    pub(super) fn drop_below(&mut self, first: Offset) {
        self.0.retain(|old| old.to >= first.0);
        if let Some(oldest) = self.0.first_mut() {
            oldest.from = oldest.from.max(first.0);
        }
    }

    /// Removes everything.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the lowest loaded offset. History continues below it.
    pub(super) fn oldest(&self) -> Option<Offset> {
        self.0.first().map(|oldest| Offset(oldest.from))
    }

    /// Returns the highest loaded offset.
    pub(super) fn newest(&self) -> Option<Offset> {
        self.0.last().map(|newest| Offset(newest.to))
    }

    /// Returns the lowest offset of the newest segment.
    pub(super) fn newest_from(&self) -> Option<Offset> {
        self.0.last().map(|newest| Offset(newest.from))
    }

    /// Whether all messages with `after < offset <= to` are loaded.
    pub(super) fn covers(&self, after: Offset, to: Offset) -> bool {
        to <= after || self.0.iter().any(|one| one.from <= after.0.saturating_add(1) && to.0 <= one.to)
    }

    /// Returns the hole that begins at or above `after` and ends at or below `before`.
    pub(super) fn hole_between(&self, after: Offset, before: Offset) -> Option<Hole> {
        let holes = self.0.windows(2).filter_map(|two| {
            let [lower, upper] = two else { return None };
            Some(Hole { after: Offset(lower.to), before: Offset(upper.from) })
        });
        holes.into_iter().find(|hole| hole.after >= after && hole.before <= before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the offsets 1 to 9: a digit is loaded, a dot is not.
    fn drawn(segments: &Segments) -> String {
        (1..=9_u64)
            .map(|n| {
                let is_loaded = segments.0.iter().any(|one| (one.from..=one.to).contains(&n));
                if is_loaded { char::from_digit(u32::try_from(n).unwrap(), 10).unwrap() } else { '.' }
            })
            .collect()
    }

    fn loaded(parts: &[(u64, u64)]) -> Segments {
        let mut segments = Segments::default();
        parts.iter().for_each(|(from, to)| segments.add(Offset(*from), Offset(*to)));
        segments
    }

    #[test]
    fn segments_that_touch_become_one() {
        for (parts, line, count) in [
            (vec![(1, 3), (7, 9)], "123...789", 2),
            (vec![(7, 9), (1, 3)], "123...789", 2),
            (vec![(1, 3), (4, 5)], "12345....", 1),
            (vec![(4, 5), (1, 3)], "12345....", 1),
            (vec![(1, 2), (8, 9), (2, 8)], "123456789", 1),
            (vec![(1, 1), (5, 5), (9, 9), (4, 6)], "1..456..9", 3),
            (vec![(6, 5), (4, 5)], "...45....", 1),
            (vec![(3, 7), (4, 5)], "..34567..", 1),
        ] {
            let segments = loaded(&parts);
            assert_eq!((drawn(&segments).as_str(), segments.0.len()), (line, count), "{parts:?}");
        }
    }

    #[test]
    fn holes_lie_between_segments() {
        let segments = loaded(&[(1, 2), (5, 6), (9, 9)]);
        let hole = |after, before| segments.hole_between(Offset(after), Offset(before));
        assert_eq!(hole(2, 5), Some(Hole { after: Offset(2), before: Offset(5) }));
        assert_eq!(hole(6, u64::MAX), Some(Hole { after: Offset(6), before: Offset(9) }));
        assert_eq!(hole(5, 6), None);
        assert!(segments.covers(Offset(4), Offset(6)) && segments.covers(Offset(9), Offset(3)));
        assert!(!segments.covers(Offset(1), Offset(6)));
    }

    #[test]
    fn cutting_leaves_a_hole_and_dropping_none() {
        let mut segments = loaded(&[(1, 9)]);
        segments.cut(Offset(3), Offset(7));
        assert_eq!(drawn(&segments), "123...789");
        segments.drop_below(Offset(3));
        assert_eq!(drawn(&segments), "..3...789");
        segments.drop_below(Offset(5));
        assert_eq!(drawn(&segments), "......789");
        assert_eq!((segments.oldest(), segments.newest()), (Some(Offset(7)), Some(Offset(9))));
    }

    #[test]
    fn live_messages_continue_the_newest_segment() {
        let mut segments = Segments::default();
        segments.extend_to(Offset(4));
        assert_eq!(drawn(&segments), ".........");
        segments.add(Offset(5), Offset(6));
        segments.extend_to(Offset(8));
        assert_eq!(drawn(&segments), "....5678.");
        segments.add(Offset(2), Offset(4));
        assert_eq!((drawn(&segments).as_str(), segments.0.len()), (".2345678.", 1));
    }
}
