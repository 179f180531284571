//! The difference between two orders of a list: which items are new, and which elements have to move.

use super::key::Key;

/// Where an item of the new order comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// It was not there before.
    New,
    /// It was there, at this index, and its element keeps its place while others come, go and move around it.
    Kept(usize),
    /// It was there, at this index, and its element has to move.
    Moved(usize),
}

impl Origin {
    /// The index in the old order.
    pub(super) fn index(self) -> Option<usize> {
        match self {
            Self::New => None,
            Self::Kept(index) | Self::Moved(index) => Some(index),
        }
    }
}

/// Returns where each item of `after` comes from, with the fewest moves. No key may occur twice.
pub(super) fn origins(before: &[&Key], after: &[&Key]) -> Vec<Origin> {
    let mut next = 0;
    let origin = |key: &&Key| {
        // Most items follow the one that they followed before.
        let (passed, ahead) = before.split_at(next);
        let index = ahead.iter().position(|known| known == key).map(|index| next + index);
        let index = index.or_else(|| passed.iter().position(|known| known == key));
        next = index.map_or(next, |index| index + 1);
        index.map_or(Origin::New, Origin::Moved)
    };
    let mut origins: Vec<_> = after.iter().map(origin).collect();
    keep_most(&mut origins);
    origins
}

/// Keeps the longest increasing subsequence of old indices in its place.
fn keep_most(origins: &mut [Origin]) {
    // Of the subsequences of each length, the one with the smallest last index: that index, and its item.
    let mut ends: Vec<(usize, usize)> = Vec::with_capacity(origins.len());
    // For each item, the one before it in the longest subsequence that ends with it.
    let mut previous = vec![None; origins.len()];
    for ((item, origin), previous) in origins.iter().enumerate().zip(&mut previous) {
        let Some(index) = origin.index() else { continue };
        let length = ends.partition_point(|(end, _)| *end < index);
        *previous = length.checked_sub(1).and_then(|last| ends.get(last)).map(|(_, item)| *item);
        match ends.get_mut(length) {
            Some(end) => *end = (index, item),
            None => ends.push((index, item)),
        }
    }
    let mut next = ends.last().map(|(_, item)| *item);
    while let Some(item) = next {
        if let Some(origin) = origins.get_mut(item)
            && let Some(index) = origin.index()
        {
            *origin = Origin::Kept(index);
        }
        next = previous.get(item).copied().flatten();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of each item: `=` keeps its place, `^` moves, `+` is new.
    fn change(before: &[u64], after: &[u64]) -> String {
        let keys = |of: &[u64]| of.iter().copied().map(Key::Number).collect::<Vec<_>>();
        let (before_keys, after_keys) = (keys(before), keys(after));
        let origins =
            origins(&before_keys.iter().collect::<Vec<_>>(), &after_keys.iter().collect::<Vec<_>>());
        let marks = origins.into_iter().zip(after).map(|(origin, key)| {
            let index = origin.index().map(|index| before[index]);
            assert_eq!(index, before.contains(key).then_some(*key));
            match origin {
                Origin::New => '+',
                Origin::Kept(_) => '=',
                Origin::Moved(_) => '^',
            }
        });
        marks.collect()
    }

    #[test]
    fn items_added_above_move_nothing() {
        assert_eq!(change(&[3, 4, 5], &[1, 2, 3, 4, 5]), "++===");
        assert_eq!(change(&[3, 4, 5, 6], &[1, 2, 3, 4]), "++==", "even if others go below");
        assert_eq!(change(&[9, 3, 4], &[8, 1, 2, 3, 4]), "+++==", "even with another heading");
    }

    #[test]
    fn items_added_or_removed_elsewhere_move_nothing() {
        assert_eq!(change(&[], &[1, 2]), "++");
        assert_eq!(change(&[1, 2, 3], &[2, 3, 4]), "==+");
        assert_eq!(change(&[1, 2, 3], &[1, 5, 3]), "=+=");
        assert_eq!(change(&[1, 2, 3], &[]), "");
    }

    #[test]
    fn an_item_that_changes_its_place_moves_alone() {
        assert_eq!(change(&[1, 2, 3, 4, 5], &[2, 3, 4, 5, 1]), "====^");
        assert_eq!(change(&[1, 2, 3, 4, 5], &[5, 1, 2, 3, 4]), "^====");
        assert_eq!(change(&[1, 2, 3, 4, 5], &[1, 4, 2, 3, 5]), "=^===");
        assert_eq!(change(&[1, 2, 3, 4], &[5, 2, 3, 1, 6]), "+==^+", "while others come and go");
    }

    #[test]
    fn the_fewest_items_move() {
        assert_eq!(change(&[1, 2], &[2, 1]), "^=");
        assert_eq!(change(&[1, 2, 3], &[3, 2, 1]), "^^=");
        assert_eq!(change(&[1, 2, 3, 4, 5, 6], &[4, 5, 1, 2, 6, 3]), "^^==^=");
    }
}
