//! The socket trait of connections that the server writes to directly, from any task of their worker.

use std::io;
use std::task::{Context, Poll};

/// The writing half of an open socket. The connection keeps what the socket did not accept: at most one write.
pub trait Socket {
    /// Writes without waiting. Returns the number of bytes that the socket accepted.
    ///
    /// # Errors
    /// [`io::ErrorKind::WouldBlock`] if the socket is full. After any other error the socket is unusable.
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// Waits until the socket accepts more bytes. After an error the socket is unusable.
    fn poll_room(&self, context: &mut Context<'_>) -> Poll<io::Result<()>>;
}
