//! What a worker holds of a channel: its newest frames, and who reads it here.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, Epoch, Offset};
use slab::Slab;
use tokio::sync::OnceCell;

use super::wire::Wire;
use crate::mailbox::News;
use crate::message::{Frame, Joined};

/// Most frames that a feed holds. A reader further behind is served from the log.
pub const RING_FRAMES_MAX: usize = 1024;

/// Most bytes of frames that a feed holds.
pub const RING_BYTES_MAX: usize = 256 * 1024;

/// What comes after a cursor.
#[derive(Debug, Clone)]
pub enum Next {
    /// This.
    Frame(Arc<Frame>),
    /// Nothing yet.
    UpToDate,
    /// Something that is no longer in the ring.
    Behind,
}

/// A channel on one worker.
pub struct Feed {
    /// The channel.
    pub channel: ChannelName,
    /// The incarnation of its log.
    pub epoch: Epoch,
    /// Whether what has left the ring can be read from the log.
    pub history: bool,
    ring: RefCell<Ring>,
    undelivered: RefCell<Vec<Piece>>,
    readers: RefCell<Slab<Reader>>,
    /// The offset before the oldest message in the log, as it was a moment ago.
    floor: RefCell<Option<Rc<OnceCell<Offset>>>>,
    /// The version of the channel's presence that the readers here have been told, or are about to be.
    presence: Cell<Option<u64>>,
    /// How many sweeps have found it without readers.
    idle_sweeps: Cell<u32>,
}

/// What the readers of a feed have not been told yet.
pub struct Undelivered {
    /// It in one piece, where nothing is missing between its messages.
    pub joined: Option<Arc<Joined>>,
    /// How many messages it is.
    pub messages: usize,
}

/// What a feed has taken at once.
struct Piece {
    joined: Option<Arc<Joined>>,
    messages: usize,
}

/// Names a connection on its worker for as long as it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionKey(pub usize);

/// A reader of a feed. What the fan-out needs of it is here and in the wire.
pub struct Reader {
    /// Its connection.
    pub connection: ConnectionKey,
    /// What the connection calls the subscription.
    pub slot: usize,
    /// The way to the connection, if its socket is its own.
    wire: Option<Rc<Wire>>,
    /// The cursor of a reader that has everything up to there and waits for news.
    parked: Cell<Option<Offset>>,
}

/// What became of news that a reader was offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Offered {
    /// All of it is written.
    Written,
    /// The socket is full. It has taken this many bytes.
    Cut {
        /// The number of bytes.
        taken: usize,
    },
    /// The socket has ended.
    Broken,
    /// The reader waits for news, but something else has to be written first.
    Later,
    /// The reader does not wait: it knows already that there is news.
    Behind,
}

impl Reader {
    /// Writes news to a reader that waits for it, unless something else has to be written first. The caller acts on the rest.
    ///
    /// `only` says whether the channel is the only one that has news; a connection that follows others is then written to once
    /// for all of them. Without `news` in one piece nothing is written.
    pub fn offer(&self, news: Option<&Joined>, only: bool) -> Offered {
        let Some(cursor) = self.parked.get() else { return Offered::Behind };
        let (Some(joined), Some(wire)) = (news, self.wire.as_ref().filter(|wire| wire.is_free(only))) else {
            return Offered::Later;
        };
        if cursor != joined.before {
            return Offered::Later;
        }
        self.parked.set(Some(joined.last()));
        match wire.write(&joined.bytes) {
            Ok(taken) if taken == joined.bytes.len() => {
                wire.count(joined.messages());
                Offered::Written
            }
            Ok(taken) => Offered::Cut { taken },
            Err(_) => Offered::Broken,
        }
    }
}

impl Feed {
    /// A feed that holds nothing yet.
    pub fn new(channel: ChannelName, epoch: Epoch, history: bool) -> Self {
        let (ring, undelivered, readers) = (RefCell::default(), RefCell::default(), RefCell::default());
        let (floor, presence, idle_sweeps) = (RefCell::default(), Cell::new(None), Cell::new(0));
        Self { channel, epoch, history, ring, undelivered, readers, floor, presence, idle_sweeps }
    }

    /// Takes the next messages of the channel. The readers are still to be told.
    pub fn take(&self, news: &News) {
        let mut ring = self.ring.borrow_mut();
        news.frames.iter().for_each(|frame| ring.push(Arc::clone(frame)));
        let piece = Piece { joined: news.joined.clone(), messages: news.frames.len() };
        self.undelivered.borrow_mut().push(piece);
    }

    /// Whether there is something that the readers are still to be told.
    pub fn has_undelivered(&self) -> bool {
        !self.undelivered.borrow().is_empty()
    }

    /// What the readers are still to be told: who asks tells them.
    pub fn take_undelivered(&self) -> Undelivered {
        let mut pieces = self.undelivered.borrow_mut();
        let messages = pieces.iter().map(|piece| piece.messages).sum();
        let joined: Option<Vec<_>> = pieces.drain(..).map(|piece| piece.joined).collect();
        Undelivered { joined: joined.and_then(Joined::concat), messages }
    }

    /// How many bytes the ring holds.
    pub fn ring_bytes(&self) -> usize {
        self.ring.borrow().bytes
    }

    /// Lets go of what the ring holds: a reader that is behind goes on from the log.
    pub fn forget(&self) {
        let mut ring = self.ring.borrow_mut();
        (ring.frames, ring.bytes) = (VecDeque::new(), 0);
    }

    /// The readers from `key` on, at most `most`. Returns the key to go on from, while there may be more.
    pub fn readers(&self, key: usize, most: usize, tell: impl FnMut(&Reader)) -> Option<usize> {
        let readers = self.readers.borrow();
        let end = key.saturating_add(most);
        (key..end.min(readers.capacity())).filter_map(|key| readers.get(key)).for_each(tell);
        (end < readers.capacity()).then_some(end)
    }

    /// What comes after `cursor`.
    pub fn next(&self, cursor: Offset) -> Next {
        self.ring.borrow().next(cursor)
    }

    /// The newest offset, where it is known.
    pub fn head(&self) -> Option<Offset> {
        self.ring.borrow().head
    }

    /// Tells the feed the newest offset that the log had after this feed was made.
    pub fn learn_head(&self, head: Offset) {
        let known = &mut self.ring.borrow_mut().head;
        *known = (*known).max(Some(head));
    }

    /// The offset before the oldest frame in the ring, where there is one.
    pub fn ring_floor(&self) -> Option<Offset> {
        self.ring.borrow().frames.front().map(|frame| frame.prev)
    }

    /// Registers a reader: what it calls the subscription is `slot`. Returns what the feed calls the reader.
    pub fn add_reader(&self, connection: ConnectionKey, wire: Option<Rc<Wire>>, slot: usize) -> usize {
        self.idle_sweeps.set(0);
        self.readers.borrow_mut().insert(Reader { connection, slot, wire, parked: Cell::new(None) })
    }

    /// Leaves a reader's cursor with the feed, until there is news.
    pub fn park(&self, key: usize, cursor: Offset) {
        if let Some(reader) = self.readers.borrow().get(key) {
            reader.parked.set(Some(cursor));
        }
    }

    /// The cursor of a reader that waits for news.
    pub fn parked(&self, key: usize) -> Option<Offset> {
        self.readers.borrow().get(key)?.parked.get()
    }

    /// Gives a reader its cursor back.
    pub fn unpark(&self, key: usize) -> Option<Offset> {
        self.readers.borrow().get(key)?.parked.take()
    }

    /// Forgets a reader.
    pub fn remove_reader(&self, key: usize) {
        self.readers.borrow_mut().try_remove(key);
    }

    /// How many read it here.
    pub fn reader_count(&self) -> usize {
        self.readers.borrow().len()
    }

    /// The version of the channel's presence that the readers here have been told. `None` if the channel has no presence,
    /// or nobody reads it here.
    pub fn presence(&self) -> Option<u64> {
        self.presence.get()
    }

    /// Notes the version that the readers here are told.
    pub fn set_presence(&self, version: Option<u64>) {
        self.presence.set(version);
    }

    /// The offset before the oldest message in the log, as far as it is known: who finds nothing asks, and who comes
    /// meanwhile waits with them. It may have been true a sweep ago; a message that has gone since is told as a gap when its
    /// turn comes.
    pub fn floor(&self) -> Rc<OnceCell<Offset>> {
        Rc::clone(self.floor.borrow_mut().get_or_insert_default())
    }

    /// Forgets that offset: retention may have moved it.
    pub fn forget_floor(&self) {
        self.floor.take();
    }

    /// Counts a sweep. Returns how many in a row have found nobody.
    pub fn sweep(&self) -> u32 {
        let idle = if self.reader_count() == 0 { self.idle_sweeps.get() + 1 } else { 0 };
        self.idle_sweeps.set(idle);
        idle
    }

    /// How many sweeps in a row have found nobody.
    pub fn idle_sweeps(&self) -> u32 {
        self.idle_sweeps.get()
    }
}

/// The newest frames of a channel, without a hole between them.
#[derive(Default)]
struct Ring {
    frames: VecDeque<Arc<Frame>>,
    bytes: usize,
    head: Option<Offset>,
}

impl Ring {
    fn push(&mut self, frame: Arc<Frame>) {
        if self.frames.back().is_some_and(|last| last.offset != frame.prev) {
            // A hole would be jumped over in silence. The readers of what was here go on from the log.
            self.frames.clear();
            self.bytes = 0;
        }
        self.head = self.head.max(Some(frame.offset));
        self.bytes += frame.bytes();
        self.frames.push_back(frame);
        while self.frames.len() > RING_FRAMES_MAX || (self.bytes > RING_BYTES_MAX && self.frames.len() > 1) {
            if let Some(oldest) = self.frames.pop_front() {
                self.bytes -= oldest.bytes();
            }
        }
    }

    fn next(&self, cursor: Offset) -> Next {
        let (Some(oldest), Some(newest)) = (self.frames.front(), self.frames.back()) else {
            return if self.head.is_some_and(|head| cursor < head) { Next::Behind } else { Next::UpToDate };
        };
        // Most readers have all but the newest, or all: the frames before it, which have gone out of the cache, are let be.
        if cursor >= newest.offset {
            return Next::UpToDate;
        }
        if cursor >= newest.prev {
            return Next::Frame(Arc::clone(newest));
        }
        if cursor < oldest.prev {
            return Next::Behind;
        }
        let frame = self.expected(oldest.prev, cursor).or_else(|| {
            let index = self.frames.partition_point(|frame| frame.offset <= cursor);
            self.frames.get(index)
        });
        frame.map_or(Next::UpToDate, |frame| Next::Frame(Arc::clone(frame)))
    }

    /// The frame after `cursor`, if it stands where it does when no offset is left out.
    fn expected(&self, floor: Offset, cursor: Offset) -> Option<&Arc<Frame>> {
        let index = usize::try_from(cursor.0 - floor.0).ok()?;
        self.frames.get(index).filter(|frame| (frame.prev..frame.offset).contains(&cursor))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn frame(prev: u64, offset: u64, bytes: usize) -> Arc<Frame> {
        let typed = Bytes::from(vec![0; bytes]);
        Arc::new(Frame { offset: Offset(offset), prev: Offset(prev), origin: None, typed, plain: None })
    }

    fn news(frames: Vec<Arc<Frame>>) -> News {
        News::new(ChannelName::parse("room:lobby").unwrap(), frames)
    }

    fn offset_after(ring: &Ring, cursor: u64) -> Option<u64> {
        match ring.next(Offset(cursor)) {
            Next::Frame(frame) => Some(frame.offset.0),
            Next::UpToDate => None,
            Next::Behind => panic!("{cursor} is behind the ring"),
        }
    }

    #[test]
    fn a_cursor_is_led_from_frame_to_frame() {
        let mut ring = Ring::default();
        for (prev, offset) in [(4, 5), (5, 9), (9, 10)] {
            ring.push(frame(prev, offset, 1));
        }
        assert_eq!(offset_after(&ring, 4), Some(5));
        assert_eq!(offset_after(&ring, 5), Some(9));
        assert_eq!(offset_after(&ring, 7), Some(9), "offsets may have holes");
        assert_eq!(offset_after(&ring, 10), None);
        assert!(matches!(ring.next(Offset(3)), Next::Behind));
    }

    #[test]
    fn without_frames_the_head_decides() {
        let mut ring = Ring::default();
        assert!(matches!(ring.next(Offset(0)), Next::UpToDate));
        ring.head = Some(Offset(3));
        assert!(matches!(ring.next(Offset(2)), Next::Behind));
        assert!(matches!(ring.next(Offset(3)), Next::UpToDate));
    }

    #[test]
    fn the_ring_keeps_to_its_limits() {
        let mut ring = Ring::default();
        let frames = u64::try_from(RING_FRAMES_MAX).unwrap();
        for offset in 1..=frames {
            ring.push(frame(offset - 1, offset, 1));
        }
        assert_eq!(offset_after(&ring, 0), Some(1));
        ring.push(frame(frames, frames + 1, 1));
        assert!(matches!(ring.next(Offset(0)), Next::Behind));

        ring.push(frame(frames + 1, frames + 2, RING_BYTES_MAX + 1));
        assert_eq!(ring.frames.len(), 1, "the newest stays, however large");
    }

    #[test]
    fn what_was_let_go_is_behind_and_what_comes_is_next() {
        let feed = Feed::new(ChannelName::parse("room:lobby").unwrap(), Epoch(1), true);
        feed.take(&news(vec![frame(0, 1, 10), frame(1, 2, 10)]));
        assert_eq!(feed.ring_bytes(), 20);
        feed.forget();
        assert_eq!(feed.ring_bytes(), 0);
        assert!(matches!(feed.next(Offset(1)), Next::Behind));
        assert!(matches!(feed.next(Offset(2)), Next::UpToDate));
        feed.take(&news(vec![frame(2, 3, 10)]));
        assert!(matches!(feed.next(Offset(2)), Next::Frame(_)));
    }

    #[test]
    fn what_came_since_the_readers_were_told_is_one_piece() {
        let feed = Feed::new(ChannelName::parse("room:lobby").unwrap(), Epoch(1), true);
        feed.take(&news(vec![frame(0, 1, 10), frame(1, 2, 10)]));
        feed.take(&news(vec![frame(2, 3, 10)]));
        let undelivered = feed.take_undelivered();
        let joined = undelivered.joined.unwrap();
        assert_eq!((undelivered.messages, joined.messages(), joined.bytes.len()), (3, 3, 30));
        assert_eq!((joined.before, joined.last()), (Offset(0), Offset(3)));
        assert!(!feed.has_undelivered());

        feed.take(&news(vec![frame(3, 4, 10)]));
        feed.take(&news(vec![frame(7, 8, 10)]));
        let undelivered = feed.take_undelivered();
        assert_eq!((undelivered.messages, undelivered.joined.is_none()), (2, true), "a hole is not joined");
    }

    #[test]
    fn a_hole_is_never_jumped_over() {
        let mut ring = Ring::default();
        ring.push(frame(0, 1, 1));
        ring.push(frame(5, 6, 1));
        assert!(matches!(ring.next(Offset(1)), Next::Behind));
    }
}
