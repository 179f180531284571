//! A socket that frames are written to at once, from wherever they come.

use std::io;
use std::task::{Context, Poll};

/// The writing half of an open socket. What it does not take at once, its connection keeps: at most one write.
pub trait Socket {
    /// Writes what there is room for, and returns how many bytes that was.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] where there is no room now; anything else is the end of the socket.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Waits for room. An error is the end of the socket.
    fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
}
