//! Connections whose socket is written to at once: from the fan-out itself while they have nothing else to do, and
//! from their own task when they have.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use shared::ids::Offset;

use super::{Inner, Outbound, Phase, Step};
use crate::hub::frame::Joined;
use crate::hub::wire::{Passage, Wire};

/// Most bytes that are put together for one write; one frame may be larger.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// What a socket has not taken of one frame, or of replies, and whether it takes anything now.
pub(super) struct Direct {
    pub(super) wire: Rc<Wire>,
    rest: Bytes,
    /// It said that it has no room, and has not said otherwise since.
    full: bool,
}

impl Direct {
    pub(super) fn new(wire: Rc<Wire>) -> Self {
        Self { wire, rest: Bytes::new(), full: false }
    }

    /// Writes as much as the socket takes, and returns how much that was.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.wire.write(bytes)?;
        self.full = taken < bytes.len();
        Ok(taken)
    }
}

/// What is put together for one write: one buffer a thread, whatever the number of connections.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// A frame among them.
struct Part {
    end: usize,
    /// For a message: whose it is, and where its cursor stood before.
    message: Option<(usize, Offset)>,
}

impl Scratch {
    /// Adds what is to be written. Returns false where that is nothing.
    fn add(&mut self, step: &Step) -> bool {
        let (frame, message) = match step {
            Step::Frame(frame) => (frame, None),
            Step::Message { slot, before, frame } => (frame, Some((*slot, *before))),
            Step::Wait | Step::Ended => return false,
        };
        self.bytes.extend_from_slice(frame);
        self.parts.push(Part { end: self.bytes.len(), message });
        true
    }

    /// Cuts off what the socket has not taken. What has to be kept of it is returned: the rest of a frame that has begun
    /// to go out, and all that is said but once. `rewind` is told of each message that has not begun, the last first.
    fn cut(&mut self, taken: usize, mut rewind: impl FnMut(usize, Offset)) -> Bytes {
        let begun = self.parts.partition_point(|part| part.end <= taken);
        let mut begin = self.parts.get(begun.wrapping_sub(1)).map_or(0, |part| part.end);
        let mut kept = Vec::new();
        let mut unsent = Vec::new();
        for part in self.parts.drain(begun..) {
            match part.message {
                Some(message) if begin >= taken => unsent.push(message),
                Some(_) | None => kept.extend_from_slice(&self.bytes[begin.max(taken)..part.end]),
            }
            begin = part.end;
        }
        unsent.into_iter().rev().for_each(|(slot, before)| rewind(slot, before));
        kept.into()
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Inner {
    /// Whether the socket takes nothing now.
    pub(super) fn is_blocked(&self) -> bool {
        self.direct.as_ref().map_or(self.writer.is_none(), |direct| direct.full)
    }

    /// Tells the fan-out what it may do.
    pub(super) fn direct_fan_out(&self) {
        let Some(Direct { wire, rest, full }) = &self.direct else { return };
        let idle = self.phase == Phase::Open && !full && rest.is_empty();
        let nothing_before = self.replies.is_empty() && self.slots.is_empty();
        wire.set_passage(match self.subscriptions.len() {
            _ if !idle || !nothing_before => Passage::Shut,
            ..=1 => Passage::OneChannel,
            _ => Passage::SeveralChannels,
        });
    }
}

impl Outbound {
    /// Keeps what the socket has not taken of `joined`, of which the fan-out wrote `taken` bytes.
    pub fn keep_rest(&self, slot: usize, joined: &Joined, taken: usize) {
        let mut inner = self.change();
        let Inner { direct: Some(direct), subscriptions, .. } = &mut *inner else { return };
        let (end, offset, before) = joined.frame_at(taken);
        // A copy: the whole would be kept for as long as this reader stalls.
        direct.rest = Bytes::copy_from_slice(&joined.bytes[taken..end]);
        direct.full = true;
        direct.wire.count(before + 1);
        subscriptions.rewind(slot, offset);
        inner.wake_writer();
    }

    /// Writes all there is, as far as the socket takes it. A connection whose writer asks for frames is only woken.
    pub fn flush(self: &Rc<Self>) {
        let mut inner = self.change();
        if inner.direct.is_none() {
            return inner.wake_writer();
        }
        loop {
            let written = match &mut inner.direct {
                // Its task waits for room already.
                Some(direct) if direct.full => return,
                Some(direct) if !direct.rest.is_empty() => {
                    let rest = std::mem::take(&mut direct.rest);
                    direct.write(&rest).map(|taken| direct.rest = rest.slice(taken..))
                }
                _ => match self.next_step(&mut inner) {
                    Step::Wait | Step::Ended => return,
                    step => self.write_with_more(&mut inner, &step),
                },
            };
            match written {
                Ok(()) if inner.is_blocked() => {
                    inner.subscriptions.forget_pages();
                    return inner.wake_writer();
                }
                Ok(()) => {}
                Err(_) => return inner.end(),
            }
        }
    }

    /// Writes what is next, and what comes after it, in one go. What the socket does not take of whole messages is left
    /// to their cursors.
    fn write_with_more(self: &Rc<Self>, inner: &mut Inner, first: &Step) -> io::Result<()> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.bytes.clear();
            scratch.parts.clear();
            scratch.add(first);
            while scratch.bytes.len() < WRITE_BYTES_MAX && scratch.add(&self.next_step(inner)) {}
            let messages = scratch.parts.iter().filter(|part| part.message.is_some()).count();
            let Inner { direct: Some(direct), subscriptions, .. } = inner else { return Ok(()) };
            let (taken, mut unsent) = (direct.write(&scratch.bytes)?, 0);
            if taken < scratch.bytes.len() {
                direct.rest = scratch.cut(taken, |slot, before| {
                    subscriptions.rewind(slot, before);
                    unsent += 1;
                });
            }
            direct.wire.count(messages - unsent);
            Ok(())
        })
    }

    /// Writes on behalf of the connection's task, and has it woken when there is more to write, or room again.
    pub fn poll_write(self: &Rc<Self>, context: &mut Context<'_>) {
        loop {
            {
                let mut inner = self.change();
                let Inner { direct: Some(direct), writer, .. } = &mut *inner else { return };
                *writer = None;
                if direct.full {
                    match direct.wire.poll_room(context) {
                        Poll::Ready(Ok(())) => direct.full = false,
                        Poll::Ready(Err(_)) => return inner.end(),
                        Poll::Pending => return inner.wait_to_write(context),
                    }
                }
            }
            self.flush();
            let mut inner = self.change();
            if !inner.is_blocked() {
                return inner.wait_to_write(context);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch() -> Scratch {
        let mut scratch = Scratch::default();
        let message = |slot, before, frame| Step::Message { slot, before: Offset(before), frame };
        scratch.add(&Step::Frame(Bytes::from_static(b"reply")));
        scratch.add(&message(1, 4, Bytes::from_static(b"five")));
        scratch.add(&message(1, 5, Bytes::from_static(b"six")));
        scratch.add(&Step::Frame(Bytes::from_static(b"gap")));
        scratch.add(&message(2, 7, Bytes::from_static(b"eight")));
        scratch
    }

    #[track_caller]
    fn check(taken: usize, kept: &[u8], rewound: &[(usize, u64)]) {
        let mut told = Vec::new();
        let rest = scratch().cut(taken, |slot, before| told.push((slot, before.0)));
        assert_eq!((&rest[..], &told[..]), (kept, rewound), "after {taken} bytes");
    }

    #[test]
    fn what_a_socket_does_not_take_is_kept_or_left_to_its_cursor() {
        check(0, b"replygap", &[(2, 7), (1, 5), (1, 4)]);
        check(2, b"plygap", &[(2, 7), (1, 5), (1, 4)]);
        check(5, b"gap", &[(2, 7), (1, 5), (1, 4)]);
        check(6, b"ivegap", &[(2, 7), (1, 5)]);
        check(9, b"gap", &[(2, 7), (1, 5)]);
        check(10, b"ixgap", &[(2, 7)]);
        check(14, b"p", &[(2, 7)]);
        check(15, b"", &[(2, 7)]);
        check(16, b"ight", &[]);
        check(20, b"", &[]);
    }
}
