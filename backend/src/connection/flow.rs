//! The socket of a connection that is written to at once, and what it has not taken.

use std::io;
use std::rc::Rc;

use bytes::Bytes;

use crate::channel::wire::Wire;

/// What a socket has not taken of one frame, or of replies, and whether it is written to now.
pub(super) struct Direct {
    pub(super) wire: Rc<Wire>,
    pub(super) rest: Bytes,
    pub(super) flow: Flow,
}

/// Whether a connection is written to when there is something to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    /// Yes.
    Free,
    /// Its socket said that it has no room, and has not said otherwise since.
    Full,
    /// It has more to write than goes out at once, and waits until it is its turn among those.
    Queued,
}

impl Direct {
    pub(super) fn new(wire: Rc<Wire>) -> Self {
        Self { wire, rest: Bytes::new(), flow: Flow::Free }
    }

    /// Writes as much as the socket takes, and returns how much that was.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.wire.write(bytes)?;
        if taken < bytes.len() {
            self.flow = Flow::Full;
        }
        Ok(taken)
    }
}
