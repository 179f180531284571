//! Checks that each subscriber received each message once and in order.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

/// Maximum number of remembered skipped numbers, which distinguish a late message from a duplicate.
const SKIPPED_MAX: usize = 100_000;

/// Numbers of faulty messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Faults {
    /// Never received.
    pub lost: u64,
    /// Received more than once.
    pub duplicated: u64,
    /// Received after a later one.
    pub reordered: u64,
}

impl Faults {
    /// Returns whether there are no faults.
    pub fn none(&self) -> bool {
        *self == Self::default()
    }

    /// Returns the sum of the faults of two runs.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            lost: self.lost + other.lost,
            duplicated: self.duplicated + other.duplicated,
            reordered: self.reordered + other.reordered,
        }
    }
}

/// The next expected number on each way from a publisher to a subscriber.
#[derive(Debug)]
pub struct Check {
    next: Vec<u64>,
    skipped: HashSet<(usize, u64)>,
    /// Number of skipped messages that exceed the limit of remembered ones.
    forgotten: u64,
    faults: Faults,
}

impl Check {
    /// Creates the checks of `ways` ways.
    pub fn new(ways: usize) -> Self {
        Self { next: vec![0; ways], skipped: HashSet::new(), forgotten: 0, faults: Faults::default() }
    }

    /// Sets the next expected number on this way.
    pub fn expect(&mut self, way: usize, number: u64) {
        self.next[way] = number;
    }

    /// Records a message. Returns whether it is new on this way.
    pub fn take(&mut self, way: usize, number: u64) -> bool {
        let Some(next) = self.next.get_mut(way) else { return false };
        if number == *next {
            *next += 1;
            return true;
        }
        self.odd(way, number)
    }

    /// Returns the faults. On each way, all numbers below `published(way)` must have been received.
    pub fn finish(mut self, published: impl Fn(usize) -> u64) -> Faults {
        let missing = self.next.iter().enumerate();
        let tail: u64 = missing.map(|(way, next)| published(way).saturating_sub(*next)).sum();
        self.faults.lost += tail + self.skipped.len() as u64 + self.forgotten;
        self.faults
    }

    #[cold]
    fn odd(&mut self, way: usize, number: u64) -> bool {
        let next = self.next[way];
        if number > next {
            for skipped in next..number {
                if self.skipped.len() < SKIPPED_MAX {
                    self.skipped.insert((way, skipped));
                } else {
                    self.forgotten += 1;
                }
            }
            self.next[way] = number + 1;
            return true;
        }
        if self.skipped.remove(&(way, number)) {
            self.faults.reordered += 1;
            return true;
        }
        self.faults.duplicated += 1;
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(numbers: &[u64], published: u64) -> Faults {
        let mut check = Check::new(1);
        for number in numbers {
            check.take(0, *number);
        }
        check.finish(|_| published)
    }

    #[test]
    fn each_fault_is_told_from_the_others() {
        assert!(faults(&[0, 1, 2], 3).none());
        assert_eq!(faults(&[0, 2], 3), Faults { lost: 1, ..Faults::default() });
        assert_eq!(faults(&[0, 1], 3), Faults { lost: 1, ..Faults::default() }, "a lost last message");
        assert_eq!(faults(&[0, 1, 1, 2], 3), Faults { duplicated: 1, ..Faults::default() });
        assert_eq!(faults(&[0, 2, 1], 3), Faults { reordered: 1, ..Faults::default() });
        assert_eq!(faults(&[], 2), Faults { lost: 2, ..Faults::default() });
    }

    #[test]
    fn ways_are_told_apart() {
        let mut check = Check::new(2);
        assert!(check.take(0, 0) && check.take(1, 0) && check.take(0, 1));
        assert_eq!(check.finish(|way| [2, 1][way]), Faults::default());
    }
}
