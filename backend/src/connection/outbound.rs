//! What goes out on one connection.
//!
//! A connection owns no backlog of messages: it has cursors into feeds, a bounded queue of replies and a table of
//! slots. The next frame is taken when the socket has room for one; until then, nothing is encoded, copied or queued
//! for it. A socket of its own is written to at once (`direct`); the body of an HTTP response is asked for frames.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use shared::ids::{ChannelName, Offset, RequestId};
use shared::protocol::{CloseCode, Head};
use tokio::time::Instant;

use super::behind::Behind;
use super::flow::Direct;
use super::registry::ConnectionInfo;
use super::replies::{Backlog, Replies};
use super::slots::Slots;
use super::sources::Sources;
use super::subscriptions::Subscriptions;
use crate::channel::feed::{ConnectionKey, Feed};
use crate::channel::wire::Wire;
use crate::message::{ServerMessage, SlotKey, server_frame};

/// The outgoing half of a connection. It belongs to one worker.
pub struct Outbound {
    /// The connection.
    pub info: Arc<ConnectionInfo>,
    pub(super) sources: Rc<Sources>,
    pub(super) inner: RefCell<Inner>,
    /// What its worker's feeds call it.
    key: ConnectionKey,
    opened: Instant,
    heard: Cell<Instant>,
    /// The last heartbeat was sent then.
    beaten: Cell<Instant>,
    pub(super) close_code: Cell<Option<CloseCode>>,
}

pub(super) struct Inner {
    pub(super) phase: Phase,
    pub(super) replies: Replies,
    pub(super) slots: Slots,
    pub(super) subscriptions: Subscriptions,
    /// The socket, where the connection has one of its own.
    pub(super) direct: Option<Direct>,
    /// Who writes, while they wait for something to write.
    pub(super) writer: Option<Waker>,
    /// The reader, while it waits for replies to be read, or for the end.
    reader: Option<Waker>,
    /// Whether the reader waits for replies to be read.
    pub(super) is_held: bool,
    /// The subscriptions that wait for a page of the log.
    pub(super) behind: Behind,
}

/// How far a connection's end has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
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
        key: ConnectionKey,
        info: Arc<ConnectionInfo>,
        sources: Rc<Sources>,
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
            key,
            info,
            sources,
            inner: RefCell::new(inner),
            opened: now,
            heard: Cell::new(now),
            beaten: Cell::new(now),
            close_code: Cell::new(None),
        })
    }

    /// What its worker's feeds call it.
    pub fn key(&self) -> ConnectionKey {
        self.key
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

    /// Whether the client does not read: its socket is full.
    pub fn is_stalled(&self) -> bool {
        self.inner.borrow().is_blocked()
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
    pub fn subscribe(&self, feed: Rc<Feed>, request: RequestId, cursor: Offset, told: Option<Bytes>) {
        // Signals and changes of presence that wait for the client stay: it will not be sent them again.
        self.change().subscriptions.remove(&feed.channel);
        if let Some(told) = told {
            self.reply_frame(told);
        }
        let mut inner = self.change();
        let wire = inner.direct.as_ref().map(|direct| Rc::clone(&direct.wire));
        inner.subscriptions.add(self.key, wire, feed, request, cursor);
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
}

impl Inner {
    /// Whether the connection may send more, because enough of its replies are read.
    pub(super) fn has_room(&self) -> bool {
        self.replies.has_room(self.direct.as_ref().map_or(0, |direct| direct.rest.len()))
    }

    pub(super) fn end(&mut self) {
        self.phase = Phase::Ended;
        self.replies.clear();
        self.wake_writer();
        self.wake_reader();
    }

    pub(super) fn wait_to_write(&mut self, context: &Context<'_>) {
        if self.writer.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
            self.writer = Some(context.waker().clone());
        }
    }

    pub(super) fn wait_to_read(&mut self, context: &Context<'_>) {
        if self.reader.as_ref().is_none_or(|waker| !waker.will_wake(context.waker())) {
            self.reader = Some(context.waker().clone());
        }
    }

    pub(super) fn wake_writer(&mut self) {
        if let Some(waker) = self.writer.take() {
            waker.wake();
        }
    }

    pub(super) fn wake_reader(&mut self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }
}
