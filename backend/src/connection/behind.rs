//! The subscriptions of one connection that wait for a page of the log.

use std::collections::VecDeque;

/// The subscriptions of one connection that wait for a page, the longest waiting first. One page is read at a time: a
/// client that is behind in many channels holds one page in memory, not one for each.
#[derive(Debug, Default)]
pub(super) struct Behind {
    pub(super) waiting: VecDeque<(usize, u64)>,
    pub(super) is_reading: bool,
}

impl Behind {
    pub(super) fn push(&mut self, slot: usize, serial: u64) {
        self.waiting.push_back((slot, serial));
    }
}
