//! The part of a connection that the fan-out touches, in one allocation: its write permission and its socket. In a
//! large room everything else of a connection is a cache miss per subscriber.

use std::cell::Cell;
use std::io;
use std::rc::Rc;
use std::task::{Context, Poll};

use crate::channel::socket::Socket;

/// The way to write to a connection that owns its socket.
pub struct Wire<S: ?Sized = dyn Socket> {
    permission: Cell<WritePermission>,
    /// Number of messages written since the last [`take_sent`](Wire::take_sent).
    sent: Cell<usize>,
    socket: S,
}

/// Whether the fan-out may write to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WritePermission {
    /// No: the connection has something to write first, its socket is full, or it is closing.
    Denied,
    /// Yes: the connection has one subscription.
    OneChannel,
    /// Only if no other channel has news: the connection has several subscriptions and is written to once for all of
    /// them.
    SeveralChannels,
}

impl<S: Socket> Wire<S> {
    /// Creates the wire of a socket. The fan-out may not write to it until the connection permits it.
    pub fn new(socket: S) -> Rc<Self> {
        Rc::new(Self { permission: Cell::new(WritePermission::Denied), sent: Cell::new(0), socket })
    }

    /// The socket.
    pub fn socket(&self) -> &S {
        &self.socket
    }
}

impl Wire {
    /// Whether news may be written now. `only` says whether no other channel has news.
    pub(crate) fn is_free(&self, only: bool) -> bool {
        match self.permission.get() {
            WritePermission::Denied => false,
            WritePermission::OneChannel => true,
            WritePermission::SeveralChannels => only,
        }
    }

    pub(crate) fn set_permission(&self, permission: WritePermission) {
        self.permission.set(permission);
    }

    /// Writes until the socket is full. Returns the number of bytes written; fewer than all means that the socket is
    /// full.
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

    /// Adds to the number of messages written.
    pub(crate) fn add_sent(&self, messages: usize) {
        self.sent.set(self.sent.get() + messages);
    }

    /// Returns the number of messages written since the last call.
    pub(crate) fn take_sent(&self) -> usize {
        self.sent.take()
    }
}
