//! The feeds of one worker, and what their rings may hold together.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use shared::ids::ChannelName;

use crate::channel::feed::Feed;
use crate::mailbox::News;

/// Most bytes that the rings of a worker hold together. Beyond, rings are let go until half of it is free: their readers
/// go on from the log where they are behind, and are told of a gap where there is none.
pub(super) const RINGS_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A feed that nobody reads is kept for this many ticks: who comes back soon finds its ring.
const IDLE_TICKS: u32 = 30;

/// Maximum number of feeds that nobody reads, about 1 KiB each beside their rings. Beyond it, those that have been idle for
/// longest are forgotten sooner: a client may follow a new channel with each message that it sends.
const IDLE_FEEDS_MAX: usize = 8192;

/// All feeds.
#[derive(Default)]
pub(super) struct Feeds {
    by_channel: HashMap<ChannelName, Rc<Feed>>,
    ring_bytes: usize,
}

impl Feeds {
    pub(super) fn get(&self, channel: &ChannelName) -> Option<&Rc<Feed>> {
        self.by_channel.get(channel)
    }

    /// The feed of a channel; a new one where there is none.
    pub(super) fn get_or(&mut self, channel: &ChannelName, new: impl FnOnce() -> Feed) -> Rc<Feed> {
        if let Some(feed) = self.by_channel.get(channel) {
            return Rc::clone(feed);
        }
        let feed = Rc::new(new());
        self.by_channel.insert(channel.clone(), Rc::clone(&feed));
        feed
    }

    /// Puts what is new into a feed that is one of these.
    pub(super) fn take(&mut self, feed: &Feed, news: &News) {
        let before = feed.ring_bytes();
        feed.take(news);
        self.ring_bytes = self.ring_bytes + feed.ring_bytes() - before;
        if self.ring_bytes > RINGS_BYTES_MAX {
            self.make_room(feed);
        }
    }

    /// Lets rings go, but for that of `newest`, whose readers are about to be told.
    fn make_room(&mut self, newest: &Feed) {
        let others = self.by_channel.values().filter(|feed| feed.channel != newest.channel);
        for feed in others {
            if self.ring_bytes <= RINGS_BYTES_MAX / 2 {
                break;
            }
            self.ring_bytes -= feed.ring_bytes();
            feed.forget();
        }
    }

    /// Counts a tick, and forgets the feeds that nobody reads.
    pub(super) fn sweep(&mut self) {
        // How many have been idle for so many ticks.
        let mut idle = BTreeMap::<u32, usize>::new();
        // One that somebody is about to read is held elsewhere too.
        let is_held = |feed: &Rc<Feed>| Rc::strong_count(feed) > 1;
        for feed in self.by_channel.values() {
            feed.forget_floor();
            if !is_held(feed) {
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
            let stays = is_held(feed) || feed.idle_sweeps() < ticks_max;
            if !stays {
                *ring_bytes -= feed.ring_bytes();
            }
            stays
        });
        // A map keeps the memory of the most entries that it ever had.
        if self.by_channel.capacity() > 4 * self.by_channel.len().max(IDLE_FEEDS_MAX) {
            self.by_channel.shrink_to(2 * self.by_channel.len().max(IDLE_FEEDS_MAX));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::feed::{Next, RING_BYTES_MAX};
    use crate::message::Frame;
    use bytes::Bytes;
    use shared::ids::{Epoch, Offset};
    use std::sync::Arc;

    fn frame(bytes: usize) -> Arc<Frame> {
        let typed = Bytes::from(vec![0; bytes]);
        Arc::new(Frame { offset: Offset(1), prev: Offset(0), origin: None, typed, plain: None })
    }

    fn add(feeds: &mut Feeds, number: usize) -> Rc<Feed> {
        let channel = ChannelName::parse(&format!("room:{number}")).unwrap();
        let feed = feeds.get_or(&channel, || Feed::new(channel.clone(), Epoch(1), true));
        feeds.take(&feed, &News::new(channel, vec![frame(RING_BYTES_MAX)]));
        feed
    }

    #[test]
    fn the_rings_together_keep_to_their_limit() {
        let mut feeds = Feeds::default();
        let rings = RINGS_BYTES_MAX / RING_BYTES_MAX;
        let all: Vec<_> = (0..rings).map(|number| add(&mut feeds, number)).collect();
        assert_eq!(
            (feeds.ring_bytes, all.iter().filter(|feed| feed.ring_bytes() == 0).count()),
            (RINGS_BYTES_MAX, 0)
        );

        let newest = add(&mut feeds, rings);
        assert!(matches!(newest.next(Offset(0)), Next::Frame(_)), "the newest is there for its readers");
        let held: usize = all.iter().chain([&newest]).map(|feed| feed.ring_bytes()).sum();
        assert_eq!(held, feeds.ring_bytes);
        assert!(held <= RINGS_BYTES_MAX / 2 + RING_BYTES_MAX, "{held}");
    }

    #[test]
    fn where_the_log_begins_is_asked_again_after_a_tick() {
        let mut feeds = Feeds::default();
        let feed = add(&mut feeds, 1);
        feed.floor().set(Offset(3)).unwrap();
        assert_eq!(feed.floor().get(), Some(&Offset(3)), "who comes next need not ask");
        feeds.sweep();
        assert_eq!(feed.floor().get(), None);
    }

    #[test]
    fn a_feed_that_nobody_reads_is_forgotten_with_its_ring() {
        let mut feeds = Feeds::default();
        drop(add(&mut feeds, 1));
        (1..IDLE_TICKS).for_each(|_| feeds.sweep());
        assert_eq!(feeds.ring_bytes, RING_BYTES_MAX);
        feeds.sweep();
        assert_eq!((feeds.ring_bytes, feeds.by_channel.len()), (0, 0));
    }
    /// As many feeds as there may be idle ones, and so many more.
    fn add_idle(feeds: &mut Feeds, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let channel = ChannelName::parse(&format!("room:idle-{number}")).unwrap();
            feeds.get_or(&channel, || Feed::new(channel.clone(), Epoch(1), true));
        }
    }

    #[test]
    fn of_too_many_feeds_that_nobody_reads_the_longest_idle_are_forgotten() {
        let mut feeds = Feeds::default();
        let held = add(&mut feeds, 1);
        add_idle(&mut feeds, 0..IDLE_FEEDS_MAX / 2);
        feeds.sweep();
        add_idle(&mut feeds, IDLE_FEEDS_MAX / 2..IDLE_FEEDS_MAX);
        feeds.sweep();
        assert_eq!(feeds.by_channel.len(), IDLE_FEEDS_MAX + 1, "as many as may be idle");
        add_idle(&mut feeds, IDLE_FEEDS_MAX..IDLE_FEEDS_MAX + 1);
        feeds.sweep();
        assert_eq!(
            feeds.by_channel.len(),
            IDLE_FEEDS_MAX / 2 + 2,
            "those that are idle for longest have gone"
        );
        assert!(feeds.get(&held.channel).is_some(), "one that is in use stays");
        add_idle(&mut feeds, IDLE_FEEDS_MAX + 1..3 * IDLE_FEEDS_MAX);
        feeds.sweep();
        assert_eq!((feeds.by_channel.len(), feeds.ring_bytes), (1, held.ring_bytes()), "too many at once");
    }
}
