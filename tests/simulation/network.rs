//! One connection: bytes from the server to the client, texts from the client to the server. Both directions are
//! ordered and delayed, and can stall.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use backend::channel::socket::Socket;
use backend::channel::wire::Wire;
use backend::client::frames::{Incoming, Received};
use shared::protocol::CloseCode;

use crate::ether::Ether;
use crate::world::Event;

/// How long the server's kernel retransmits before it drops a connection, in milliseconds.
const RETRANSMISSION_MS: u64 = 120_000;

/// A connection, seen from outside.
pub(crate) struct Link {
    pub(crate) client: usize,
    ether: Rc<Ether>,
    state: RefCell<State>,
}

struct State {
    /// Free bytes in the server's socket buffer.
    room: usize,
    down: VecDeque<Vec<u8>>,
    down_at: u64,
    writer: Option<Waker>,
    up: VecDeque<Up>,
    up_at: u64,
    arrived: VecDeque<Up>,
    reader: Option<Waker>,
    stalled_until: u64,
    /// Whether the link is dead without either side noticing.
    silent: bool,
    /// Whether the server has noticed that it is broken.
    broken: bool,
    /// Whether the server has dropped it.
    dropped: bool,
}

/// A frame of the client, or its end of the connection.
#[derive(Debug, Clone)]
pub(crate) enum Up {
    Text(String),
    Pong,
    Close(CloseCode),
    Gone,
}

impl Link {
    pub(crate) fn new(ether: &Rc<Ether>, client: usize, room: usize) -> Rc<Self> {
        let now = ether.now();
        let state = State {
            room,
            down: VecDeque::new(),
            down_at: now,
            writer: None,
            up: VecDeque::new(),
            up_at: now,
            arrived: VecDeque::new(),
            reader: None,
            stalled_until: 0,
            silent: false,
            broken: false,
            dropped: false,
        };
        Rc::new(Self { client, ether: Rc::clone(ether), state: RefCell::new(state) })
    }

    /// Sends a frame of the client.
    pub(crate) fn send(self: &Rc<Self>, up: Up) {
        let mut state = self.state.borrow_mut();
        if state.silent {
            return;
        }
        state.up_at = state.up_at.max(self.ether.now() + self.ether.delay());
        state.up.push_back(up);
        self.ether.at(state.up_at, Event::Up(Rc::clone(self)));
    }

    /// Closes the client's side; the server will notice.
    pub(crate) fn leave(self: &Rc<Self>) {
        self.send(Up::Gone);
    }

    /// Returns until when the link is stalled, if it is.
    pub(crate) fn stalled(&self) -> Option<u64> {
        let until = self.state.borrow().stalled_until;
        (until > self.ether.now()).then_some(until)
    }

    /// Stalls the link until then. Everything arrives in the end.
    pub(crate) fn stall(&self, until: u64) {
        self.state.borrow_mut().stalled_until = until;
    }

    /// Removes and returns the next piece from the server.
    pub(crate) fn arrive_down(&self) -> Option<Vec<u8>> {
        let mut state = self.state.borrow_mut();
        let bytes = state.down.pop_front()?;
        state.room += bytes.len();
        wake(&mut state.writer);
        Some(bytes)
    }

    /// Delivers the client's next frame.
    pub(crate) fn arrive_up(&self) {
        let mut state = self.state.borrow_mut();
        if let Some(up) = state.up.pop_front() {
            state.arrived.push_back(up);
            wake(&mut state.reader);
        }
    }

    /// Breaks the link. Data in flight is lost or still arrives, in each direction separately. Later each side notices.
    pub(crate) fn cut(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if state.silent {
            return;
        }
        state.silent = true;
        if self.ether.chance(500) {
            state.down.clear();
        }
        if self.ether.chance(500) {
            state.up.clear();
        }
        let learns = |at: u64| at.max(self.ether.now()) + self.ether.delay() + 1;
        self.ether.at(learns(state.down_at), Event::ClientLearns(Rc::clone(self)));
        self.ether.at(learns(state.up_at), Event::ServerLearns(Rc::clone(self)));
    }

    /// Makes the link half open: no side is notified. The server's kernel drops it in the end, because a full socket
    /// that is not read gives the server no earlier notice.
    pub(crate) fn go_silent(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.silent = true;
        state.down.clear();
        state.up.clear();
        self.ether.after(RETRANSMISSION_MS, Event::ServerLearns(Rc::clone(self)));
    }

    /// Notifies the server that it is broken.
    pub(crate) fn break_for_server(&self) {
        let mut state = self.state.borrow_mut();
        state.broken = true;
        wake(&mut state.reader);
        wake(&mut state.writer);
    }

    /// Ends the server's side because its process has ended: the kernel notifies the client.
    pub(crate) fn lose_server(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        if state.dropped {
            return;
        }
        state.dropped = true;
        if !state.silent {
            state.silent = true;
            let at = state.down_at.max(self.ether.now() + self.ether.delay());
            self.ether.at(at, Event::ClientLearns(Rc::clone(self)));
        }
    }

    /// Returns the server's two ends of it.
    pub(crate) fn ends(self: &Rc<Self>) -> (Rc<Wire>, impl Incoming + use<>) {
        (Wire::new(SimulatedSocket(Rc::clone(self))), SimulatedIncoming(Rc::clone(self)))
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

struct SimulatedSocket(Rc<Link>);

impl Socket for SimulatedSocket {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        let link = &self.0;
        let mut state = link.state.borrow_mut();
        if state.broken {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        let taken = bytes.len().min(state.room);
        if taken == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        state.room -= taken;
        if !state.silent {
            state.down_at = state.down_at.max(link.ether.now() + link.ether.delay());
            state.down.push_back(bytes[..taken].to_vec());
            link.ether.at(state.down_at, Event::Down(Rc::clone(link)));
        }
        Ok(taken)
    }

    fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.state.borrow_mut();
        if state.broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if state.room > 0 {
            return Poll::Ready(Ok(()));
        }
        state.writer = Some(context.waker().clone());
        Poll::Pending
    }
}

struct SimulatedIncoming(Rc<Link>);

impl Incoming for SimulatedIncoming {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        let mut state = self.0.state.borrow_mut();
        match state.arrived.pop_front() {
            Some(Up::Text(text)) => Poll::Ready(Received::Text(text.into())),
            Some(Up::Pong) => Poll::Ready(Received::Pong),
            Some(Up::Close(code)) => Poll::Ready(Received::Close(code)),
            Some(Up::Gone) => {
                state.broken = true;
                Poll::Ready(Received::Gone)
            }
            None if state.broken => Poll::Ready(Received::Gone),
            None => {
                state.reader = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl Drop for SimulatedIncoming {
    fn drop(&mut self) {
        self.0.lose_server();
    }
}
