//! The feeds of one worker, and the limits on their number and their rings.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use shared::ids::ChannelName;

use crate::channel::feed::Feed;
use crate::mailbox::News;

/// Maximum number of bytes of all rings of a worker. Above it, rings are emptied until half is free. Subscribers that
/// are behind continue from the log if the channel has history; otherwise they get a `gap`.
pub(super) const RINGS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Number of ticks for which a feed without subscribers is kept, so that a client that comes back soon finds its ring.
const IDLE_TICKS: u32 = 30;

/// Maximum number of feeds without subscribers, about 1 KiB each beside their rings. Above it, the feeds that have been
/// idle for longest are dropped sooner, because a client may subscribe to a new channel with each message.
const IDLE_FEEDS_MAX: usize = 8192;

/// All feeds of a worker.
#[derive(Default)]
pub(super) struct Feeds {
    by_channel: HashMap<ChannelName, Rc<Feed>>,
    ring_bytes: usize,
}

impl Feeds {
    pub(super) fn get(&self, channel: &ChannelName) -> Option<&Rc<Feed>> {
        self.by_channel.get(channel)
    }

    /// Returns the feed of a channel. Creates it with `new` if there is none.
    pub(super) fn get_or(&mut self, channel: &ChannelName, new: impl FnOnce() -> Feed) -> Rc<Feed> {
        if let Some(feed) = self.by_channel.get(channel) {
            return Rc::clone(feed);
        }
        let feed = Rc::new(new());
        self.by_channel.insert(channel.clone(), Rc::clone(&feed));
        feed
    }

    /// Pushes news into one of these feeds.
    pub(super) fn push(&mut self, feed: &Feed, news: &News) {
        let before = feed.ring_bytes();
        feed.push(news);
        self.ring_bytes = self.ring_bytes + feed.ring_bytes() - before;
        if self.ring_bytes > RINGS_BYTES_MAX {
            self.drop_rings(feed);
        }
    }

    /// Empties rings except that of `newest`, whose subscribers are about to be served.
    fn drop_rings(&mut self, newest: &Feed) {
        let others = self.by_channel.values().filter(|feed| feed.channel != newest.channel);
        for feed in others {
            if self.ring_bytes <= RINGS_BYTES_MAX / 2 {
                break;
            }
            self.ring_bytes -= feed.ring_bytes();
            feed.empty_ring();
        }
    }

    /// Counts a tick, and drops the feeds that have had no subscribers for too long.
    pub(super) fn sweep(&mut self) {
        // Number of idle feeds by the number of their idle ticks.
        let mut idle = BTreeMap::<u32, usize>::new();
        // A feed with another owner is about to get a subscriber.
        let is_in_use = |feed: &Rc<Feed>| Rc::strong_count(feed) > 1;
        for feed in self.by_channel.values() {
            feed.forget_floor();
            if !is_in_use(feed) {
                *idle.entry(feed.sweep()).or_default() += 1;
            }
        }
        let mut feeds = 0;
        let mut too_many = idle.range(1..).filter_map(|(ticks, count)| {
            feeds += count;
            (feeds > IDLE_FEEDS_MAX).then_some(*ticks)
        });
        let ticks_max = too_many.next().unwrap_or(IDLE_TICKS).min(IDLE_TICKS);
        let ring_bytes = &mut self.ring_bytes;
        self.by_channel.retain(|_, feed| {
            let stays = is_in_use(feed) || feed.idle_sweeps() < ticks_max;
            if !stays {
                *ring_bytes -= feed.ring_bytes();
            }
            stays
        });
        // A map keeps the memory of the largest number of entries that it ever had.
        if self.by_channel.capacity() > 4 * self.by_channel.len().max(IDLE_FEEDS_MAX) {
            self.by_channel.shrink_to(2 * self.by_channel.len().max(IDLE_FEEDS_MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::feed::{Next, RING_BYTES_MAX};
    use crate::message::EncodedMessage;
    use bytes::Bytes;
    use shared::ids::{Epoch, Offset};
    use std::sync::Arc;

    fn message(bytes: usize) -> Arc<EncodedMessage> {
        let typed = Bytes::from(vec![0; bytes]);
        Arc::new(EncodedMessage { offset: Offset(1), prev: Offset(0), origin: None, typed, plain: None })
    }

    fn add(feeds: &mut Feeds, number: usize) -> Rc<Feed> {
        let channel = ChannelName::parse(&format!("room:{number}")).unwrap();
        let feed = feeds.get_or(&channel, || Feed::new(channel.clone(), Epoch(1), true));
        feeds.push(&feed, &News::new(channel, vec![message(RING_BYTES_MAX)]));
        feed
    }

    #[test]
    fn all_rings_together_stay_within_their_limit() {
        let mut feeds = Feeds::default();
        let rings = RINGS_BYTES_MAX / RING_BYTES_MAX;
        let all: Vec<_> = (0..rings).map(|number| add(&mut feeds, number)).collect();
        assert_eq!(
            (feeds.ring_bytes, all.iter().filter(|feed| feed.ring_bytes() == 0).count()),
            (RINGS_BYTES_MAX, 0)
        );

        let newest = add(&mut feeds, rings);
        assert!(
            matches!(newest.next(Offset(0)), Next::Message(_)),
            "the newest ring still serves its subscribers"
        );
        let held: usize = all.iter().chain([&newest]).map(|feed| feed.ring_bytes()).sum();
        assert_eq!(held, feeds.ring_bytes);
        assert!(held <= RINGS_BYTES_MAX / 2 + RING_BYTES_MAX, "{held}");
    }

    #[test]
    fn the_floor_is_loaded_again_after_a_tick() {
        let mut feeds = Feeds::default();
        let feed = add(&mut feeds, 1);
        feed.floor().set(Offset(3)).unwrap();
        assert_eq!(feed.floor().get(), Some(&Offset(3)), "the next subscriber uses the cached floor");
        feeds.sweep();
        assert_eq!(feed.floor().get(), None);
    }

    #[test]
    fn a_feed_without_subscribers_is_dropped_with_its_ring() {
        let mut feeds = Feeds::default();
        drop(add(&mut feeds, 1));
        (1..IDLE_TICKS).for_each(|_| feeds.sweep());
        assert_eq!(feeds.ring_bytes, RING_BYTES_MAX);
        feeds.sweep();
        assert_eq!((feeds.ring_bytes, feeds.by_channel.len()), (0, 0));
    }
    /// Adds one feed without subscribers for each number.
    fn add_idle(feeds: &mut Feeds, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let channel = ChannelName::parse(&format!("room:idle-{number}")).unwrap();
            feeds.get_or(&channel, || Feed::new(channel.clone(), Epoch(1), true));
        }
    }

    #[test]
    fn above_the_limit_the_longest_idle_feeds_are_dropped() {
        let mut feeds = Feeds::default();
        let held = add(&mut feeds, 1);
        add_idle(&mut feeds, 0..IDLE_FEEDS_MAX / 2);
        feeds.sweep();
        add_idle(&mut feeds, IDLE_FEEDS_MAX / 2..IDLE_FEEDS_MAX);
        feeds.sweep();
        assert_eq!(feeds.by_channel.len(), IDLE_FEEDS_MAX + 1, "the limit itself is allowed");
        add_idle(&mut feeds, IDLE_FEEDS_MAX..IDLE_FEEDS_MAX + 1);
        feeds.sweep();
        assert_eq!(feeds.by_channel.len(), IDLE_FEEDS_MAX / 2 + 2, "the longest idle feeds are dropped");
        assert!(feeds.get(&held.channel).is_some(), "a feed in use stays");
        add_idle(&mut feeds, IDLE_FEEDS_MAX + 1..3 * IDLE_FEEDS_MAX);
        feeds.sweep();
        assert_eq!(
            (feeds.by_channel.len(), feeds.ring_bytes),
            (1, held.ring_bytes()),
            "above the limit within one tick"
        );
    }
}
