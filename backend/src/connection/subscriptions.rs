//! The subscriptions of one connection and their cursors.

use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Offset, RequestId};
use shared::protocol::Head;
use slab::Slab;

use crate::channel::feed::{ConnectionKey, Feed, Next, SubscriptionKey};
use crate::channel::wire::Wire;
use crate::message::EncodedMessage;

/// Maximum number of consecutive messages of one channel while other channels have messages too.
const MESSAGES_IN_A_ROW_MAX: usize = 16;

/// The result of looking for the next message.
pub(super) enum NextRead {
    /// The next message of a channel. The cursor was at `before`.
    Message { key: SubscriptionKey, before: Offset, message: Arc<EncodedMessage> },
    /// A subscription that is behind its feed's ring. It waits for [`Subscriptions::supply_page`] or
    /// [`Subscriptions::skip_to`].
    Behind { key: SubscriptionKey, serial: u64, feed: Rc<Feed>, cursor: Offset },
    /// There is nothing to write.
    Nothing,
}

/// All subscriptions of a connection.
#[derive(Default)]
pub(super) struct Subscriptions {
    by_key: Slab<Subscription>,
    by_channel: HashMap<ChannelName, SubscriptionKey>,
    /// The subscriptions that may have something to write, each once.
    ready: VecDeque<SubscriptionKey>,
    /// Number of consecutive messages that were taken from the first of these.
    in_a_row: usize,
    last_serial: u64,
}

struct Subscription {
    feed: Rc<Feed>,
    subscriber: usize,
    request: RequestId,
    cursor: Cursor,
    /// The messages that were read from the log while the cursor is behind the ring.
    page: VecDeque<Arc<EncodedMessage>>,
    /// Tells this subscription from an earlier one with the same key.
    serial: u64,
}

/// The cursor of a subscription, and where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cursor {
    /// The feed holds it: the subscription waits for news.
    Parked,
    /// The subscription is in `ready`.
    Ready(Offset),
    /// The subscription waits for a page of the log.
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
        let entry = self.by_key.vacant_entry();
        let key = SubscriptionKey(entry.key());
        let subscriber = feed.add_subscriber(connection, wire, key);
        let (page, serial) = (VecDeque::new(), self.last_serial);
        entry.insert(Subscription { feed, subscriber, request, cursor: Cursor::Ready(cursor), page, serial });
        self.by_channel.insert(channel, key);
        self.ready.push_back(key);
    }

    pub(super) fn remove(&mut self, channel: &ChannelName) -> bool {
        let Some(key) = self.by_channel.remove(channel) else { return false };
        let subscription = self.by_key.remove(key.0);
        subscription.feed.remove_subscriber(subscription.subscriber);
        if self.ready.front() == Some(&key) {
            self.in_a_row = 0;
        }
        self.ready.retain(|&ready| ready != key);
        true
    }

    pub(super) fn contains(&self, channel: &ChannelName) -> bool {
        self.by_channel.contains_key(channel)
    }

    pub(super) fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether a subscription may have something to write.
    pub(super) fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    pub(super) fn heads(&self) -> Vec<Head> {
        let head = |(_, subscription): (usize, &Subscription)| {
            let offset = subscription.offset()?;
            let feed = &subscription.feed;
            Some(Head { channel: feed.channel.clone(), offset, presence: feed.presence() })
        };
        self.by_key.iter().filter_map(head).collect()
    }

    pub(super) fn channels(&self) -> Vec<ChannelName> {
        self.by_channel.keys().cloned().collect()
    }

    /// Marks a parked subscription as ready because its feed has news.
    pub(super) fn mark_ready(&mut self, key: SubscriptionKey) {
        let Some(subscription) = self.by_key.get_mut(key.0) else { return };
        let Some(cursor) = subscription.feed.unpark(subscription.subscriber) else { return };
        subscription.cursor = Cursor::Ready(cursor);
        self.ready.push_back(key);
    }

    /// Sets a cursor back to `cursor`, because the messages after it were taken and not written.
    pub(super) fn rewind(&mut self, key: SubscriptionKey, cursor: Offset) {
        let Some(subscription) = self.by_key.get_mut(key.0) else { return };
        subscription.page = VecDeque::new();
        match std::mem::replace(&mut subscription.cursor, Cursor::Ready(cursor)) {
            Cursor::Ready(_) => return,
            Cursor::Parked => {
                subscription.feed.unpark(subscription.subscriber);
            }
            Cursor::Reading(_) => {
                // The page that is being read starts after the cursor, so discard it by changing the serial number.
                self.last_serial += 1;
                subscription.serial = self.last_serial;
            }
        }
        self.ready.push_back(key);
    }

    /// Returns the next message. Channels alternate after [`MESSAGES_IN_A_ROW_MAX`] messages.
    pub(super) fn next(&mut self) -> NextRead {
        while let Some(&key) = self.ready.front() {
            let ready = self.by_key.get_mut(key.0).and_then(|subscription| match subscription.cursor {
                Cursor::Ready(cursor) => Some((subscription, cursor)),
                Cursor::Parked | Cursor::Reading(_) => None,
            });
            let Some((subscription, before)) = ready else {
                self.advance_ready();
                continue;
            };
            match subscription.next(before) {
                Next::Message(message) => {
                    subscription.cursor = Cursor::Ready(message.offset);
                    self.in_a_row += 1;
                    if self.in_a_row >= MESSAGES_IN_A_ROW_MAX {
                        self.advance_ready();
                        self.ready.push_back(key);
                    }
                    return NextRead::Message { key, before, message };
                }
                Next::UpToDate => {
                    subscription.cursor = Cursor::Parked;
                    subscription.feed.park(subscription.subscriber, before);
                    self.advance_ready();
                }
                Next::Behind => {
                    subscription.cursor = Cursor::Reading(before);
                    let (serial, feed) = (subscription.serial, Rc::clone(&subscription.feed));
                    self.advance_ready();
                    return NextRead::Behind { key, serial, feed, cursor: before };
                }
            }
        }
        NextRead::Nothing
    }

    /// Returns the feed and the cursor of a subscription, if it still waits for the log.
    pub(super) fn reading(&self, key: SubscriptionKey, serial: u64) -> Option<(Rc<Feed>, Offset)> {
        let subscription = self.by_key.get(key.0).filter(|subscription| subscription.serial == serial)?;
        match subscription.cursor {
            Cursor::Reading(cursor) => Some((Rc::clone(&subscription.feed), cursor)),
            Cursor::Parked | Cursor::Ready(_) => None,
        }
    }

    /// Gives a subscription the page that was read for it.
    pub(super) fn supply_page(
        &mut self,
        key: SubscriptionKey,
        serial: u64,
        page: VecDeque<Arc<EncodedMessage>>,
    ) {
        if let Some(subscription) = self.by_key.get_mut(key.0)
            && subscription.serial == serial
            && let Cursor::Reading(cursor) = subscription.cursor
        {
            subscription.page = page;
            subscription.cursor = Cursor::Ready(cursor);
            self.ready.push_back(key);
        }
    }

    /// Bytes of the messages that were read from the log and not written yet.
    pub(super) fn page_bytes(&self) -> usize {
        let pages = self.by_key.iter().flat_map(|(_, subscription)| &subscription.page);
        pages.map(|message| message.bytes()).sum()
    }

    /// Drops the messages that were read from the log and not written yet. A full socket may stay full for long, and
    /// the messages can be read again.
    pub(super) fn forget_pages(&mut self) {
        for (_, subscription) in &mut self.by_key {
            subscription.page = VecDeque::new();
        }
    }

    /// Moves a subscription to `floor`, over messages that are no longer kept. Returns what the `gap` for the client
    /// needs, or `None` if the subscription has ended.
    pub(super) fn skip_to(
        &mut self,
        key: SubscriptionKey,
        serial: u64,
        floor: Offset,
    ) -> Option<(Rc<Feed>, RequestId)> {
        let subscription = self.by_key.get_mut(key.0).filter(|subscription| subscription.serial == serial)?;
        if subscription.feed.history {
            // The page that was read also has the messages after the floor.
            subscription.cursor = Cursor::Reading(floor);
        } else {
            subscription.cursor = Cursor::Ready(floor);
            self.ready.push_back(key);
        }
        Some((Rc::clone(&subscription.feed), subscription.request))
    }

    fn advance_ready(&mut self) {
        self.ready.pop_front();
        self.in_a_row = 0;
    }
}

impl Subscription {
    fn next(&mut self, cursor: Offset) -> Next {
        self.page.pop_front().map_or_else(|| self.feed.next(cursor), Next::Message)
    }

    /// The offset of the last message that was sent.
    fn offset(&self) -> Option<Offset> {
        match self.cursor {
            Cursor::Parked => self.feed.parked(self.subscriber),
            Cursor::Ready(cursor) | Cursor::Reading(cursor) => Some(cursor),
        }
    }
}
