//! The rounds of a large room. Its readers are told piece by piece, one after the other; what comes meanwhile does not wait
//! until all have been told.

use std::collections::VecDeque;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use crate::channel::feed::{Feed, Reader, Undelivered};
use crate::message::Joined;

/// Most readers that are told at a time. A room with more is a large one.
pub(super) const PIECE_READERS_MAX: usize = 128;

/// Most bytes that are written at a time, but for those of one reader: where a room is flooded, each of its readers is told
/// much at once.
pub const PIECE_BYTES_MAX: usize = 1024 * 1024;

/// How often in a round there may be something new in it: each time costs a copy of what those whose turn is to come are told.
pub const NEWS_A_ROUND_MAX: usize = 8;

/// A large feed, and how far its readers have been told. Whose turn is to come is told what is new along with the rest, in
/// one write, and then those who had their turn before: each waits half a round on average.
pub(super) struct Round {
    feed: Rc<Feed>,
    /// What somebody is still to be told, the oldest first.
    news: VecDeque<Undelivered>,
    /// Who is to be told something, in the order of their turns.
    waiting: VecDeque<Section>,
    /// Who has been told everything, in the same order.
    told: Vec<Range<usize>>,
    /// What the first of those who wait are told, where it is one piece.
    joined: Option<Arc<Joined>>,
}

/// Readers who are told the same.
struct Section {
    keys: Range<usize>,
    /// How many of the news they are told: the newest.
    newest: usize,
}

impl Round {
    /// Nobody has been told what is new in a feed.
    pub(super) fn new(feed: Rc<Feed>) -> Self {
        // Who comes later has a key that is higher, or that of one who has gone.
        let everybody = std::iter::once(0..usize::MAX).collect();
        let (news, waiting) = (VecDeque::new(), VecDeque::new());
        Self { feed, news, waiting, told: everybody, joined: None }
    }

    /// The feed.
    pub(super) fn feed(&self) -> &Rc<Feed> {
        &self.feed
    }

    /// Whether everybody has been told everything.
    pub(super) fn is_over(&self) -> bool {
        self.waiting.is_empty() && !self.feed.has_undelivered()
    }

    /// Has a piece of the readers told what they are to be told. Returns how many messages all have been told with that.
    pub(super) fn advance(&mut self, tell: impl FnMut(&Reader, Option<&Joined>)) -> usize {
        self.take_news();
        self.tell_first(tell);
        self.let_go()
    }

    fn take_news(&mut self) {
        let told: usize = self.told.iter().map(ExactSizeIterator::len).sum();
        if !self.feed.has_undelivered() || told < self.feed.reader_count() / NEWS_A_ROUND_MAX {
            return;
        }
        self.news.push_back(self.feed.take_undelivered());
        self.waiting.iter_mut().for_each(|section| section.newest += 1);
        self.waiting.extend(self.told.drain(..).map(|keys| Section { keys, newest: 1 }));
        self.join();
    }

    fn join(&mut self) {
        let newest = self.waiting.front().map_or(0, |section| section.newest);
        let news = self.news.iter().skip(self.news.len().saturating_sub(newest));
        let joined: Option<Vec<_>> = news.map(|news| news.joined.clone()).collect();
        self.joined = joined.and_then(Joined::concat);
    }

    fn tell_first(&mut self, mut tell: impl FnMut(&Reader, Option<&Joined>)) {
        let Some(section) = self.waiting.front_mut() else { return };
        let begin = section.keys.start;
        let news = self.joined.as_deref();
        let fit = news.map_or(usize::MAX, |joined| PIECE_BYTES_MAX / joined.bytes.len().max(1));
        let most = fit.clamp(1, PIECE_READERS_MAX).min(section.keys.len());
        let next = self.feed.readers(begin, most, |reader| tell(reader, news));
        section.keys.start = next.unwrap_or(section.keys.end);
        let end = section.keys.start;
        match self.told.last_mut() {
            Some(last) if last.end == begin => last.end = end,
            _ => self.told.push(begin..end),
        }
    }

    /// Lets go of the readers who have been told, and of what everybody has been.
    fn let_go(&mut self) -> usize {
        if self.waiting.front().is_some_and(|section| !section.keys.is_empty()) {
            return 0;
        }
        self.waiting.pop_front();
        let still = self.waiting.front().map_or(0, |section| section.newest);
        let everybodys = self.news.len().saturating_sub(still);
        let messages = self.news.drain(..everybodys).map(|news| news.messages).sum();
        self.join();
        messages
    }
}
