//! The socket of a connection that owns it, and the bytes that the socket has not accepted yet.

use std::io;
use std::rc::Rc;

use bytes::Bytes;

use crate::channel::wire::Wire;

/// A socket that the connection owns, the unwritten rest of a frame or of replies, and whether to write now.
pub(super) struct Direct {
    pub(super) wire: Rc<Wire>,
    pub(super) rest: Bytes,
    pub(super) flow: Flow,
}

/// Whether to write to a connection when it has something to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Write now.
    Free,
    /// Do not write: the socket was full and has not reported room since.
    Full,
    /// Do not write: the connection has more to write than goes out at once, and is queued behind others.
    Queued,
}

impl Direct {
    pub(super) fn new(wire: Rc<Wire>) -> Self {
        Self { wire, rest: Bytes::new(), flow: Flow::Free }
    }

    /// Writes until the socket is full. Returns the number of bytes written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.wire.write(bytes)?;
        if taken < bytes.len() {
            self.flow = Flow::Full;
        }
        Ok(taken)
    }
}
