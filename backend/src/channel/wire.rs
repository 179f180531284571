//! What the fan-out has to know of a connection, side by side: whether it may be written to at once, and its socket. When
//! the turn of a reader in a large room comes, all else of it has left the processor's cache.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::channel::socket::Socket;

/// The way to a connection whose socket is its own.
pub struct Wire<S: ?Sized = dyn Socket> {
    passage: Cell<Passage>,
    /// Messages that went out, since they were asked for.
    sent: Cell<usize>,
    socket: S,
}

/// Whether the fan-out may write to a connection at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Passage {
    /// Something is to be written before, or the socket has no room.
    Shut,
    /// Its only channel is always welcome.
    OneChannel,
    /// It follows several, and is written to once for all of them that have news.
    SeveralChannels,
}

impl<S: Socket> Wire<S> {
    /// The way through a socket. It is shut until its connection opens it.
    pub fn new(socket: S) -> Rc<Self> {
        Rc::new(Self { passage: Cell::new(Passage::Shut), sent: Cell::new(0), socket })
    }

    /// The socket.
    pub fn socket(&self) -> &S {
        &self.socket
    }
}

impl Wire {
    /// Whether news may be written at once. `only` says that no other channel has some.
    pub(crate) fn is_free(&self, only: bool) -> bool {
        match self.passage.get() {
            Passage::Shut => false,
            Passage::OneChannel => true,
            Passage::SeveralChannels => only,
        }
    }

    pub(crate) fn set_passage(&self, passage: Passage) {
        self.passage.set(passage);
    }

    /// Writes as much as the socket takes, and returns how much that was. Less than all means that it is full.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut taken = 0;
        while taken < bytes.len() {
            match self.socket.try_write(&bytes[taken..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => taken += written,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    pub(crate) fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket.poll_room(context)
    }

    /// Counts messages that went out.
    pub(crate) fn count(&self, messages: usize) {
        self.sent.set(self.sent.get() + messages);
    }

    /// How many went out since this was last asked.
    pub(crate) fn take_count(&self) -> usize {
        self.sent.take()
    }
}
