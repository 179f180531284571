//! Messages that the server no longer has. They cannot be loaded, so each loss is a line in the timeline.

use shared::ids::Offset;
use shared::protocol::{Gap, GapReason};
use shared::sorted::SortedMap;

use super::entry::Place;

/// Maximum number of losses that are kept. The oldest are dropped.
const LOSSES_MAX: usize = 100;

/// How messages are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// At most this number of messages is no longer kept. Offsets may leave numbers out, so there may be fewer.
    UpTo(u64),
    /// Some messages are no longer kept.
    Some,
    /// The log of the channel was reset.
    Restarted,
}

impl Loss {
    /// Returns the loss that the server reported as `gap` to a reader with messages up to `newest`.
    pub(super) fn of(gap: Gap, newest: Option<Offset>) -> Self {
        match (gap.reason, newest) {
            (GapReason::Epoch | GapReason::Ahead, _) => Self::Restarted,
            (GapReason::Trimmed, Some(newest)) if gap.oldest.0 > newest.0.saturating_add(1) => {
                Self::UpTo(gap.oldest.0 - newest.0 - 1)
            }
            (GapReason::Trimmed | GapReason::Unknown, _) => Self::Some,
        }
    }
}

/// The losses of a channel, each by the last offset before the messages that follow.
#[derive(Debug, Default)]
pub(super) struct Losses(SortedMap<Offset, Loss>);

impl Losses {
    pub(super) fn add(&mut self, before: Offset, loss: Loss) {
        self.0.insert(before, loss);
        if self.0.len() > LOSSES_MAX {
            self.0.pop_first();
        }
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns the loss between two neighbouring entries, or between the last entry and the end.
    pub(super) fn between(&self, before: Option<Place>, next: Option<Place>) -> Option<(Offset, Loss)> {
        let from = match before {
            Some(Place::At(offset)) => offset,
            Some(Place::Unsent(_)) => return None,
            None => Offset::START,
        };
        let nearest = match next {
            Some(Place::At(offset)) => self.0.range(from..offset).next_back(),
            Some(Place::Unsent(_)) | None => self.0.range(from..).next_back(),
        };
        nearest.map(|(offset, loss)| (*offset, *loss))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_losses_are_dropped_above_the_limit() {
        let mut losses = Losses::default();
        (1..=101).for_each(|offset| losses.add(Offset(offset), Loss::Some));
        let between = |a, b| losses.between(Some(Place::At(Offset(a))), Some(Place::At(Offset(b))));
        assert_eq!((losses.0.len(), between(1, 2)), (100, None));
        assert_eq!(between(2, 3), Some((Offset(2), Loss::Some)));
    }
}
