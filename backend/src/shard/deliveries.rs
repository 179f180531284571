//! What is new and still to be told. A large room is told piece by piece: between two of them the small ones have their
//! turn, and so has what else the worker does.

use std::collections::VecDeque;
use std::rc::Rc;

use super::connections::Connections;
use super::feeds::Feeds;
use super::round::{PIECE_READERS_MAX, Round};
use crate::channel::feed::{Feed, Offered, Reader};
use crate::connection::outbound::Outbound;
use crate::mailbox::News;
use crate::message::Joined;

/// How many readers are told before the worker's other tasks have a turn: a few milliseconds of writing.
const READERS_A_TURN: usize = 512;

/// While so many messages have not been told to all, no more are taken: a ring holds several times as many, so that the last
/// reader of a large room still finds them there.
const MESSAGES_MAX: usize = 256;

/// The feeds whose readers are to be told, each at most once.
#[derive(Default)]
pub(super) struct Deliveries {
    small: VecDeque<Rc<Feed>>,
    large: VecDeque<Round>,
    /// How many messages somebody is still to be told.
    messages: usize,
    /// Who could not be written to at once.
    later: Vec<Rc<Outbound>>,
}

impl Deliveries {
    /// Whether nothing is left to be told.
    pub(super) fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_empty() && self.later.is_empty()
    }

    /// Whether more may be added: always, where nothing is left to be told.
    pub(super) fn has_room(&self) -> bool {
        self.messages < MESSAGES_MAX || self.is_empty()
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
            let begun = || self.large.iter().any(|round| Rc::ptr_eq(round.feed(), &feed));
            match feed.reader_count() {
                _ if waits || begun() => {}
                ..=PIECE_READERS_MAX => self.small.push_back(feed),
                _ => self.large.push_back(Round::new(feed)),
            }
        }
    }

    /// Tells some readers: those of small feeds, and a piece of a large one.
    pub(super) fn advance(&mut self, connections: &Connections) {
        let mut told = 0;
        while told < READERS_A_TURN
            && let Some(feed) = self.small.pop_front()
        {
            let (news, only) = (feed.take_undelivered(), self.is_last());
            told += feed.reader_count();
            let joined = news.joined.as_deref();
            feed.readers(0, usize::MAX, |reader| tell(reader, joined, only, connections, &mut self.later));
            self.messages -= news.messages;
        }
        if let Some(mut round) = self.large.pop_front() {
            let only = self.is_last();
            let told = |reader: &Reader, news: Option<&Joined>| {
                tell(reader, news, only, connections, &mut self.later)
            };
            self.messages -= round.advance(told);
            if !round.is_over() {
                self.large.push_back(round);
            }
        }
        self.later.drain(..).for_each(|outbound| outbound.flush());
        debug_assert!(
            !self.is_empty() || self.messages == 0,
            "{} messages are told and still counted",
            self.messages
        );
    }

    /// Tells all readers.
    pub(super) fn finish(&mut self, connections: &Connections) {
        while !self.is_empty() {
            self.advance(connections);
        }
    }

    /// Whether nothing is to be told of other feeds.
    fn is_last(&self) -> bool {
        self.small.is_empty() && self.large.is_empty()
    }
}

/// Offers news to a reader. A connection that has something else to write first is flushed later.
fn tell(
    reader: &Reader,
    news: Option<&Joined>,
    only: bool,
    connections: &Connections,
    later: &mut Vec<Rc<Outbound>>,
) {
    let offered = reader.offer(news, only);
    // Most readers of a room: their connections need not be looked at.
    if matches!(offered, Offered::Written | Offered::Behind) {
        return;
    }
    let Some(outbound) = connections.at(reader.connection) else { return };
    match (offered, news) {
        (Offered::Cut { taken }, Some(joined)) => outbound.keep_rest(reader.slot, joined, taken),
        (Offered::Broken, _) => outbound.end(),
        (Offered::Later, _) => {
            outbound.mark(reader.slot);
            later.push(Rc::clone(outbound));
        }
        (Offered::Written | Offered::Behind | Offered::Cut { .. }, _) => {}
    }
}
