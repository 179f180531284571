//! What goes out on one connection.
//!
//! A connection owns no backlog of messages: it has cursors into feeds, a bounded queue of replies and a table of
//! slots. The socket's writer takes the next frame when the socket has room for one; until then, nothing is encoded,
//! copied or queued for it.

mod catch_up;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use shared::ids::{ChannelName, Offset, RequestId};
use shared::protocol::{CloseCode, Head, Presence, PresenceChange, ServerMessage};

use super::Hub;
use super::feed::Feed;
use super::frame::{Frame, close_frame, server_frame};
use super::registry::{ConnectionInfo, Mode};
use super::slots::{SlotKey, SlotNews, Slots};
use super::subscriptions::{Subscriptions, Take};

/// Most replies, sent or owed, that a connection may leave unread. At the limit nothing more is read from it, until
/// it reads: its own socket then slows it down.
pub const REPLIES_MAX: usize = 256;

/// How long the peer may take to answer a close frame.
const CLOSE_GRACE: Duration = Duration::from_secs(2);

/// The outgoing half of a connection. It belongs to one worker.
pub struct Outbound {
    /// The connection.
    pub info: Arc<ConnectionInfo>,
    hub: Arc<Hub>,
    inner: RefCell<Inner>,
    heard: Cell<Instant>,
    /// The last heartbeat was sent then.
    beaten: Cell<Instant>,
    close_code: Cell<Option<CloseCode>>,
}

struct Inner {
    phase: Phase,
    replies: VecDeque<Bytes>,
    /// Replies that will come from the log thread.
    owed: usize,
    slots: Slots,
    subscriptions: Subscriptions,
    /// The writer, while it waits for something to write.
    writer: Option<Waker>,
    /// The reader, while it waits for replies to be read, or for the end.
    reader: Option<Waker>,
}

/// How far a connection's end has come.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    Open,
    /// The replies go out, then this close frame.
    Closing {
        frame: Option<Bytes>,
        since: Instant,
        peer_closed: bool,
    },
    /// Nothing goes out any more.
    Ended,
}

impl Outbound {
    /// The outgoing half of a new connection.
    pub fn new(info: Arc<ConnectionInfo>, hub: Arc<Hub>) -> Rc<Self> {
        let now = Instant::now();
        let inner = Inner {
            phase: Phase::Open,
            replies: VecDeque::new(),
            owed: 0,
            slots: Slots::default(),
            subscriptions: Subscriptions::default(),
            writer: None,
            reader: None,
        };
        Rc::new(Self {
            info,
            hub,
            inner: RefCell::new(inner),
            heard: Cell::new(now),
            beaten: Cell::new(now),
            close_code: Cell::new(None),
        })
    }

    /// Queues a reply of the protocol's own.
    pub fn reply(&self, message: &ServerMessage) {
        self.reply_frame(server_frame(message));
    }

    /// Queues a frame that is already encoded.
    pub fn reply_frame(&self, frame: Bytes) {
        let mut inner = self.inner.borrow_mut();
        if inner.phase == Phase::Open {
            inner.replies.push_back(frame);
            inner.wake_writer();
        }
    }

    /// Whether so many replies are unread that a push has to be refused.
    pub fn is_full(&self) -> bool {
        self.inner.borrow().pending_replies() >= REPLIES_MAX
    }

    /// Notes that the log thread will answer a request.
    pub fn owe(&self) {
        self.inner.borrow_mut().owed += 1;
    }

    /// Notes that the log thread has answered one.
    pub fn settle(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.owed = inner.owed.saturating_sub(1);
        inner.wake_reader();
    }

    /// Fills a slot.
    pub fn signal(&self, key: SlotKey, frame: Bytes) {
        let mut inner = self.inner.borrow_mut();
        if inner.phase == Phase::Open {
            inner.slots.put(key, frame);
            inner.wake_writer();
        }
    }

    /// Notes that the feed of a subscription has something new.
    pub fn mark(&self, slot: usize) {
        let mut inner = self.inner.borrow_mut();
        if inner.subscriptions.mark(slot) {
            inner.wake_writer();
        }
    }

    /// Begins a subscription, or begins it anew at another cursor. What a typed client is told goes out first.
    pub fn subscribe(
        self: &Rc<Self>,
        feed: Rc<Feed>,
        request: RequestId,
        cursor: Offset,
        told: Option<&ServerMessage>,
    ) {
        self.unsubscribe(&feed.channel);
        if let Some(told) = told {
            self.reply(told);
        }
        let mut inner = self.inner.borrow_mut();
        inner.subscriptions.add(self, feed, request, cursor);
        inner.wake_writer();
    }

    /// Ends a subscription. Returns whether there was one.
    pub fn unsubscribe(&self, channel: &ChannelName) -> bool {
        let mut inner = self.inner.borrow_mut();
        inner.slots.forget(channel);
        inner.subscriptions.remove(channel)
    }

    /// Whether the connection follows a channel.
    pub fn is_subscribed(&self, channel: &ChannelName) -> bool {
        self.inner.borrow().subscriptions.contains(channel)
    }

    /// The channels it follows.
    pub fn channels(&self) -> Vec<ChannelName> {
        self.inner.borrow().subscriptions.channels()
    }

    /// Says that the connection will be closed, and closes it when the replies before it are out.
    pub fn close(&self, code: CloseCode, reason: &str) {
        let mut inner = self.inner.borrow_mut();
        if inner.phase == Phase::Open {
            self.close_code.set(Some(code));
            let frame = Some(close_frame(code, reason));
            inner.phase = Phase::Closing { frame, since: Instant::now(), peer_closed: false };
            inner.wake_writer();
        }
    }

    /// Notes that the peer has sent its close frame: ours, if it is not out yet, is the last thing to write.
    pub fn peer_closed(&self, code: CloseCode) {
        self.close(code, "");
        let mut inner = self.inner.borrow_mut();
        if let Phase::Closing { peer_closed, .. } = &mut inner.phase {
            *peer_closed = true;
        }
        inner.wake_writer();
    }

    /// Ends it: nothing goes out any more. Its subscriptions are the worker's to end, who tells the others.
    pub fn end(&self) {
        let mut inner = self.inner.borrow_mut();
        inner.phase = Phase::Ended;
        inner.replies.clear();
        inner.wake_writer();
        inner.wake_reader();
    }

    /// The code it was closed with, where it was not just gone.
    pub fn close_code(&self) -> Option<CloseCode> {
        self.close_code.get()
    }

    /// Whether it is open: neither closing nor ended.
    pub fn is_open(&self) -> bool {
        self.inner.borrow().phase == Phase::Open
    }

    /// Notes that the peer has been heard.
    pub fn hear(&self) {
        self.heard.set(Instant::now());
    }

    /// How long the peer has been silent, unless its socket is full: then it is slow, and the network tells whether
    /// it is there.
    pub fn silence(&self) -> Duration {
        let waits_for_news = self.inner.borrow().writer.is_some();
        if waits_for_news { self.heard.get().elapsed() } else { Duration::ZERO }
    }

    /// Whether a heartbeat is due, `every` so often; if so, the next is due that much later.
    pub fn beat(&self, every: Duration) -> bool {
        let due = self.beaten.get().elapsed() >= every;
        if due {
            self.beaten.set(Instant::now());
        }
        due
    }

    /// What has been sent of each channel that is followed.
    pub fn heads(&self) -> Vec<Head> {
        self.inner.borrow().subscriptions.heads()
    }

    /// Ends a connection whose peer takes too long to close it.
    pub fn sweep(&self) {
        let overdue = match self.inner.borrow().phase {
            Phase::Closing { since, .. } => since.elapsed() > CLOSE_GRACE,
            Phase::Open | Phase::Ended => false,
        };
        if overdue {
            self.end();
        }
    }

    /// Waits until the peer may send more: enough of its replies are read, or the connection is no longer open.
    pub fn poll_room(&self, context: &Context<'_>) -> Poll<()> {
        let mut inner = self.inner.borrow_mut();
        if inner.phase != Phase::Open || inner.pending_replies() < REPLIES_MAX {
            return Poll::Ready(());
        }
        inner.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// Waits until nothing goes out any more.
    pub fn poll_end(&self, context: &Context<'_>) -> Poll<()> {
        let mut inner = self.inner.borrow_mut();
        if inner.phase == Phase::Ended {
            return Poll::Ready(());
        }
        inner.reader = Some(context.waker().clone());
        Poll::Pending
    }

    /// The next frame to write, when the socket has room for one; nothing when the connection has ended.
    pub fn poll_frame(self: &Rc<Self>, context: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut inner = self.inner.borrow_mut();
        loop {
            if let Some(frame) = inner.replies.pop_front() {
                if inner.pending_replies() + 1 == REPLIES_MAX {
                    inner.wake_reader();
                }
                return Poll::Ready(Some(frame));
            }
            match &mut inner.phase {
                Phase::Open => {}
                Phase::Ended => return Poll::Ready(None),
                Phase::Closing { frame, .. } if frame.is_some() => {
                    let frame = frame.take().unwrap_or_default();
                    return Poll::Ready(Some(frame));
                }
                Phase::Closing { peer_closed: true, .. } => {
                    inner.phase = Phase::Ended;
                    inner.wake_reader();
                    return Poll::Ready(None);
                }
                Phase::Closing { .. } => {
                    inner.writer = Some(context.waker().clone());
                    return Poll::Pending;
                }
            }
            match inner.slots.take() {
                Some(SlotNews::Frame(frame)) => return Poll::Ready(Some(frame)),
                Some(SlotNews::Members(channel)) => {
                    let change = PresenceChange::Members(self.hub.presence.members(&channel));
                    let presence = Presence { id: None, channel, change };
                    return Poll::Ready(Some(server_frame(&ServerMessage::Presence(presence))));
                }
                None => {}
            }
            match inner.subscriptions.take() {
                Take::Frame(frame) => {
                    if let Some(bytes) = self.rendered(&frame) {
                        self.info.count_sent();
                        return Poll::Ready(Some(bytes));
                    }
                }
                Take::Behind { slot, serial, feed, cursor } => {
                    if feed.history {
                        self.read_log(slot, serial, feed, cursor);
                    } else {
                        let oldest = feed.ring_floor().or(feed.head()).unwrap_or(cursor);
                        inner.jump(&self.info, slot, serial, oldest);
                    }
                }
                Take::Nothing => {
                    inner.writer = Some(context.waker().clone());
                    return Poll::Pending;
                }
            }
        }
    }

    /// The frame as this client understands it; nothing where it is none of its business.
    fn rendered(&self, frame: &Frame) -> Option<Bytes> {
        match self.info.mode {
            Mode::Typed => Some(frame.typed.clone()),
            Mode::Plain if frame.origin == Some(self.info.connection) => None,
            Mode::Plain => frame.plain.clone(),
        }
    }
}

impl Inner {
    fn pending_replies(&self) -> usize {
        self.replies.len() + self.owed
    }

    fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }

    fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }
}
