//! One connection: bytes from the server to the client, texts from the client to the server. Both are in order, take
//! time, and may stop coming.

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

/// How long the server's machine sends again, in milliseconds, before it takes a connection for broken.
const RETRANSMISSION_MS: u64 = 120_000;

/// A connection, seen from outside.
pub(crate) struct Link {
    pub(crate) client: usize,
    ether: Rc<Ether>,
    state: RefCell<State>,
}

struct State {
    /// What the server's socket takes before it is full.
    room: usize,
    down: VecDeque<Vec<u8>>,
    down_at: u64,
    writer: Option<Waker>,
    up: VecDeque<Up>,
    up_at: u64,
    arrived: VecDeque<Up>,
    reader: Option<Waker>,
    stalled_until: u64,
    /// Nothing gets through any more, and nobody is told.
    silent: bool,
    /// The server knows that it is broken.
    broken: bool,
    /// The server has let go of it.
    dropped: bool,
}

/// What a client sends.
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

    /// The client sends something.
    pub(crate) fn send(self: &Rc<Self>, up: Up) {
        let mut state = self.state.borrow_mut();
        if state.silent {
            return;
        }
        state.up_at = state.up_at.max(self.ether.now() + self.ether.delay());
        state.up.push_back(up);
        self.ether.at(state.up_at, Event::Up(Rc::clone(self)));
    }

    /// The client's machine has no more use for it; the server will be told.
    pub(crate) fn leave(self: &Rc<Self>) {
        self.send(Up::Gone);
    }

    /// Until when nothing arrives, if it is so.
    pub(crate) fn stalled(&self) -> Option<u64> {
        let until = self.state.borrow().stalled_until;
        (until > self.ether.now()).then_some(until)
    }

    /// Nothing arrives until then; in the end, all does.
    pub(crate) fn stall(&self, until: u64) {
        self.state.borrow_mut().stalled_until = until;
    }

    /// A piece from the server arrives.
    pub(crate) fn arrive_down(&self) -> Option<Vec<u8>> {
        let mut state = self.state.borrow_mut();
        let bytes = state.down.pop_front()?;
        state.room += bytes.len();
        wake(&mut state.writer);
        Some(bytes)
    }

    /// Something from the client arrives.
    pub(crate) fn arrive_up(&self) {
        let mut state = self.state.borrow_mut();
        if let Some(up) = state.up.pop_front() {
            state.arrived.push_back(up);
            wake(&mut state.reader);
        }
    }

    /// It breaks. What is on its way is lost or still comes, each direction by itself; later, each side learns of it.
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

    /// It is gone, and nobody is told. The server's machine gives up in the end: a socket that is full and never read tells
    /// the server nothing before.
    pub(crate) fn go_silent(self: &Rc<Self>) {
        let mut state = self.state.borrow_mut();
        state.silent = true;
        state.down.clear();
        state.up.clear();
        self.ether.after(RETRANSMISSION_MS, Event::ServerLearns(Rc::clone(self)));
    }

    /// The server learns that it is broken.
    pub(crate) fn break_for_server(&self) {
        let mut state = self.state.borrow_mut();
        state.broken = true;
        wake(&mut state.reader);
        wake(&mut state.writer);
    }

    /// The server's process is gone: its machine tells the client.
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

    /// The server's two ends of it.
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
