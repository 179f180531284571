//! Serves a large room in pieces, round robin. Messages that are published during a round do not wait for its end.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::channel::feed::{Feed, Subscriber, Undelivered};
use crate::message::EncodedRun;

/// Maximum number of subscribers in one piece. A feed with more is a large one.
pub(super) const PIECE_SUBSCRIBERS_MAX: usize = 128;

/// Maximum number of bytes written in one piece, unless one subscriber alone gets more. In a flooded room each
/// subscriber gets many bytes at once.
pub const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// Maximum number of times per round that news is added. Each time copies the undelivered messages of the waiting
/// subscribers.
pub const NEWS_PER_ROUND_MAX: usize = 8;

/// A large feed, and how far its subscribers have been served. Waiting subscribers get new messages together with the
/// earlier ones in one write; subscribers that were already served follow after them. So a subscriber waits half a
/// round on average.
pub(super) struct Round {
    feed: Rc<Feed>,
    /// The news that some subscribers have not been offered, oldest first.
    news: VecDeque<Undelivered>,
    /// The subscribers that wait for news, in the order of service.
    waiting: VecDeque<Section>,
    /// The subscribers that have everything, in the same order.
    served: Vec<Range<usize>>,
    /// The news for the first waiting section as one run. `None` if a message is missing between them.
    run: Option<Arc<EncodedRun>>,
}

/// Subscribers that get the same news.
struct Section {
    keys: Range<usize>,
    /// How many of the news they get, counted from the newest.
    newest: usize,
}

impl Round {
    /// Creates a round in which no subscriber has been served.
    pub(super) fn new(feed: Rc<Feed>) -> Self {
        // Includes later subscribers: they get a higher key, or the key of one that has gone.
        let all = std::iter::once(0..usize::MAX).collect();
        let (news, waiting) = (VecDeque::new(), VecDeque::new());
        Self { feed, news, waiting, served: all, run: None }
    }

    /// The feed.
    pub(super) fn feed(&self) -> &Rc<Feed> {
        &self.feed
    }

    /// Whether all subscribers have everything.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && !self.feed.has_undelivered()
    }

    /// Serves one piece of the subscribers by calling `offer` for each. Returns the number of messages that all
    /// subscribers have now.
    pub(super) fn advance(&mut self, offer: impl FnMut(&Subscriber, Option<&EncodedRun>)) -> usize {
        self.add_news();
        self.offer_to_first(offer);
        self.drop_delivered()
    }

    fn add_news(&mut self) {
        let served: usize = self.served.iter().map(ExactSizeIterator::len).sum();
        if !self.feed.has_undelivered() || served < self.feed.subscriber_count() / NEWS_PER_ROUND_MAX {
            return;
        }
        self.news.push_back(self.feed.take_undelivered());
        self.waiting.iter_mut().for_each(|section| section.newest += 1);
        self.waiting.extend(self.served.drain(..).map(|keys| Section { keys, newest: 1 }));
        self.join();
    }

    fn join(&mut self) {
        let newest = self.waiting.front().map_or(0, |section| section.newest);
        let news = self.news.iter().skip(self.news.len().saturating_sub(newest));
        let run: Option<Vec<_>> = news.map(|news| news.run.clone()).collect();
        self.run = run.and_then(EncodedRun::concat);
    }

    fn offer_to_first(&mut self, mut offer: impl FnMut(&Subscriber, Option<&EncodedRun>)) {
        let Some(section) = self.waiting.front_mut() else { return };
        let begin = section.keys.start;
        let news = self.run.as_deref();
        let fit = news.map_or(usize::MAX, |run| PIECE_BYTES_MAX / run.bytes.len().max(1));
        let most = fit.clamp(1, PIECE_SUBSCRIBERS_MAX).min(section.keys.len());
        let next = self.feed.subscribers(begin, most, |subscriber| offer(subscriber, news));
        section.keys.start = next.unwrap_or(section.keys.end);
        let end = section.keys.start;
        match self.served.last_mut() {
            Some(last) if last.end == begin => last.end = end,
            _ => self.served.push(begin..end),
        }
    }

    /// Removes a section that is served, and the news that all subscribers have. Returns the number of messages
    /// removed.
    fn drop_delivered(&mut self) -> usize {
        if self.waiting.front().is_some_and(|section| !section.keys.is_empty()) {
            return 0;
        }
        self.waiting.pop_front();
        let still = self.waiting.front().map_or(0, |section| section.newest);
        let finished = self.news.len().saturating_sub(still);
        let messages = self.news.drain(..finished).map(|news| news.count).sum();
        self.join();
        messages
    }
}
