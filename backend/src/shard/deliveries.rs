//! Delivers news to subscribers. A large room is served in pieces; between two pieces small feeds are served and the
//! worker's other tasks run.

use std::collections::VecDeque;
use std::rc::Rc;

use super::connections::Connections;
use super::feeds::Feeds;
use super::round::{PIECE_SUBSCRIBERS_MAX, Round};
use crate::channel::feed::{Feed, Offered, Subscriber};
use crate::connection::outbound::Outbound;
use crate::mailbox::News;
use crate::message::EncodedRun;

/// Number of subscribers that are served before the worker's other tasks run. It takes a few milliseconds of writing.
const SUBSCRIBERS_PER_ADVANCE: usize = 512;

/// Maximum number of messages that are not delivered to all subscribers yet. At the limit no more are accepted. A ring
/// holds several times as many, so the last subscriber of a large room still finds them there.
const MESSAGES_MAX: usize = 256;

/// The feeds with undelivered news, each at most once.
#[derive(Default)]
pub(super) struct Deliveries {
    small: VecDeque<Rc<Feed>>,
    large: VecDeque<Round>,
    /// Number of messages that are not delivered to all subscribers yet.
    messages: usize,
    /// The connections that could not be written to at once.
    later: Vec<Rc<Outbound>>,
}

impl Deliveries {
    /// Whether everything is delivered.
    pub(super) fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_empty() && self.later.is_empty()
    }

    /// Whether more may be added. Always true if everything is delivered.
    pub(super) fn has_room(&self) -> bool {
        self.messages < MESSAGES_MAX || self.is_empty()
    }

    /// Flushes connections in the next [`advance`](Self::advance), after news was offered, so that both go out in one
    /// write.
    pub(super) fn flush_later(&mut self, outbounds: impl Iterator<Item = Rc<Outbound>>) {
        self.later.extend(outbounds);
    }

    /// Pushes news into the feeds that this worker has.
    pub(super) fn add(&mut self, channels: &[News], feeds: &mut Feeds) {
        for news in channels {
            let Some(feed) = feeds.get(&news.channel).cloned() else { continue };
            self.messages += news.messages.len();
            let waits = feed.has_undelivered();
            feeds.push(&feed, news);
            let begun = || self.large.iter().any(|round| Rc::ptr_eq(round.feed(), &feed));
            match feed.subscriber_count() {
                _ if waits || begun() => {}
                ..=PIECE_SUBSCRIBERS_MAX => self.small.push_back(feed),
                _ => self.large.push_back(Round::new(feed)),
            }
        }
    }

    /// Serves some subscribers: those of small feeds, and one piece of a large feed.
    pub(super) fn advance(&mut self, connections: &Connections) {
        let mut served = 0;
        while served < SUBSCRIBERS_PER_ADVANCE
            && let Some(feed) = self.small.pop_front()
        {
            let (news, only) = (feed.take_undelivered(), self.is_only());
            served += feed.subscriber_count();
            let run = news.run.as_deref();
            feed.subscribers(0, usize::MAX, |subscriber| {
                offer(subscriber, run, only, connections, &mut self.later)
            });
            self.messages -= news.count;
        }
        if let Some(mut round) = self.large.pop_front() {
            let only = self.is_only();
            let offer_one = |subscriber: &Subscriber, news: Option<&EncodedRun>| {
                offer(subscriber, news, only, connections, &mut self.later)
            };
            self.messages -= round.advance(offer_one);
            if !round.is_over() {
                self.large.push_back(round);
            }
        }
        self.later.drain(..).for_each(|outbound| outbound.flush());
        debug_assert!(
            !self.is_empty() || self.messages == 0,
            "{} messages are delivered and still counted",
            self.messages
        );
    }

    /// Serves all subscribers.
    pub(super) fn finish(&mut self, connections: &Connections) {
        while !self.is_empty() {
            self.advance(connections);
        }
    }

    /// Whether no other feed has undelivered news.
    fn is_only(&self) -> bool {
        self.small.is_empty() && self.large.is_empty()
    }
}

/// Offers news to a subscriber. A connection that has something else to write first is flushed later.
fn offer(
    subscriber: &Subscriber,
    news: Option<&EncodedRun>,
    only: bool,
    connections: &Connections,
    later: &mut Vec<Rc<Outbound>>,
) {
    let offered = subscriber.offer(news, only);
    // The common case. Return before the connection is read, which would be a cache miss.
    if matches!(offered, Offered::Written | Offered::Behind) {
        return;
    }
    let Some(outbound) = connections.at(subscriber.connection) else { return };
    match (offered, news) {
        (Offered::Cut { taken }, Some(run)) => outbound.keep_rest(subscriber.subscription, run, taken),
        (Offered::Broken, _) => outbound.end(),
        (Offered::Later, _) => {
            outbound.mark_ready(subscriber.subscription);
            later.push(Rc::clone(outbound));
        }
        (Offered::Written | Offered::Behind | Offered::Cut { .. }, _) => {}
    }
}
