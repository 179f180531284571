//! Connections whose socket is written to at once: from the fan-out itself while they have nothing else to do, and
//! from their own task when they have.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use shared::ids::Offset;

use super::flow::{Direct, Flow};
use super::next::Step;
use super::outbound::{Inner, Outbound};
use crate::message::Joined;

/// Most bytes that are put together for one write; one frame may be larger. Who is behind has as many, and then others
/// have their turn.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// What a write has left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing.
    Done,
    /// Perhaps something, after the others' turn.
    More,
    /// All that the socket had no room for.
    Full,
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
        self.direct.as_ref().map_or(self.writer.is_none(), |direct| direct.flow == Flow::Full)
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
        direct.flow = Flow::Full;
        direct.wire.count(before + 1);
        subscriptions.rewind(slot, offset);
        inner.wake_writer();
    }

    /// Writes all there is, as far as the socket takes it: who is live is not to fall behind for want of a turn. A
    /// connection whose writer asks for frames is only woken.
    pub fn flush(self: &Rc<Self>) {
        self.write(&mut self.change(), usize::MAX);
    }

    /// Writes what there is to one who is behind, and more than [`WRITE_BYTES_MAX`] in turns.
    pub(super) fn flush_some(self: &Rc<Self>) {
        self.write(&mut self.change(), WRITE_BYTES_MAX);
    }

    fn write(self: &Rc<Self>, inner: &mut Inner, bytes_max: usize) {
        match &inner.direct {
            None => inner.wake_writer(),
            // It goes on by itself.
            Some(Direct { flow: Flow::Full | Flow::Queued, .. }) => {}
            Some(Direct { flow: Flow::Free, .. }) => match self.write_some(inner, bytes_max) {
                Progress::Done => {}
                Progress::Full => inner.wake_writer(),
                Progress::More => self.queue(inner),
            },
        }
    }

    /// Has the connection written to when it is its turn.
    fn queue(self: &Rc<Self>, inner: &mut Inner) {
        let Some(direct) = &mut inner.direct else { return };
        direct.flow = Flow::Queued;
        let outbound = Rc::clone(self);
        actix_web::rt::spawn(async move {
            let go_on = async {
                let mut inner = outbound.change();
                if let Some(direct) = &mut inner.direct {
                    direct.flow = Flow::Free;
                }
                outbound.write(&mut inner, WRITE_BYTES_MAX);
            };
            outbound.sources.gates.writes.pass(go_on).await;
        });
    }

    fn write_some(self: &Rc<Self>, inner: &mut Inner, bytes_max: usize) -> Progress {
        let mut bytes = 0;
        while bytes < bytes_max {
            let written = match &mut inner.direct {
                Some(direct) if !direct.rest.is_empty() => {
                    let rest = std::mem::take(&mut direct.rest);
                    direct.write(&rest).inspect(|&taken| direct.rest = rest.slice(taken..))
                }
                _ => match self.next_step(inner) {
                    Step::Wait | Step::Ended => return Progress::Done,
                    step => self.write_with_more(inner, &step),
                },
            };
            match written {
                Ok(_) if inner.is_blocked() => {
                    inner.subscriptions.forget_pages();
                    return Progress::Full;
                }
                Ok(more) => bytes += more,
                Err(_) => {
                    inner.end();
                    return Progress::Done;
                }
            }
        }
        Progress::More
    }

    /// Writes what is next, and what comes after it, in one go. What the socket does not take of whole messages is left
    /// to their cursors. Returns how many bytes it took.
    fn write_with_more(self: &Rc<Self>, inner: &mut Inner, first: &Step) -> io::Result<usize> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.bytes.clear();
            scratch.parts.clear();
            scratch.add(first);
            while scratch.bytes.len() < WRITE_BYTES_MAX && scratch.add(&self.next_step(inner)) {}
            let messages = scratch.parts.iter().filter(|part| part.message.is_some()).count();
            let Inner { direct: Some(direct), subscriptions, .. } = inner else { return Ok(0) };
            let (taken, mut unsent) = (direct.write(&scratch.bytes)?, 0);
            if taken < scratch.bytes.len() {
                direct.rest = scratch.cut(taken, |slot, before| {
                    subscriptions.rewind(slot, before);
                    unsent += 1;
                });
            }
            direct.wire.count(messages - unsent);
            Ok(taken)
        })
    }

    /// Writes on behalf of the connection's task, and has it woken when there is more to write, or room again.
    pub fn poll_write(self: &Rc<Self>, context: &mut Context<'_>) {
        let mut inner = self.change();
        let Inner { direct: Some(direct), writer, .. } = &mut *inner else { return };
        *writer = None;
        if direct.flow == Flow::Free && self.write_some(&mut inner, WRITE_BYTES_MAX) == Progress::More {
            self.queue(&mut inner);
        }
        if let Some(Direct { flow: Flow::Full, wire, .. }) = &inner.direct {
            match wire.poll_room(context) {
                Poll::Ready(Ok(())) => self.queue(&mut inner),
                Poll::Ready(Err(_)) => return inner.end(),
                Poll::Pending => {}
            }
        }
        inner.wait_to_write(context);
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
