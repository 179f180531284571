//! What is new and still to be told. A large room is told piece by piece: between two of them the small ones have their
//! turn, and so has what else the worker does.

use std::collections::VecDeque;
use std::rc::Rc;

use super::feeds::Feeds;
use crate::hub::fanout::News;
use crate::hub::feed::{Feed, Undelivered};
use crate::hub::outbound::Outbound;

/// How many readers are told before the worker's other tasks have a turn: a few milliseconds of writing.
const READERS_A_TURN: usize = 512;

/// A feed with more readers is a large one, and so many of them are told at a time.
const READERS_A_PIECE: usize = 128;

/// While so many messages have not been told to all, no more are taken: a ring holds several times as many, so that the last
/// reader of a large room still finds them there.
const MESSAGES_MAX: usize = 256;

/// The feeds whose readers are to be told, each at most once.
#[derive(Default)]
pub(super) struct Deliveries {
    small: VecDeque<Rc<Feed>>,
    large: VecDeque<Delivery>,
    /// How many messages somebody is still to be told.
    messages: usize,
    /// Who could not be written to at once.
    later: Vec<Rc<Outbound>>,
}

/// A large feed, and how far its readers have been told.
struct Delivery {
    feed: Rc<Feed>,
    /// What they are told, and the key of the next of them; nothing before the first.
    begun: Option<(Undelivered, usize)>,
}

impl Deliveries {
    /// Whether nothing is left to be told.
    pub(super) fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_empty() && self.later.is_empty()
    }

    /// Whether more may be added.
    pub(super) fn has_room(&self) -> bool {
        self.messages < MESSAGES_MAX
    }

    /// Has connections flushed when others have been told: then it is one write for them.
    pub(super) fn flush_later(&mut self, outbounds: impl Iterator<Item = Rc<Outbound>>) {
        self.later.extend(outbounds);
    }

    /// Puts what is new into the feeds that somebody reads here.
    pub(super) fn add(&mut self, channels: &[News], feeds: &mut Feeds) {
        for news in channels {
            let Some(feed) = feeds.get(&news.channel).cloned() else { continue };
            self.messages += news.frames.len();
            let waits = feed.has_undelivered();
            feeds.take(&feed, news);
            let begun = || self.large.iter().any(|delivery| Rc::ptr_eq(&delivery.feed, &feed));
            match feed.reader_count() {
                _ if waits || begun() => {}
                ..=READERS_A_PIECE => self.small.push_back(feed),
                _ => self.large.push_back(Delivery { feed, begun: None }),
            }
        }
    }

    /// Tells some readers: those of small feeds, and a piece of a large one.
    pub(super) fn advance(&mut self) {
        let mut told = 0;
        while told < READERS_A_TURN
            && let Some(feed) = self.small.pop_front()
        {
            let news = feed.take_undelivered();
            told += feed.reader_count();
            self.tell(&feed, &news, 0, usize::MAX);
            self.messages -= news.messages;
        }
        if let Some(Delivery { feed, begun }) = self.large.pop_front() {
            let (news, from) = begun.unwrap_or_else(|| (feed.take_undelivered(), 0));
            let next = self.tell(&feed, &news, from, READERS_A_PIECE);
            if next.is_none() {
                self.messages -= news.messages;
            }
            let begun = next.map(|from| (news, from));
            if begun.is_some() || feed.has_undelivered() {
                self.large.push_back(Delivery { feed, begun });
            }
        }
        self.later.drain(..).for_each(|outbound| outbound.flush());
    }

    /// Tells all readers.
    pub(super) fn finish(&mut self) {
        while !self.is_empty() {
            self.advance();
        }
    }

    /// Tells at most `most` readers, from the key `from` on: at once where a connection has nothing else to do. Returns
    /// the key to go on from.
    fn tell(&mut self, feed: &Feed, news: &Undelivered, from: usize, most: usize) -> Option<usize> {
        let only = self.small.is_empty() && self.large.is_empty() && !feed.has_undelivered();
        feed.readers(from, most, |reader| {
            let now = news.joined.as_ref().is_some_and(|joined| reader.send_now(joined, only));
            // Who stalls is not looked at any closer.
            if !now && reader.waits() && reader.outbound.mark(reader.slot) {
                self.later.push(Rc::clone(&reader.outbound));
            }
        })
    }
}
