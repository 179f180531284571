//! Delivers signals in pieces, after messages, so that typing in a large room does not delay a message.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use shared::ids::{ChannelName, ConnectionId};

use super::connections::Connections;
use super::feeds::Feeds;
use crate::channel::feed::Feed;
use crate::mailbox::Batch;
use crate::message::{SignalKey, SignalTopic};

/// Maximum number of bytes of the queued signals of one worker. At the limit, new ones are dropped.
const SIGNALS_BYTES_MAX: usize = 512 * 1024;

/// Estimated memory of a queued signal beside its frame, in bytes.
const AROUND_BYTES: usize = 256;

/// Maximum number of subscribers that are served per iteration.
const SUBSCRIBERS_PER_ITERATION_MAX: usize = 256;

/// The queued signals of one worker. Each user, channel and kind has only its newest signal.
#[derive(Default)]
pub(super) struct Signals {
    /// The signals whose delivery has not begun.
    waiting: HashMap<SignalKey, Signal>,
    /// The order of delivery.
    order: VecDeque<SignalKey>,
    /// The bytes of the waiting signals.
    bytes: usize,
    /// The signal that some subscribers already have.
    begun: Option<Begun>,
}

struct Signal {
    frame: Bytes,
    except: Option<ConnectionId>,
}

impl Signal {
    fn bytes(&self) -> usize {
        AROUND_BYTES + self.frame.len()
    }
}

struct Begun {
    key: SignalKey,
    signal: Signal,
    feed: Rc<Feed>,
    /// The key of the next subscriber.
    next: usize,
}

impl Signals {
    /// Whether everything is delivered.
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_none() && self.order.is_empty()
    }

    /// Adds a signal, which takes the place of an older one of its key. The connection `except` is not told. Returns false if
    /// it is dropped.
    pub(super) fn add(&mut self, key: SignalKey, frame: Bytes, except: Option<ConnectionId>) -> bool {
        let signal = Signal { frame, except };
        let replaced = self.waiting.get(&key).map_or(0, Signal::bytes);
        let bytes = self.bytes - replaced + signal.bytes();
        if bytes > SIGNALS_BYTES_MAX {
            return false;
        }
        self.bytes = bytes;
        if self.waiting.insert(key.clone(), signal).is_none() {
            self.order.push_back(key);
        }
        true
    }

    /// Drops queued typing signals of channels that have new messages, because the sender has stopped typing. Others
    /// repeat theirs within seconds.
    pub(super) fn drop_typing(&mut self, batch: &Batch) {
        if self.is_empty() {
            return;
        }
        let channels: HashSet<&ChannelName> = batch.channels.iter().map(|news| &news.channel).collect();
        let is_typing_there =
            |key: &SignalKey| key.topic == SignalTopic::Typing && channels.contains(&key.channel);
        self.order.retain(|key| !is_typing_there(key));
        self.waiting.retain(|key, _| !is_typing_there(key));
        self.bytes = self.waiting.values().map(Signal::bytes).sum();
        self.begun.take_if(|begun| is_typing_there(&begun.key));
    }

    /// Serves some subscribers.
    pub(super) fn advance(&mut self, feeds: &Feeds, connections: &Connections) {
        let mut left = SUBSCRIBERS_PER_ITERATION_MAX;
        while left > 0
            && let Some(mut begun) = self.begun.take().or_else(|| self.begin(feeds))
        {
            let Begun { key, signal, feed, next } = &mut begun;
            let mut served = 1;
            let more = feed.subscribers(*next, left, |subscriber| {
                served += 1;
                let Some(outbound) = connections.at(subscriber.connection) else { return };
                if outbound.info.dialect.gets_signals() && signal.except != Some(outbound.info.connection) {
                    outbound.signal(key.clone(), signal.frame.clone());
                }
            });
            left = left.saturating_sub(served);
            if let Some(more) = more {
                *next = more;
                self.begun = Some(begun);
            }
        }
    }

    /// Removes and returns the next signal of a channel that this worker has a feed of.
    fn begin(&mut self, feeds: &Feeds) -> Option<Begun> {
        while let Some(key) = self.order.pop_front() {
            let Some(signal) = self.waiting.remove(&key) else { continue };
            self.bytes -= signal.bytes();
            if let Some(feed) = feeds.get(&key.channel) {
                return Some(Begun { key, signal, feed: Rc::clone(feed), next: 0 });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use shared::ids::UserId;

    use super::*;
    use crate::mailbox::News;

    fn typing(user: &str) -> SignalKey {
        let (channel, user) = (ChannelName::parse("room:lobby").unwrap(), UserId::parse(user).unwrap());
        SignalKey { channel, user, topic: SignalTopic::Typing }
    }

    #[test]
    fn queued_signals_are_bounded_in_bytes() {
        let mut signals = Signals::default();
        let frame = |bytes: usize| Bytes::from(vec![0; bytes - AROUND_BYTES]);
        let mut is_queued = |user: &str, bytes: usize| {
            let is_added = signals.add(typing(user), frame(bytes), None);
            let queued = signals.waiting.get(&typing(user));
            assert_eq!(is_added, queued.is_some_and(|signal| signal.bytes() == bytes));
            is_added
        };
        assert!(is_queued("ada", SIGNALS_BYTES_MAX - AROUND_BYTES));
        assert!(!is_queued("bob", AROUND_BYTES + 1), "one byte above the limit");
        assert!(is_queued("bob", AROUND_BYTES), "the limit itself is allowed");
        assert!(
            !is_queued("ada", SIGNALS_BYTES_MAX - AROUND_BYTES + 1),
            "a replacement that is larger by one byte"
        );
        assert!(is_queued("ada", AROUND_BYTES), "a replacement frees the bytes of the older one");
        assert!(is_queued("eve", SIGNALS_BYTES_MAX - 2 * AROUND_BYTES));

        signals.advance(&Feeds::default(), &Connections::default());
        assert_eq!((signals.is_empty(), signals.bytes), (true, 0), "a delivered signal takes no bytes");
    }

    #[test]
    fn a_dropped_typing_signal_takes_no_bytes() {
        let mut signals = Signals::default();
        signals.add(typing("ada"), Bytes::from_static(b"typing"), None);
        let mut batch = Batch::default();
        batch.channels.push(News::new(typing("ada").channel, Vec::new()));
        signals.drop_typing(&batch);
        assert_eq!((signals.is_empty(), signals.bytes), (true, 0));
    }
}
