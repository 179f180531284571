//! Delivers signals in pieces, after messages, so that typing in a large room does not delay a message.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use bytes::Bytes;
use shared::ids::{ChannelName, ConnectionId};

use super::feeds::Feeds;
use crate::hub::fanout::Batch;
use crate::hub::feed::Feed;
use crate::hub::registry::Mode;
use crate::hub::slots::{SlotKey, SlotKind};

/// Maximum number of signals of one worker that nobody has been told yet. Beyond it, signals are dropped.
pub(super) const SIGNALS_MAX: usize = 1024;

/// Maximum number of readers that are told per iteration.
const READERS_PER_ITERATION_MAX: usize = 256;

/// The signals that are still to be told. Of each user, channel and kind there is only the newest.
#[derive(Default)]
pub(super) struct Signals {
    /// Those that nobody has been told.
    waiting: HashMap<SlotKey, Signal>,
    /// Their order.
    order: VecDeque<SlotKey>,
    /// The one that some readers have been told.
    begun: Option<Begun>,
}

struct Signal {
    frame: Bytes,
    except: Option<ConnectionId>,
}

struct Begun {
    key: SlotKey,
    signal: Signal,
    feed: Rc<Feed>,
    /// The reader whose turn it is.
    next: usize,
}

impl Signals {
    /// Whether nothing is left to be told.
    pub(super) fn is_empty(&self) -> bool {
        self.begun.is_none() && self.order.is_empty()
    }

    /// Adds a signal, which takes the place of an older one of its key. The connection `except` is not told.
    pub(super) fn add(&mut self, key: SlotKey, frame: Bytes, except: Option<ConnectionId>) {
        let signal = Signal { frame, except };
        if key.kind == SlotKind::Seen && self.waiting.keys().any(|waiting| key.covers(waiting)) {
            self.order.retain(|waiting| !key.covers(waiting));
            self.waiting.retain(|waiting, _| !key.covers(waiting));
        }
        if let Some(waiting) = self.waiting.get_mut(&key) {
            *waiting = signal;
        } else if self.order.len() < SIGNALS_MAX {
            self.order.push_back(key.clone());
            self.waiting.insert(key, signal);
        }
    }

    /// Drops queued typing signals of channels that have new messages, because the sender has stopped typing. Others repeat theirs
    /// within seconds.
    pub(super) fn forget_typing(&mut self, batch: &Batch) {
        if self.is_empty() {
            return;
        }
        let channels: HashSet<&ChannelName> = batch.channels.iter().map(|news| &news.channel).collect();
        let is_typing_there = |key: &SlotKey| key.kind == SlotKind::Typing && channels.contains(&key.channel);
        self.order.retain(|key| !is_typing_there(key));
        self.waiting.retain(|key, _| !is_typing_there(key));
        self.begun.take_if(|begun| is_typing_there(&begun.key));
    }

    /// Tells some readers.
    pub(super) fn advance(&mut self, feeds: &Feeds) {
        let mut left = READERS_PER_ITERATION_MAX;
        while left > 0
            && let Some(mut begun) = self.begun.take().or_else(|| self.begin(feeds))
        {
            let Begun { key, signal, feed, next } = &mut begun;
            let mut told = 1;
            let more = feed.readers(*next, left, |reader| {
                told += 1;
                let info = &reader.outbound.info;
                if info.mode == Mode::Typed && signal.except != Some(info.connection) {
                    reader.outbound.signal(key.clone(), signal.frame.clone());
                }
            });
            left = left.saturating_sub(told);
            if let Some(more) = more {
                *next = more;
                self.begun = Some(begun);
            }
        }
    }

    /// The next signal that somebody here is to be told.
    fn begin(&mut self, feeds: &Feeds) -> Option<Begun> {
        while let Some(key) = self.order.pop_front() {
            let (signal, feed) = (self.waiting.remove(&key), feeds.get(&key.channel));
            if let (Some(signal), Some(feed)) = (signal, feed) {
                return Some(Begun { key, signal, feed: Rc::clone(feed), next: 0 });
            }
        }
        None
    }
}
