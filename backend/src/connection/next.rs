//! Chooses what a connection writes next: replies, then signals, then messages after its cursors, round robin.

use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use shared::ids::Offset;

use super::outbound::{Inner, Outbound, Phase};
use super::pending_signals::PendingSignal;
use super::subscriptions::NextRead;
use crate::channel::feed::SubscriptionKey;

/// The next action of a writer.
pub(super) enum Step {
    /// Write this frame. No cursor can produce it again.
    Frame(Bytes),
    /// Write this message. The cursor of its subscription was at `before`.
    Message { key: SubscriptionKey, before: Offset, frame: Bytes },
    /// Wait: there is nothing to write.
    Wait,
    /// Stop: nothing more will be written.
    Ended,
}

impl Outbound {
    /// Returns the next frame for a writer that has room for one. `None` after the end of the connection.
    pub(crate) fn poll_frame(self: &Rc<Self>, context: &Context<'_>) -> Poll<Option<Bytes>> {
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

    /// Returns the next step: replies first, then signals, then messages after the cursors.
    pub(super) fn next_step(self: &Rc<Self>, inner: &mut Inner) -> Step {
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
            match inner.signals.pop() {
                Some(PendingSignal::Frames(frames)) => return Step::Frame(frames),
                Some(PendingSignal::Members(channel)) => {
                    return Step::Frame(self.sources.presence.members_frame(None, &channel));
                }
                None => {}
            }
            self.read_log(inner);
            match inner.subscriptions.next() {
                NextRead::Message { key, before, message } => {
                    if let Some(frame) = self.info.dialect.message(&message, self.info.connection) {
                        return Step::Message { key, before, frame };
                    }
                }
                NextRead::Behind { key, serial, feed, cursor } => {
                    if feed.history {
                        inner.behind.push(key, serial);
                    } else {
                        let oldest = feed.ring_floor().or(feed.head()).unwrap_or(cursor);
                        inner.skip_to(self, key, serial, oldest);
                    }
                }
                NextRead::Nothing => return Step::Wait,
            }
        }
    }
}
