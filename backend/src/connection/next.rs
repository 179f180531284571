//! Finds what a connection writes next: replies, then signals, then messages after its cursors, in turns.

use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use shared::ids::Offset;

use super::outbound::{Inner, Outbound, Phase};
use super::slots::SlotNews;
use super::subscriptions::Take;

/// What a writer is to do next.
pub(super) enum Step {
    /// Write this, which is said but once.
    Frame(Bytes),
    /// Write this, which comes after a cursor that stood at `before`.
    Message { slot: usize, before: Offset, frame: Bytes },
    /// Wait: there is nothing.
    Wait,
    /// Nothing will come any more.
    Ended,
}

impl Outbound {
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
            match inner.slots.take() {
                Some(SlotNews::Frames(frames)) => return Step::Frame(frames),
                Some(SlotNews::Members(channel)) => {
                    return Step::Frame(self.sources.presence.members_frame(None, &channel));
                }
                None => {}
            }
            self.read_log(inner);
            match inner.subscriptions.take() {
                Take::Frame { slot, before, frame } => {
                    if let Some(frame) = self.info.mode.message(&frame, self.info.connection) {
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
}
