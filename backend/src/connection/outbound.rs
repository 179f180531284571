//! The state of a connection's outgoing half.
//!
//! A connection owns no backlog of messages. It has cursors into feeds, a bounded queue of replies and a table of
//! signals. A frame is chosen when the socket has room for it; until then nothing is encoded, copied or queued for the
//! connection. If the connection owns its socket, `direct` writes to it; otherwise actix-ws polls frames for the HTTP
//! response body.

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
use super::pending_signals::PendingSignals;
use super::registry::ConnectionInfo;
use super::replies::{Backlog, Replies};
use super::sources::Sources;
use super::subscriptions::Subscriptions;
use crate::channel::feed::{ConnectionKey, Feed, SubscriptionKey};
use crate::channel::wire::Wire;
use crate::message::{ServerMessage, SignalKey, server_frame};

/// The outgoing half of a connection. It belongs to one worker.
pub struct Outbound {
    /// The connection.
    pub info: Arc<ConnectionInfo>,
    pub(super) sources: Rc<Sources>,
    pub(super) inner: RefCell<Inner>,
    /// The connection's key on its worker.
    key: ConnectionKey,
    opened: Instant,
    last_received: Cell<Instant>,
    /// When the last heartbeat was sent.
    last_heartbeat: Cell<Instant>,
    pub(super) close_code: Cell<Option<CloseCode>>,
}

pub(super) struct Inner {
    pub(super) phase: Phase,
    pub(super) replies: Replies,
    pub(super) signals: PendingSignals,
    pub(super) subscriptions: Subscriptions,
    /// The socket, if the connection owns it.
    pub(super) direct: Option<Direct>,
    /// Wakes the writing task. Set while the writer waits for something to write.
    pub(super) writer: Option<Waker>,
    /// Wakes the reading task. Set while the reader waits for room or for the end of the connection.
    reader: Option<Waker>,
    /// Whether the reader is paused until the client has read enough replies.
    pub(super) is_reader_paused: bool,
    /// The subscriptions that wait for a page of the log.
    pub(super) behind: Behind,
}

/// How far the end of a connection has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// The queued replies are written, then this close frame.
    Closing {
        frame: Option<Bytes>,
        since: Instant,
        peer_closed: bool,
    },
    /// Nothing more is written.
    Ended,
}

impl Outbound {
    /// Creates the outgoing half of a new connection. Without a `wire`, the writer gets frames from
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
            signals: PendingSignals::default(),
            subscriptions: Subscriptions::default(),
            direct: wire.map(Direct::new),
            writer: None,
            reader: None,
            is_reader_paused: false,
            behind: Behind::default(),
        };
        Rc::new(Self {
            key,
            info,
            sources,
            inner: RefCell::new(inner),
            opened: now,
            last_received: Cell::new(now),
            last_heartbeat: Cell::new(now),
            close_code: Cell::new(None),
        })
    }

    /// The connection's key on its worker.
    pub fn key(&self) -> ConnectionKey {
        self.key
    }

    /// Queues a reply of the typed protocol.
    pub fn reply(&self, message: &ServerMessage) {
        self.reply_frame(server_frame(message));
    }

    /// Queues an encoded frame.
    pub(crate) fn reply_frame(&self, frame: Bytes) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.replies.push(frame);
            inner.wake_writer();
        }
    }

    /// Queues an encoded frame without waking the writer. The caller must [`flush`](Self::flush) the connection.
    pub(crate) fn reply_later(&self, frame: Bytes) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.replies.push(frame);
        }
    }

    /// Whether the client does not read: its socket is full.
    pub(crate) fn is_stalled(&self) -> bool {
        self.inner.borrow().is_blocked()
    }

    /// Whether so many replies are unread that a push has to be refused.
    pub fn is_full(&self) -> bool {
        !self.inner.borrow().has_room()
    }

    /// What the server holds for the connection.
    pub fn backlog(&self) -> Backlog {
        let inner = self.inner.borrow();
        let rest = inner.direct.as_ref().map_or(0, |direct| direct.rest.len());
        Backlog { page_bytes: inner.subscriptions.page_bytes(), ..inner.replies.backlog(rest) }
    }

    /// Counts a publication of `bytes` bytes that waits for its answer.
    pub(crate) fn add_unanswered(&self, bytes: usize) {
        self.change().replies.add_unanswered(bytes);
    }

    /// Whether publications wait for their answers.
    pub(crate) fn has_unanswered(&self) -> bool {
        self.inner.borrow().replies.has_unanswered()
    }

    /// Removes an answered publication of `bytes` bytes from the count.
    pub(crate) fn remove_unanswered(&self, bytes: usize) {
        self.change().replies.remove_unanswered(bytes);
    }

    /// Queues a signal. It replaces an older one with the same key.
    pub fn signal(&self, key: SignalKey, frame: Bytes) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.signals.put(key, frame);
            inner.wake_writer();
        }
    }

    /// Queues changes of a channel's presence; see [`PendingSignals::put_presence`].
    pub(crate) fn signal_presence(&self, channel: &ChannelName, changes: Option<Bytes>) {
        let mut inner = self.change();
        if inner.phase == Phase::Open {
            inner.signals.put_presence(channel, changes);
            inner.wake_writer();
        }
    }

    /// Marks a parked subscription as ready because its feed has news. The caller must flush the connection.
    pub(crate) fn mark_ready(&self, subscription: SubscriptionKey) {
        self.change().subscriptions.mark_ready(subscription);
    }

    /// Starts a subscription, or restarts it at another cursor. `answer` is queued before its first message.
    pub fn subscribe(&self, feed: Rc<Feed>, request: RequestId, cursor: Offset, answer: Option<Bytes>) {
        // Keep queued signals and presence changes, because the client will not be sent them again.
        self.change().subscriptions.remove(&feed.channel);
        if let Some(answer) = answer {
            self.reply_frame(answer);
        }
        let mut inner = self.change();
        let wire = inner.direct.as_ref().map(|direct| Rc::clone(&direct.wire));
        inner.subscriptions.add(self.key, wire, feed, request, cursor);
        inner.wake_writer();
    }

    /// Ends a subscription. Returns false if there was none.
    pub fn unsubscribe(&self, channel: &ChannelName) -> bool {
        let mut inner = self.change();
        inner.signals.remove_channel(channel);
        inner.subscriptions.remove(channel)
    }

    /// Whether the connection is subscribed to a channel.
    pub(crate) fn is_subscribed(&self, channel: &ChannelName) -> bool {
        self.inner.borrow().subscriptions.contains(channel)
    }

    /// The channels that the connection is subscribed to.
    pub fn channels(&self) -> Vec<ChannelName> {
        self.inner.borrow().subscriptions.channels()
    }

    /// Number of subscriptions.
    pub(crate) fn subscription_count(&self) -> usize {
        self.inner.borrow().subscriptions.len()
    }

    /// Time since the connection was opened.
    pub(crate) fn time_open(&self) -> Duration {
        self.opened.elapsed()
    }

    /// Adds the messages that the fan-out wrote to the connection's statistics. The fan-out itself only counts in the
    /// wire, which is cheaper.
    pub(crate) fn record_sent(&self) {
        if let Some(direct) = &self.inner.borrow().direct {
            self.info.count_sent(direct.wire.take_sent());
        }
    }

    /// Notes that something was received from the peer.
    pub(crate) fn note_received(&self, now: Instant) {
        self.last_received.set(now);
    }

    /// Time since something was last received from the peer. The time while the socket is full never counts,
    /// because no ping can reach the peer then. TCP detects a dead peer.
    pub fn silence(&self) -> Duration {
        if self.inner.borrow().is_blocked() {
            self.note_received(Instant::now());
        }
        self.last_received.get().elapsed()
    }

    /// Whether a heartbeat is due, one per interval `every`. If so, the next one is due after another interval. None is
    /// due while the socket is full, because heartbeats would pile up.
    pub(crate) fn heartbeat_due(&self, every: Duration) -> bool {
        let due = !self.inner.borrow().is_blocked() && self.last_heartbeat.get().elapsed() >= every;
        if due {
            self.last_heartbeat.set(Instant::now());
        }
        due
    }

    /// The position of each subscription: how far its channel has been sent.
    pub fn heads(&self) -> Vec<Head> {
        self.inner.borrow().subscriptions.heads()
    }

    /// Waits until the client has read enough replies. Returns true if the client may send more, or false if the
    /// connection is no longer open. In both cases the reader is woken when that changes.
    pub fn poll_room(&self, context: &Context<'_>) -> Poll<bool> {
        let mut inner = self.change();
        inner.wait_to_read(context);
        match inner.phase {
            Phase::Open if inner.has_room() => Poll::Ready(true),
            Phase::Open => {
                inner.is_reader_paused = true;
                Poll::Pending
            }
            Phase::Closing { .. } | Phase::Ended => Poll::Ready(false),
        }
    }

    /// Turns off wake-ups of the writer while the connection's task runs, because the task writes before it returns.
    pub(crate) fn suspend_writer_wake(&self) {
        let mut inner = self.change();
        if inner.direct.is_some() {
            inner.writer = None;
        }
    }
}

impl Inner {
    /// Whether the client may send more, because it has read enough replies.
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
