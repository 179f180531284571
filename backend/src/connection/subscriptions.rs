//! The cursors of one connection.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Offset, RequestId};
use shared::protocol::Head;
use slab::Slab;

use crate::channel::feed::{ConnectionKey, Feed, Next};
use crate::channel::wire::Wire;
use crate::message::Frame;

/// Most frames of one channel in a row, while other channels have something too.
const TURN_FRAMES_MAX: usize = 16;

/// What a writer finds.
pub(super) enum Take {
    /// The next frame of some channel.
    Frame { slot: usize, before: Offset, frame: Arc<Frame> },
    /// A reader that has fallen behind its feed: it waits for [`Subscriptions::fill`] or [`Subscriptions::jump`].
    Behind { slot: usize, serial: u64, feed: Rc<Feed>, cursor: Offset },
    /// Nothing to write.
    Nothing,
}

/// All subscriptions of a connection.
#[derive(Default)]
pub(super) struct Subscriptions {
    slots: Slab<Subscription>,
    by_channel: HashMap<ChannelName, usize>,
    /// Those that may have something to write, each once.
    ready: VecDeque<usize>,
    /// How many frames of the first of them have gone out in a row.
    turn: usize,
    last_serial: u64,
}

struct Subscription {
    feed: Rc<Feed>,
    reader: usize,
    request: RequestId,
    cursor: Cursor,
    /// What was read from the log, while the cursor is behind the ring.
    page: VecDeque<Arc<Frame>>,
    /// Tells this subscription from an earlier one in the same slot.
    serial: u64,
}

/// Where the cursor of a subscription is, and what comes next for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// With the feed: it waits for news.
    Parked,
    /// It stands in `ready`.
    Ready(Offset),
    /// It waits for the log.
    Reading(Offset),
}

impl Subscriptions {
    pub(super) fn add(
        &mut self,
        connection: ConnectionKey,
        wire: Option<Rc<Wire>>,
        feed: Rc<Feed>,
        request: RequestId,
        cursor: Offset,
    ) {
        self.last_serial += 1;
        let channel = feed.channel.clone();
        let entry = self.slots.vacant_entry();
        let slot = entry.key();
        let reader = feed.add_reader(connection, wire, slot);
        let (page, serial) = (VecDeque::new(), self.last_serial);
        entry.insert(Subscription { feed, reader, request, cursor: Cursor::Ready(cursor), page, serial });
        self.by_channel.insert(channel, slot);
        self.ready.push_back(slot);
    }

    pub(super) fn remove(&mut self, channel: &ChannelName) -> bool {
        let Some(slot) = self.by_channel.remove(channel) else { return false };
        let subscription = self.slots.remove(slot);
        subscription.feed.remove_reader(subscription.reader);
        if self.ready.front() == Some(&slot) {
            self.turn = 0;
        }
        self.ready.retain(|&ready| ready != slot);
        true
    }

    pub(super) fn contains(&self, channel: &ChannelName) -> bool {
        self.by_channel.contains_key(channel)
    }

    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether one of them may have something to write.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn heads(&self) -> Vec<Head> {
        let head = |(_, subscription): (usize, &Subscription)| {
            let offset = subscription.offset()?;
            let feed = &subscription.feed;
            Some(Head { channel: feed.channel.clone(), offset, presence: feed.presence() })
        };
        self.slots.iter().filter_map(head).collect()
    }

    pub(super) fn channels(&self) -> Vec<ChannelName> {
        self.by_channel.keys().cloned().collect()
    }

    /// Notes that there is something new for one that waits.
    pub(super) fn mark(&mut self, slot: usize) {
        let Some(subscription) = self.slots.get_mut(slot) else { return };
        let Some(cursor) = subscription.feed.unpark(subscription.reader) else { return };
        subscription.cursor = Cursor::Ready(cursor);
        self.ready.push_back(slot);
    }

    /// Puts a reader back to `cursor`: what comes after it was taken, and has not gone out.
    pub(super) fn rewind(&mut self, slot: usize, cursor: Offset) {
        let Some(subscription) = self.slots.get_mut(slot) else { return };
        subscription.page = VecDeque::new();
        match std::mem::replace(&mut subscription.cursor, Cursor::Ready(cursor)) {
            Cursor::Ready(_) => return,
            Cursor::Parked => {
                subscription.feed.unpark(subscription.reader);
            }
            Cursor::Reading(_) => {
                // What is being read is what comes later.
                self.last_serial += 1;
                subscription.serial = self.last_serial;
            }
        }
        self.ready.push_back(slot);
    }

    /// The next frame. Channels take turns of [`TURN_FRAMES_MAX`] frames.
    pub(super) fn take(&mut self) -> Take {
        while let Some(&slot) = self.ready.front() {
            let ready = self.slots.get_mut(slot).and_then(|subscription| match subscription.cursor {
                Cursor::Ready(cursor) => Some((subscription, cursor)),
                Cursor::Parked | Cursor::Reading(_) => None,
            });
            let Some((subscription, before)) = ready else {
                self.next_turn();
                continue;
            };
            match subscription.next(before) {
                Next::Frame(frame) => {
                    subscription.cursor = Cursor::Ready(frame.offset);
                    self.turn += 1;
                    if self.turn >= TURN_FRAMES_MAX {
                        self.next_turn();
                        self.ready.push_back(slot);
                    }
                    return Take::Frame { slot, before, frame };
                }
                Next::UpToDate => {
                    subscription.cursor = Cursor::Parked;
                    subscription.feed.park(subscription.reader, before);
                    self.next_turn();
                }
                Next::Behind => {
                    subscription.cursor = Cursor::Reading(before);
                    let (serial, feed) = (subscription.serial, Rc::clone(&subscription.feed));
                    self.next_turn();
                    return Take::Behind { slot, serial, feed, cursor: before };
                }
            }
        }
        Take::Nothing
    }

    /// The feed and the cursor of a reader that waits for the log, if it still does.
    pub(super) fn reading(&self, slot: usize, serial: u64) -> Option<(Rc<Feed>, Offset)> {
        let subscription = self.slots.get(slot).filter(|subscription| subscription.serial == serial)?;
        match subscription.cursor {
            Cursor::Reading(cursor) => Some((Rc::clone(&subscription.feed), cursor)),
            Cursor::Parked | Cursor::Ready(_) => None,
        }
    }

    /// Gives a reader what the log had for it.
    pub(super) fn fill(&mut self, slot: usize, serial: u64, page: VecDeque<Arc<Frame>>) {
        if let Some(subscription) = self.slots.get_mut(slot)
            && subscription.serial == serial
            && let Cursor::Reading(cursor) = subscription.cursor
        {
            subscription.page = page;
            subscription.cursor = Cursor::Ready(cursor);
            self.ready.push_back(slot);
        }
    }

    /// Returns the bytes of what was read from the log and not written yet.
    pub(super) fn page_bytes(&self) -> usize {
        let pages = self.slots.iter().flat_map(|(_, subscription)| &subscription.page);
        pages.map(|frame| frame.bytes()).sum()
    }

    /// Forgets what was read from the log and not written yet: a reader whose socket is full may be so for long, and what
    /// comes after its cursor can be read again.
    pub(super) fn forget_pages(&mut self) {
        for (_, subscription) in &mut self.slots {
            subscription.page = VecDeque::new();
        }
    }

    /// Moves a reader over what is no longer kept. Returns what it has to be told.
    pub(super) fn jump(&mut self, slot: usize, serial: u64, floor: Offset) -> Option<(Rc<Feed>, RequestId)> {
        let subscription = self.slots.get_mut(slot).filter(|subscription| subscription.serial == serial)?;
        if subscription.feed.history {
            // What comes after the floor has been read as well.
            subscription.cursor = Cursor::Reading(floor);
        } else {
            subscription.cursor = Cursor::Ready(floor);
            self.ready.push_back(slot);
        }
        Some((Rc::clone(&subscription.feed), subscription.request))
    }

    fn next_turn(&mut self) {
        self.ready.pop_front();
        self.turn = 0;
    }
}

impl Subscription {
    fn next(&mut self, cursor: Offset) -> Next {
        self.page.pop_front().map_or_else(|| self.feed.next(cursor), Next::Frame)
    }

    /// What has been sent.
    fn offset(&self) -> Option<Offset> {
        match self.cursor {
            Cursor::Parked => self.feed.parked(self.reader),
            Cursor::Ready(cursor) | Cursor::Reading(cursor) => Some(cursor),
        }
    }
}
