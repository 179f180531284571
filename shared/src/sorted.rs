//! An ordered map for a few hundred entries. The standard library's tree is made for many more, and adds 4 KB to the app
//! for each type of entry.

use std::collections::VecDeque;
use std::collections::vec_deque::Iter;
use std::ops::{Bound, RangeBounds};

/// A map whose entries are contiguous, in the order of their keys. A look-up takes `log n` steps. An insertion or removal
/// near an end moves few entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortedMap<K, V>(VecDeque<(K, V)>);

impl<K, V> Default for SortedMap<K, V> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<K: Ord, V> SortedMap<K, V> {
    /// Returns the number of entries.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the map has no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of `key`.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.0.get(self.find(key).ok()?).map(|(_, value)| value)
    }

    /// Returns the value of `key` for changes.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        let at = self.find(key).ok()?;
        self.0.get_mut(at).map(|(_, value)| value)
    }

    /// Sets the value of `key`. Returns the previous one.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.find(&key) {
            Ok(at) => self.0.get_mut(at).map(|entry| std::mem::replace(&mut entry.1, value)),
            Err(at) => {
                self.0.insert(at, (key, value));
                None
            }
        }
    }

    /// Returns the value of `key` for changes. Inserts the default first if there is none.
    pub fn or_default(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        let at = self.find(&key).unwrap_or_else(|at| {
            self.0.insert(at, (key, V::default()));
            at
        });
        &mut self.0[at].1
    }

    /// Removes `key`. Returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.0.remove(self.find(key).ok()?).map(|(_, value)| value)
    }

    /// Removes and returns the first entry.
    pub fn pop_first(&mut self) -> Option<(K, V)> {
        self.0.pop_front()
    }

    /// Removes all entries for which `keep` returns false.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &V) -> bool) {
        self.0.retain(|(key, value)| keep(key, value));
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Returns all entries, in order.
    pub fn iter(&self) -> Entries<'_, K, V> {
        Entries(self.0.iter())
    }

    /// Returns all entries in order, with values for changes.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&K, &mut V)> {
        self.0.iter_mut().map(|(key, value)| (&*key, value))
    }

    /// Returns the entries whose keys are in `range`, in order.
    pub fn range(&self, range: impl RangeBounds<K>) -> Entries<'_, K, V> {
        let from = match range.start_bound() {
            Bound::Included(first) => self.0.partition_point(|(key, _)| key < first),
            Bound::Excluded(before) => self.0.partition_point(|(key, _)| key <= before),
            Bound::Unbounded => 0,
        };
        let to = match range.end_bound() {
            Bound::Included(last) => self.0.partition_point(|(key, _)| key <= last),
            Bound::Excluded(after) => self.0.partition_point(|(key, _)| key < after),
            Bound::Unbounded => self.0.len(),
        };
        Entries(self.0.range(from..to.max(from)))
    }

    fn find(&self, key: &K) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| other.cmp(key))
    }
}

/// Entries of a [`SortedMap`], from either end.
#[derive(Debug)]
pub struct Entries<'a, K, V>(Iter<'a, (K, V)>);

impl<'a, K, V> Iterator for Entries<'a, K, V> {
    type Item = (&'a K, &'a V);
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }
}

impl<K, V> DoubleEndedIterator for Entries<'_, K, V> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.0.next_back().map(|(key, value)| (key, value))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    #[test]
    fn it_holds_what_a_tree_holds() {
        let steps = proptest::collection::vec((0..5_u8, 0..40_u8, any::<u8>()), 0..200);
        let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
        proptest!(config, |(steps in steps)| {
            let (mut tree, mut map) = (BTreeMap::new(), SortedMap::default());
            for (step, key, value) in steps {
                match step {
                    0 | 1 => prop_assert_eq!(map.insert(key, value), tree.insert(key, value)),
                    2 => prop_assert_eq!(map.or_default(key), tree.entry(key).or_default()),
                    3 => prop_assert_eq!(map.remove(&key), tree.remove(&key)),
                    _ => prop_assert_eq!(map.get(&key), tree.get(&key)),
                }
                prop_assert!(map.iter().eq(tree.iter()) && map.len() == tree.len());
                prop_assert!(map.range(key..).eq(tree.range(key..)));
                prop_assert!(map.range(..key).rev().eq(tree.range(..key).rev()));
                prop_assert!(map.range(5..=key.max(5)).eq(tree.range(5..=key.max(5))));
            }
            prop_assert_eq!(map.pop_first(), tree.pop_first());
            map.retain(|key, _| key % 2 == 0);
            tree.retain(|key, _| key % 2 == 0);
            prop_assert!(map.iter().eq(tree.iter()));
        });
    }
}
