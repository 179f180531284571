//! Writes to connections that own their socket. The fan-out writes to them itself while they have nothing else to
//! write; otherwise their own task writes.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use shared::ids::Offset;

use super::flow::{Direct, Flow};
use super::next::Step;
use super::outbound::{Inner, Outbound};
use crate::channel::feed::SubscriptionKey;
use crate::message::EncodedRun;

/// Maximum number of bytes that are collected for one write, except that one frame may be larger. After as many bytes,
/// a connection that is behind waits until others have written.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// What a write has left to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    /// Nothing.
    Done,
    /// Possibly more, after other connections have written.
    More,
    /// The rest, because the socket is full.
    Full,
}

/// The frames of one write. There is one buffer per thread, independent of the number of connections.
#[derive(Default)]
struct Scratch {
    bytes: Vec<u8>,
    parts: Vec<Part>,
}

/// One frame in the buffer.
struct Part {
    end: usize,
    /// For a message: its subscription, and the cursor before the message.
    message: Option<(SubscriptionKey, Offset)>,
}

impl Scratch {
    /// Adds the frame of a step. Returns false if the step has no frame.
    fn add(&mut self, step: &Step) -> bool {
        let (frame, message) = match step {
            Step::Frame(frame) => (frame, None),
            Step::Message { key, before, frame } => (frame, Some((*key, *before))),
            Step::Wait | Step::Ended => return false,
        };
        self.bytes.extend_from_slice(frame);
        self.parts.push(Part { end: self.bytes.len(), message });
        true
    }

    /// Removes what the socket has not accepted, and returns the bytes that must be kept: the rest of a frame that is
    /// partly written, and all frames that no cursor can produce again. Calls `rewind` for each message of which
    /// nothing was written, last message first.
    fn cut(&mut self, taken: usize, mut rewind: impl FnMut(SubscriptionKey, Offset)) -> Bytes {
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
        unsent.into_iter().rev().for_each(|(key, before)| rewind(key, before));
        kept.into()
    }
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Inner {
    /// Whether the socket accepts nothing now.
    pub(super) fn is_blocked(&self) -> bool {
        self.direct.as_ref().map_or(self.writer.is_none(), |direct| direct.flow == Flow::Full)
    }
}

impl Outbound {
    /// Keeps the rest of `run` after the fan-out wrote `taken` bytes of it and the socket became full.
    pub(crate) fn keep_rest(&self, key: SubscriptionKey, run: &EncodedRun, taken: usize) {
        let mut inner = self.change();
        let Inner { direct: Some(direct), subscriptions, .. } = &mut *inner else { return };
        let (end, offset, before) = run.frame_at(taken);
        // A copy, because a slice would keep the whole run in memory while this socket is full.
        direct.rest = Bytes::copy_from_slice(&run.bytes[taken..end]);
        direct.flow = Flow::Full;
        direct.wire.add_sent(before + 1);
        subscriptions.rewind(key, offset);
        inner.wake_writer();
    }

    /// Writes until the socket is full. There is no byte budget: scheduling must not turn a live subscriber into a slow
    /// one. If actix-ws owns the socket, this only wakes the writer.
    pub fn flush(self: &Rc<Self>) {
        self.write(&mut self.change(), usize::MAX);
    }

    /// Writes at most [`WRITE_BYTES_MAX`] for a connection that is behind, and queues it if there is more.
    pub(super) fn flush_some(self: &Rc<Self>) {
        self.write(&mut self.change(), WRITE_BYTES_MAX);
    }

    fn write(self: &Rc<Self>, inner: &mut Inner, bytes_max: usize) {
        match &inner.direct {
            None => inner.wake_writer(),
            // The connection's task or its place in the queue continues the write.
            Some(Direct { flow: Flow::Full | Flow::Queued, .. }) => {}
            Some(Direct { flow: Flow::Free, .. }) => match self.write_some(inner, bytes_max) {
                Progress::Done => {}
                Progress::Full => inner.wake_writer(),
                Progress::More => self.queue(inner),
            },
        }
    }

    /// Schedules the next write of the connection, behind the connections that are already queued.
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

    /// Writes the next frame and the frames after it in one system call. Cursors are set back over messages of which
    /// nothing was written. Returns the number of bytes written.
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
                direct.rest = scratch.cut(taken, |key, before| {
                    subscriptions.rewind(key, before);
                    unsent += 1;
                });
            }
            direct.wire.add_sent(messages - unsent);
            Ok(taken)
        })
    }

    /// Writes for the connection's task. Wakes the task when there is more to write or when the socket has room again.
    pub(crate) fn poll_write(self: &Rc<Self>, context: &mut Context<'_>) {
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
        let message =
            |key, before, frame| Step::Message { key: SubscriptionKey(key), before: Offset(before), frame };
        scratch.add(&Step::Frame(Bytes::from_static(b"reply")));
        scratch.add(&message(1, 4, Bytes::from_static(b"five")));
        scratch.add(&message(1, 5, Bytes::from_static(b"six")));
        scratch.add(&Step::Frame(Bytes::from_static(b"gap")));
        scratch.add(&message(2, 7, Bytes::from_static(b"eight")));
        scratch
    }

    #[track_caller]
    fn check(taken: usize, kept: &[u8], rewound: &[(usize, u64)]) {
        let mut called = Vec::new();
        let rest = scratch().cut(taken, |key, before| called.push((key.0, before.0)));
        assert_eq!((&rest[..], &called[..]), (kept, rewound), "after {taken} bytes");
    }

    #[test]
    fn unwritten_frames_are_kept_and_unwritten_messages_rewind_their_cursor() {
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
