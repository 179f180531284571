//! Holds one worker's part of a channel: the ring of newest messages and the channel's subscribers on this worker. It
//! does not know connections: it reports what each write did ([`Offered`]), and `shard` acts on the report.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use slab::Slab;
use tokio::sync::OnceCell;

use super::wire::Wire;
use crate::mailbox::News;
use crate::message::{EncodedMessage, EncodedRun};

/// Maximum number of messages in a feed's ring. A subscriber that is further behind reads from the log.
pub const RING_MESSAGES_MAX: usize = 1024;

/// Maximum number of bytes of messages in a feed's ring. The newest message stays even if it alone is larger.
pub const RING_BYTES_MAX: usize = 256 * 1024;

/// The result of reading at a cursor.
#[derive(Debug, Clone)]
pub enum Next {
    /// The first message after the cursor.
    Message(Arc<EncodedMessage>),
    /// The cursor is at the newest message.
    UpToDate,
    /// The message after the cursor is no longer in the ring.
    Behind,
}

/// One channel on one worker.
pub struct Feed {
    /// The channel.
    pub channel: ChannelName,
    /// The incarnation of the channel's log.
    pub epoch: Epoch,
    /// Whether messages that have left the ring can be read from the log.
    pub history: bool,
    ring: RefCell<Ring>,
    undelivered: RefCell<Vec<Piece>>,
    subscribers: RefCell<Slab<Subscriber>>,
    /// The offset before the oldest message in the log. It may be stale by one sweep.
    floor: RefCell<Option<Rc<OnceCell<Offset>>>>,
    /// The presence version that the subscribers on this worker have, or get with the current announcement.
    presence: Cell<Option<u64>>,
    /// Number of consecutive sweeps that found no subscriber.
    idle_sweeps: Cell<u32>,
}

/// The messages that a feed's subscribers have not been offered yet.
pub struct Undelivered {
    /// The messages joined into one run. `None` if a message is missing between them.
    pub run: Option<Arc<EncodedRun>>,
    /// Number of these messages.
    pub count: usize,
}

/// The messages of one [`Feed::push`].
struct Piece {
    run: Option<Arc<EncodedRun>>,
    count: usize,
}

/// Key of a connection on its worker. Valid while the connection is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionKey(pub usize);

/// Key of a subscription on its connection. Valid while the subscription lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionKey(pub usize);

/// One subscriber of a feed. This struct and the [`Wire`] hold everything that the fan-out needs.
pub struct Subscriber {
    /// The connection that subscribed.
    pub connection: ConnectionKey,
    /// The key of the subscription on that connection.
    pub subscription: SubscriptionKey,
    /// Writes to the connection. `None` if actix-ws owns the socket.
    wire: Option<Rc<Wire>>,
    /// The cursor while the subscription is parked: everything up to it was written, and the subscriber waits for news.
    parked: Cell<Option<Offset>>,
}

/// The result of offering news to a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// All bytes were written.
    Written,
    /// The socket became full during the write.
    Cut {
        /// Number of bytes that the socket accepted.
        taken: usize,
    },
    /// The socket returned an error.
    Broken,
    /// The subscriber is parked, but the connection has something else to write first.
    Later,
    /// The subscriber is not parked. It already knows that there are unread messages.
    Behind,
}

impl Subscriber {
    /// Writes `news` if the subscriber is parked and nothing has to be written before it. The caller handles all other
    /// results.
    ///
    /// `only` says whether no other channel has news. A connection with several subscriptions is otherwise written to
    /// later, once for all its channels. If `news` is `None`, nothing is written.
    pub fn offer(&self, news: Option<&EncodedRun>, only: bool) -> Offered {
        let Some(cursor) = self.parked.get() else { return Offered::Behind };
        let (Some(run), Some(wire)) = (news, self.wire.as_ref().filter(|wire| wire.is_free(only))) else {
            return Offered::Later;
        };
        if cursor != run.before {
            return Offered::Later;
        }
        self.parked.set(Some(run.last()));
        match wire.write(&run.bytes) {
            Ok(taken) if taken == run.bytes.len() => {
                wire.add_sent(run.messages());
                Offered::Written
            }
            Ok(taken) => Offered::Cut { taken },
            Err(_) => Offered::Broken,
        }
    }
}

impl Feed {
    /// Creates a feed without messages and subscribers.
    pub fn new(channel: ChannelName, epoch: Epoch, history: bool) -> Self {
        let (ring, undelivered, subscribers) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (floor, presence, idle_sweeps) = (RefCell::default(), Cell::new(None), Cell::new(0));
        Self { channel, epoch, history, ring, undelivered, subscribers, floor, presence, idle_sweeps }
    }

    /// Appends the next messages of the channel. They stay undelivered until
    /// [`take_undelivered`](Self::take_undelivered).
    pub fn push(&self, news: &News) {
        let mut ring = self.ring.borrow_mut();
        news.messages.iter().for_each(|message| ring.push(Arc::clone(message)));
        let piece = Piece { run: news.run.clone(), count: news.messages.len() };
        self.undelivered.borrow_mut().push(piece);
    }

    /// Whether there are messages that the subscribers have not been offered yet.
    pub(crate) fn has_undelivered(&self) -> bool {
        !self.undelivered.borrow().is_empty()
    }

    /// Removes and returns the undelivered messages. The caller offers them to all subscribers.
    pub fn take_undelivered(&self) -> Undelivered {
        let mut pieces = self.undelivered.borrow_mut();
        let count = pieces.iter().map(|piece| piece.count).sum();
        let run: Option<Vec<_>> = pieces.drain(..).map(|piece| piece.run).collect();
        Undelivered { run: run.and_then(EncodedRun::concat), count }
    }

    /// Number of bytes in the ring.
    pub(crate) fn ring_bytes(&self) -> usize {
        self.ring.borrow().bytes
    }

    /// Empties the ring. Subscribers that are behind continue from the log.
    pub(crate) fn empty_ring(&self) {
        let mut ring = self.ring.borrow_mut();
        (ring.messages, ring.bytes) = (VecDeque::new(), 0);
    }

    /// Calls `visit` for the subscribers with keys from `key` on, in at most `most` keys. Returns the key to continue
    /// at, or `None` after the last one.
    pub fn subscribers(&self, key: usize, most: usize, visit: impl FnMut(&Subscriber)) -> Option<usize> {
        let subscribers = self.subscribers.borrow();
        let end = key.saturating_add(most);
        (key..end.min(subscribers.capacity())).filter_map(|key| subscribers.get(key)).for_each(visit);
        (end < subscribers.capacity()).then_some(end)
    }

    /// Returns the first message after `cursor`, if the ring has it.
    pub fn next(&self, cursor: Offset) -> Next {
        self.ring.borrow().next(cursor)
    }

    /// The newest offset. `None` until it is known.
    pub fn head(&self) -> Option<Offset> {
        self.ring.borrow().head
    }

    /// Sets the newest offset that the log had after this feed was created. A newer known offset stays.
    pub(crate) fn learn_head(&self, head: Offset) {
        let known = &mut self.ring.borrow_mut().head;
        *known = (*known).max(Some(head));
    }

    /// The offset before the oldest message in the ring. `None` if the ring is empty.
    pub(crate) fn ring_floor(&self) -> Option<Offset> {
        self.ring.borrow().messages.front().map(|message| message.prev)
    }

    /// Adds a subscriber. Returns its key in this feed.
    pub(crate) fn add_subscriber(
        &self,
        connection: ConnectionKey,
        wire: Option<Rc<Wire>>,
        subscription: SubscriptionKey,
    ) -> usize {
        self.idle_sweeps.set(0);
        self.subscribers.borrow_mut().insert(Subscriber {
            connection,
            subscription,
            wire,
            parked: Cell::new(None),
        })
    }

    /// Stores the cursor of a subscriber that waits for news.
    pub(crate) fn park(&self, key: usize, cursor: Offset) {
        if let Some(subscriber) = self.subscribers.borrow().get(key) {
            subscriber.parked.set(Some(cursor));
        }
    }

    /// The cursor of a parked subscriber. `None` if the subscriber is not parked.
    pub(crate) fn parked(&self, key: usize) -> Option<Offset> {
        self.subscribers.borrow().get(key)?.parked.get()
    }

    /// Removes and returns the cursor of a parked subscriber.
    pub(crate) fn unpark(&self, key: usize) -> Option<Offset> {
        self.subscribers.borrow().get(key)?.parked.take()
    }

    /// Removes a subscriber.
    pub(crate) fn remove_subscriber(&self, key: usize) {
        self.subscribers.borrow_mut().try_remove(key);
    }

    /// Number of subscribers on this worker.
    pub(crate) fn subscriber_count(&self) -> usize {
        self.subscribers.borrow().len()
    }

    /// The presence version that the subscribers on this worker have. `None` if the channel has no presence or no
    /// subscriber on this worker.
    pub fn presence(&self) -> Option<u64> {
        self.presence.get()
    }

    /// Sets the presence version that the subscribers on this worker have.
    pub(crate) fn set_presence(&self, version: Option<u64>) {
        self.presence.set(version);
    }

    /// Cached `Bounds::floor`, the offset before the oldest message in the log. The first caller loads it; concurrent
    /// callers wait for that load. It may be stale by one sweep: if retention has moved the floor, the subscriber gets
    /// a `gap` when it reaches the hole.
    pub fn floor(&self) -> Rc<OnceCell<Offset>> {
        Rc::clone(self.floor.borrow_mut().get_or_insert_default())
    }

    /// Discards the cached floor, because retention may have moved it.
    pub(crate) fn forget_floor(&self) {
        self.floor.take();
    }

    /// Counts a sweep. Returns the number of consecutive sweeps that found no subscriber.
    pub fn sweep(&self) -> u32 {
        let idle = if self.subscriber_count() == 0 { self.idle_sweeps.get() + 1 } else { 0 };
        self.idle_sweeps.set(idle);
        idle
    }

    /// Number of consecutive sweeps that found no subscriber.
    pub(crate) fn idle_sweeps(&self) -> u32 {
        self.idle_sweeps.get()
    }
}

/// The newest messages of a channel, without a hole between them.
#[derive(Default)]
struct Ring {
    messages: VecDeque<Arc<EncodedMessage>>,
    bytes: usize,
    head: Option<Offset>,
}

impl Ring {
    fn push(&mut self, message: Arc<EncodedMessage>) {
        if self.messages.back().is_some_and(|last| last.offset != message.prev) {
            // A cursor would silently skip a hole. Subscribers that still need the removed messages continue from the
            // log.
            self.messages.clear();
            self.bytes = 0;
        }
        self.head = self.head.max(Some(message.offset));
        self.bytes += message.bytes();
        self.messages.push_back(message);
        while self.messages.len() > RING_MESSAGES_MAX
            || (self.bytes > RING_BYTES_MAX && self.messages.len() > 1)
        {
            if let Some(oldest) = self.messages.pop_front() {
                self.bytes -= oldest.bytes();
            }
        }
    }

    fn next(&self, cursor: Offset) -> Next {
        let (Some(oldest), Some(newest)) = (self.messages.front(), self.messages.back()) else {
            return if self.head.is_some_and(|head| cursor < head) { Next::Behind } else { Next::UpToDate };
        };
        // Most subscribers lack only the newest message or none. Answer them without reading older messages, which are
        // cache misses.
        if cursor >= newest.offset {
            return Next::UpToDate;
        }
        if cursor >= newest.prev {
            return Next::Message(Arc::clone(newest));
        }
        if cursor < oldest.prev {
            return Next::Behind;
        }
        let message = self.expected(oldest.prev, cursor).or_else(|| {
            let index = self.messages.partition_point(|message| message.offset <= cursor);
            self.messages.get(index)
        });
        message.map_or(Next::UpToDate, |message| Next::Message(Arc::clone(message)))
    }

    /// Returns the message after `cursor`, if it is at the index that consecutive offsets would give it.
    fn expected(&self, floor: Offset, cursor: Offset) -> Option<&Arc<EncodedMessage>> {
        let index = usize::try_from(cursor.0 - floor.0).ok()?;
        self.messages.get(index).filter(|message| (message.prev..message.offset).contains(&cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn message(prev: u64, offset: u64, bytes: usize) -> Arc<EncodedMessage> {
        let typed = Bytes::from(vec![0; bytes]);
        Arc::new(EncodedMessage {
            offset: Offset(offset),
            prev: Offset(prev),
            origin: None,
            typed,
            plain: None,
        })
    }

    fn news(messages: Vec<Arc<EncodedMessage>>) -> News {
        News::new(ChannelName::parse("room:lobby").unwrap(), messages)
    }

    fn offset_after(ring: &Ring, cursor: u64) -> Option<u64> {
        match ring.next(Offset(cursor)) {
            Next::Message(message) => Some(message.offset.0),
            Next::UpToDate => None,
            Next::Behind => panic!("{cursor} is behind the ring"),
        }
    }

    #[test]
    fn a_cursor_advances_message_by_message() {
        let mut ring = Ring::default();
        for (prev, offset) in [(4, 5), (5, 9), (9, 10)] {
            ring.push(message(prev, offset, 1));
        }
        assert_eq!(offset_after(&ring, 4), Some(5));
        assert_eq!(offset_after(&ring, 5), Some(9));
        assert_eq!(offset_after(&ring, 7), Some(9), "offsets need not be consecutive");
        assert_eq!(offset_after(&ring, 10), None);
        assert!(matches!(ring.next(Offset(3)), Next::Behind));
    }

    #[test]
    fn an_empty_ring_answers_from_the_head() {
        let mut ring = Ring::default();
        assert!(matches!(ring.next(Offset(0)), Next::UpToDate));
        ring.head = Some(Offset(3));
        assert!(matches!(ring.next(Offset(2)), Next::Behind));
        assert!(matches!(ring.next(Offset(3)), Next::UpToDate));
    }

    #[test]
    fn the_ring_stays_within_its_limits() {
        let mut ring = Ring::default();
        let messages = u64::try_from(RING_MESSAGES_MAX).unwrap();
        for offset in 1..=messages {
            ring.push(message(offset - 1, offset, 1));
        }
        assert_eq!(offset_after(&ring, 0), Some(1));
        ring.push(message(messages, messages + 1, 1));
        assert!(matches!(ring.next(Offset(0)), Next::Behind));

        ring.push(message(messages + 1, messages + 2, RING_BYTES_MAX + 1));
        assert_eq!(ring.messages.len(), 1, "the newest message stays even if it is too large");
    }

    #[test]
    fn an_emptied_ring_reports_behind_until_the_next_message() {
        let feed = Feed::new(ChannelName::parse("room:lobby").unwrap(), Epoch(1), true);
        feed.push(&news(vec![message(0, 1, 10), message(1, 2, 10)]));
        assert_eq!(feed.ring_bytes(), 20);
        feed.empty_ring();
        assert_eq!(feed.ring_bytes(), 0);
        assert!(matches!(feed.next(Offset(1)), Next::Behind));
        assert!(matches!(feed.next(Offset(2)), Next::UpToDate));
        feed.push(&news(vec![message(2, 3, 10)]));
        assert!(matches!(feed.next(Offset(2)), Next::Message(_)));
    }

    #[test]
    fn undelivered_messages_are_joined_into_one_run() {
        let feed = Feed::new(ChannelName::parse("room:lobby").unwrap(), Epoch(1), true);
        feed.push(&news(vec![message(0, 1, 10), message(1, 2, 10)]));
        feed.push(&news(vec![message(2, 3, 10)]));
        let undelivered = feed.take_undelivered();
        let run = undelivered.run.unwrap();
        assert_eq!((undelivered.count, run.messages(), run.bytes.len()), (3, 3, 30));
        assert_eq!((run.before, run.last()), (Offset(0), Offset(3)));
        assert!(!feed.has_undelivered());

        feed.push(&news(vec![message(3, 4, 10)]));
        feed.push(&news(vec![message(7, 8, 10)]));
        let undelivered = feed.take_undelivered();
        assert_eq!(
            (undelivered.count, undelivered.run.is_none()),
            (2, true),
            "messages with a hole between them are not joined"
        );
    }

    #[test]
    fn a_cursor_never_skips_a_hole() {
        let mut ring = Ring::default();
        ring.push(message(0, 1, 1));
        ring.push(message(5, 6, 1));
        assert!(matches!(ring.next(Offset(1)), Next::Behind));
    }
}
