//! The queue of history requests of all channels. The session accepts a limited number of requests at a time, so the
//! others wait here. The room on the screen comes first.

use std::collections::VecDeque;

use shared::ids::{ChannelName, Offset};
use shared::session::Input;

/// Maximum number of requests without a reply. The session's limit is 32 for all kinds of requests.
const IN_FLIGHT_MAX: usize = 4;

/// Maximum number of messages per page.
pub(crate) const PAGE_MESSAGES: u32 = 50;

/// A request for the messages of `channel` before an offset.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Request {
    channel: ChannelName,
    before: Option<Offset>,
}

/// The requests of all channels. A channel has few at a time, so the queue is bounded by the number of rooms.
#[derive(Debug, Default)]
pub(crate) struct HistoryQueue {
    waiting: VecDeque<Request>,
    in_flight: Vec<Request>,
}

impl HistoryQueue {
    /// Adds a request. Does nothing if the same one waits or has no reply yet.
    pub(crate) fn add(&mut self, channel: &ChannelName, before: Option<Offset>) {
        let request = Request { channel: channel.clone(), before };
        if !self.waiting.contains(&request) && !self.in_flight.contains(&request) {
            self.waiting.push_back(request);
        }
    }

    /// The server has replied.
    pub(crate) fn answer(&mut self, channel: &ChannelName, before: Option<Offset>) {
        self.in_flight.retain(|request| !(request.channel == *channel && request.before == before));
    }

    /// Removes the waiting requests of a channel.
    pub(crate) fn cancel(&mut self, channel: &ChannelName) {
        self.waiting.retain(|request| request.channel != *channel);
    }

    /// Returns the next request to send. Those of the channel `first` precede the others.
    pub(crate) fn next(&mut self, first: Option<&ChannelName>) -> Option<Input> {
        if self.in_flight.len() >= IN_FLIGHT_MAX {
            return None;
        }
        let index = self.waiting.iter().position(|request| first == Some(&request.channel)).unwrap_or(0);
        let request = self.waiting.remove(index)?;
        let (channel, before) = (request.channel.clone(), request.before);
        self.in_flight.push(request);
        Some(Input::History { channel, before, limit: PAGE_MESSAGES })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(n: usize) -> ChannelName {
        ChannelName::parse(&format!("room:r{n}")).unwrap()
    }

    fn sent(queue: &mut HistoryQueue, first: Option<&ChannelName>) -> Vec<String> {
        std::iter::from_fn(|| match queue.next(first)? {
            Input::History { channel, .. } => Some(channel.name().to_owned()),
            other => panic!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn few_requests_are_sent_at_a_time_and_the_room_on_the_screen_is_first() {
        let mut queue = HistoryQueue::default();
        (0..40).for_each(|n| queue.add(&channel(n), None));
        assert_eq!(sent(&mut queue, Some(&channel(33))), ["r33", "r0", "r1", "r2"]);
        queue.answer(&channel(0), None);
        assert_eq!(sent(&mut queue, None), ["r3"]);
        let mut all = 5;
        for n in 0..40 {
            queue.answer(&channel(n), None);
            all += sent(&mut queue, None).len();
        }
        assert_eq!(all, 40, "each is sent once");
    }

    #[test]
    fn a_request_that_has_no_reply_yet_is_not_sent_again() {
        let mut queue = HistoryQueue::default();
        queue.add(&channel(1), Some(Offset(9)));
        assert_eq!(sent(&mut queue, None).len(), 1);
        queue.add(&channel(1), Some(Offset(9)));
        assert_eq!(sent(&mut queue, None).len(), 0);
        queue.add(&channel(1), Some(Offset(5)));
        queue.add(&channel(2), Some(Offset(5)));
        queue.cancel(&channel(1));
        assert_eq!(sent(&mut queue, None), ["r2"]);
    }
}
