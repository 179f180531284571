//! Connections whose socket is written to at once: from the fan-out itself while they have nothing else to do, and
//! from their own task when they have.

use std::cell::RefCell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;

use super::{Inner, Outbound, Phase, Step};
use crate::hub::frame::Joined;
use crate::hub::socket::Socket;

/// Most bytes that are put together for one write; one frame may be larger.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// What a socket has not taken of one write, and whether it takes anything now.
pub(super) struct Direct {
    socket: Rc<dyn Socket>,
    rest: Bytes,
    /// It said that it has no room, and has not said otherwise since.
    full: bool,
}

impl Direct {
    pub(super) fn new(socket: Rc<dyn Socket>) -> Self {
        Self { socket, rest: Bytes::new(), full: false }
    }

    /// Writes as much of `bytes` as the socket takes, and keeps the rest. `keep` makes it into bytes of its own.
    fn write(&mut self, mut bytes: &[u8], keep: impl FnOnce(usize) -> Bytes) -> io::Result<()> {
        let whole = bytes.len();
        while !bytes.is_empty() {
            match self.socket.try_write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.full = true;
                    self.rest = keep(whole - bytes.len());
                    return Ok(());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

impl Inner {
    /// Whether the socket takes nothing now.
    pub(super) fn is_full(&self) -> bool {
        self.direct.as_ref().map_or(self.writer.is_none(), |direct| direct.full)
    }
}

thread_local! {
    /// Where frames of one write are put together: one buffer a thread, whatever the number of connections.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Outbound {
    /// Writes the newest frames of a channel at once, if the socket has room and nothing else is to be written before
    /// them. Otherwise it does nothing, and returns false.
    ///
    /// `only` says whether the channel is the only one that has news; a connection that follows others is then written
    /// to once for all of them.
    pub fn send_now(&self, slot: usize, joined: &Joined, only: bool) -> bool {
        let mut inner = self.inner.borrow_mut();
        let Inner { phase, replies, slots, subscriptions, direct: Some(direct), .. } = &mut *inner else {
            return false;
        };
        let idle = *phase == Phase::Open && !direct.full && direct.rest.is_empty();
        if !idle || !replies.is_empty() || !slots.is_empty() || !(only || subscriptions.len() == 1) {
            return false;
        }
        if !subscriptions.pass(slot, joined.before, joined.last) {
            return false;
        }
        let written = direct.write(&joined.bytes, |taken| joined.bytes.slice(taken..));
        self.info.count_sent(joined.messages);
        match written {
            Ok(()) if inner.is_full() => inner.wake_writer(),
            Ok(()) => {}
            Err(_) => inner.end(),
        }
        true
    }

    /// Writes all there is, as far as the socket takes it. A connection whose writer asks for frames is only woken.
    pub fn flush(self: &Rc<Self>) {
        let mut inner = self.inner.borrow_mut();
        if inner.direct.is_none() {
            return inner.wake_writer();
        }
        loop {
            let Some(direct) = &mut inner.direct else { return };
            if direct.full {
                // Its task waits for room already.
                return;
            }
            let rest = std::mem::take(&mut direct.rest);
            let written = if rest.is_empty() {
                match self.next_step(&mut inner) {
                    Step::Frame(frame) => self.write_with_more(&mut inner, &frame),
                    Step::Wait | Step::Ended => return,
                }
            } else {
                direct.write(&rest, |taken| rest.slice(taken..))
            };
            match written {
                Ok(()) if inner.is_full() => return inner.wake_writer(),
                Ok(()) => {}
                Err(_) => return inner.end(),
            }
        }
    }

    /// Writes a frame, and whatever else there is, in one go.
    fn write_with_more(self: &Rc<Self>, inner: &mut Inner, first: &Bytes) -> io::Result<()> {
        let second = match self.next_step(inner) {
            Step::Frame(second) => second,
            Step::Wait | Step::Ended => {
                let Some(direct) = &mut inner.direct else { return Ok(()) };
                return direct.write(first, |taken| first.slice(taken..));
            }
        };
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.clear();
            scratch.extend_from_slice(first);
            scratch.extend_from_slice(&second);
            while scratch.len() < WRITE_BYTES_MAX
                && let Step::Frame(frame) = self.next_step(inner)
            {
                scratch.extend_from_slice(&frame);
            }
            let Some(direct) = &mut inner.direct else { return Ok(()) };
            direct.write(scratch, |taken| Bytes::copy_from_slice(&scratch[taken..]))
        })
    }

    /// Writes on behalf of the connection's task, and has it woken when there is more to write, or room again.
    pub fn poll_write(self: &Rc<Self>, context: &mut Context<'_>) {
        loop {
            {
                let mut inner = self.inner.borrow_mut();
                let Inner { direct: Some(direct), writer, .. } = &mut *inner else { return };
                *writer = None;
                if direct.full {
                    match direct.socket.poll_room(context) {
                        Poll::Ready(Ok(())) => direct.full = false,
                        Poll::Ready(Err(_)) => return inner.end(),
                        Poll::Pending => return inner.wait_to_write(context),
                    }
                }
            }
            self.flush();
            let mut inner = self.inner.borrow_mut();
            if !inner.is_full() {
                return inner.wait_to_write(context);
            }
        }
    }
}
