//! The subscriptions of one connection that wait for a page of the log.

use std::collections::VecDeque;

use crate::channel::feed::SubscriptionKey;

/// The subscriptions of one connection that wait for a page, longest waiting first. One page is read at a time: a
/// client that is behind in many channels holds one page in memory, not one for each channel.
#[derive(Debug, Default)]
pub(super) struct Behind {
    pub(super) waiting: VecDeque<(SubscriptionKey, u64)>,
    pub(super) is_reading: bool,
}

impl Behind {
    pub(super) fn push(&mut self, key: SubscriptionKey, serial: u64) {
        self.waiting.push_back((key, serial));
    }
}
