//! What goes out on one connection.
//!
//! A connection owns no backlog of messages: it has cursors into feeds, a bounded queue of replies and a table of
//! slots. The next frame is taken when the socket has room for one; until then, nothing is encoded, copied or queued
//! for it. A socket of its own is written to at once (`direct`); the body of an HTTP response is asked for frames.

mod catch_up;
mod change;
mod direct;
mod ending;
mod replies;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use shared::ids::{ChannelName, Offset, RequestId};
use shared::protocol::{CloseCode, Head};
use tokio::time::Instant;

use super::Hub;
use super::feed::Feed;
use super::frame::{Frame, ServerMessage, server_frame};
use super::gate::Gates;
use super::pages::Pages;
use super::registry::{ConnectionInfo, Mode};
use super::slots::{SlotKey, SlotNews, Slots};
use super::subscriptions::{Subscriptions, Take};
use super::wire::Wire;
use catch_up::Behind;
use direct::Direct;
use replies::Replies;
pub use replies::{Backlog, OWED_BYTES_MAX, REPLIES_BYTES_MAX, REPLIES_MAX};

/// The outgoing half of a connection. It belongs to one worker.
pub struct Outbound {
    /// The connection.
    pub info: Arc<ConnectionInfo>,
    hub: Arc<Hub>,
    gates: Rc<Gates>,
    pages: Rc<Pages>,
    inner: RefCell<Inner>,
    opened: Instant,
    heard: Cell<Instant>,
    /// The last heartbeat was sent then.
    beaten: Cell<Instant>,
    close_code: Cell<Option<CloseCode>>,
}

struct Inner {
    phase: Phase,
    replies: Replies,
    slots: Slots,
    subscriptions: Subscriptions,
    /// The socket, where the connection has one of its own.
    direct: Option<Direct>,
    /// Who writes, while they wait for something to write.
    writer: Option<Waker>,
    /// The reader, while it waits for replies to be read, or for the end.
    reader: Option<Waker>,
    /// Whether the reader waits for replies to be read.
    is_held: bool,
    /// The subscriptions that wait for a page of the log.
    behind: Behind,
}

/// What a writer is to do next.
enum Step {
    /// Write this, which is said but once.
    Frame(Bytes),
    /// Write this, which comes after a cursor that stood at `before`.
    Message { slot: usize, before: Offset, frame: Bytes },
    /// Wait: there is nothing.
    Wait,
    /// Nothing will come any more.
    Ended,
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
    /// The outgoing half of a new connection. Without a socket of its own, its frames are asked for with
    /// [`poll_frame`](Self::poll_frame).
    pub fn new(
        info: Arc<ConnectionInfo>,
        hub: Arc<Hub>,
        gates: Rc<Gates>,
        pages: Rc<Pages>,
        wire: Option<Rc<Wire>>,
    ) -> Rc<Self> {
        let now = Instant::now();
        let inner = Inner {
            phase: Phase::Open,
            replies: Replies::default(),
            slots: Slots::default(),
            subscriptions: Subscriptions::default(),
            direct: wire.map(Direct::new),
            writer: None,
            reader: None,
            is_held: false,
            behind: Behind::default(),
        };
        Rc::new(Self {
            info,
            hub,
            gates,
            pages,
            inner: RefCell::new(inner),
            opened: now,
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
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.replies.push(frame);
            inner.wake_writer();
        }
    }

    /// The same, for somebody who will [`flush`](Self::flush) the connection.
    pub fn reply_later(&self, frame: Bytes) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.replies.push(frame);
        }
    }

    /// Whether so many replies are unread that a push has to be refused.
    pub fn is_full(&self) -> bool {
        !self.inner.borrow().has_room()
    }

    /// Returns what the server holds for the connection.
    pub fn backlog(&self) -> Backlog {
        let inner = self.inner.borrow();
        let rest = inner.direct.as_ref().map_or(0, |direct| direct.rest.len());
        Backlog { page_bytes: inner.subscriptions.page_bytes(), ..inner.replies.backlog(rest) }
    }

    /// Notes that a request will be answered when its publication, of so many bytes, has its place.
    pub fn owe(&self, bytes: usize) {
        self.change().replies.owe(bytes);
    }

    /// Whether publications wait for their answers.
    pub fn owes(&self) -> bool {
        self.inner.borrow().replies.owes()
    }

    /// Notes that one has been answered.
    pub fn settle(&self, bytes: usize) {
        self.change().replies.settle(bytes);
    }

    /// Fills a slot.
    pub fn signal(&self, key: SlotKey, frame: Bytes) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.slots.put(key, frame);
            inner.wake_writer();
        }
    }

    /// Adds changes of a channel's presence; see [`Slots::put_presence`].
    pub fn signal_presence(&self, channel: &ChannelName, changes: Option<Bytes>) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.slots.put_presence(channel, changes);
            inner.wake_writer();
        }
    }

    /// Notes that the feed of a subscription that waits has something new. The connection is to be flushed.
    pub fn mark(&self, slot: usize) {
        self.change().subscriptions.mark(slot);
    }

    /// Begins a subscription, or begins it anew at another cursor. What a typed client is told goes out first.
    pub fn subscribe(
        self: &Rc<Self>,
        feed: Rc<Feed>,
        request: RequestId,
        cursor: Offset,
        told: Option<&ServerMessage>,
    ) {
        // Signals and changes of presence that wait for the client stay: it will not be sent them again.
        self.change().subscriptions.remove(&feed.channel);
        if let Some(told) = told {
            self.reply(told);
        }
        let mut inner = self.change();
        let wire = inner.direct.as_ref().map(|direct| Rc::clone(&direct.wire));
        inner.subscriptions.add(Rc::clone(self), wire, feed, request, cursor);
        inner.wake_writer();
    }

    /// Ends a subscription. Returns whether there was one.
    pub fn unsubscribe(&self, channel: &ChannelName) -> bool {
        let mut inner = self.change();
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

    /// How many channels it follows.
    pub fn subscription_count(&self) -> usize {
        self.inner.borrow().subscriptions.len()
    }

    /// How long the connection has been open.
    pub fn age(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Adds up what the fan-out has sent: it has no time to do that itself.
    pub fn count(&self) {
        if let Some(direct) = &self.inner.borrow().direct {
            self.info.count_sent(direct.wire.take_count());
        }
    }

    /// Notes that the peer has been heard.
    pub fn hear(&self, now: Instant) {
        self.heard.set(now);
    }

    /// How long the peer has been silent. While its socket is full it is slow, and the network tells whether it is
    /// there; that time does not count afterwards either, for no question could reach it.
    pub fn silence(&self) -> Duration {
        if self.inner.borrow().is_blocked() {
            self.hear(Instant::now());
        }
        self.heard.get().elapsed()
    }

    /// Whether a heartbeat is due, `every` so often; if so, the next is due that much later. None is while the socket is
    /// full: they would pile up.
    pub fn beat(&self, every: Duration) -> bool {
        let due = !self.inner.borrow().is_blocked() && self.beaten.get().elapsed() >= every;
        if due {
            self.beaten.set(Instant::now());
        }
        due
    }

    /// What has been sent of each channel that is followed.
    pub fn heads(&self) -> Vec<Head> {
        self.inner.borrow().subscriptions.heads()
    }

    /// Waits until the peer may send more, because enough of its replies are read: true. False when the connection is
    /// no longer open. In both cases the reader is woken when that changes.
    pub fn poll_room(&self, context: &Context<'_>) -> Poll<bool> {
        let mut inner = self.change();
        inner.wait_to_read(context);
        match inner.phase {
            Phase::Open if inner.has_room() => Poll::Ready(true),
            Phase::Open => {
                inner.is_held = true;
                Poll::Pending
            }
            Phase::Closing { .. } | Phase::Ended => Poll::Ready(false),
        }
    }

    /// Notes that the connection's task is at work, and will write what comes up when it is done.
    pub fn attend(&self) {
        let mut inner = self.change();
        if inner.direct.is_some() {
            inner.writer = None;
        }
    }

    /// The next frame to write, for a writer that has room for one; nothing when the connection has ended.
    pub fn poll_frame(self: &Rc<Self>, context: &Context<'_>) -> Poll<Option<Bytes>> {
        let mut inner = self.change();
        match self.next_step(&mut inner) {
            Step::Frame(frame) => Poll::Ready(Some(frame)),
            Step::Message { frame, .. } => {
                self.info.count_sent(1);
                Poll::Ready(Some(frame))
            }
            Step::Ended => Poll::Ready(None),
            Step::Wait => {
                inner.wait_to_write(context);
                Poll::Pending
            }
        }
    }

    /// What comes next: replies, then signals, then what is behind the cursors.
    fn next_step(self: &Rc<Self>, inner: &mut Inner) -> Step {
        loop {
            if let Some(frame) = inner.replies.pop() {
                return Step::Frame(frame);
            }
            match &mut inner.phase {
                Phase::Open => {}
                Phase::Ended => return Step::Ended,
                Phase::Closing { frame, .. } if frame.is_some() => {
                    return Step::Frame(frame.take().unwrap_or_default());
                }
                Phase::Closing { peer_closed: true, .. } => {
                    inner.end();
                    return Step::Ended;
                }
                Phase::Closing { .. } => return Step::Wait,
            }
            match inner.slots.take() {
                Some(SlotNews::Frames(frames)) => return Step::Frame(frames),
                Some(SlotNews::Members(channel)) => {
                    return Step::Frame(self.hub.presence.members_frame(None, &channel));
                }
                None => {}
            }
            self.read_log(inner);
            match inner.subscriptions.take() {
                Take::Frame { slot, before, frame } => {
                    if let Some(frame) = self.rendered(&frame) {
                        return Step::Message { slot, before, frame };
                    }
                }
                Take::Behind { slot, serial, feed, cursor } => {
                    if feed.history {
                        inner.behind.push(slot, serial);
                    } else {
                        let oldest = feed.ring_floor().or(feed.head()).unwrap_or(cursor);
                        inner.jump(&self.info, slot, serial, oldest);
                    }
                }
                Take::Nothing => return Step::Wait,
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
    /// Whether the connection may send more, because enough of its replies are read.
    fn has_room(&self) -> bool {
        self.replies.has_room(self.direct.as_ref().map_or(0, |direct| direct.rest.len()))
    }

    fn end(&mut self) {
        self.phase = Phase::Ended;
        self.replies.clear();
        self.wake_writer();
        self.wake_reader();
    }

    fn wait_to_write(&mut self, context: &Context<'_>) {
        if self.writer.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
            self.writer = Some(context.waker().clone());
        }
    }

    fn wait_to_read(&mut self, context: &Context<'_>) {
        if self.reader.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
            self.reader = Some(context.waker().clone());
        }
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
