//! The TCP stream that carries HTTP requests, and how the server closes it.
//!
//! actix's dispatcher closes a connection after it has answered a request whose body it did not read. The kernel resets
//! a connection that is closed while data arrives, and a reset discards the answer before the client has read it. So
//! the server keeps the stream, ends only its own direction, and reads on for a bounded time (RFC 9112 section 9.6).

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// Maximum number of bytes that are read and dropped after the answer. A body may be larger than any limit of the API:
/// its sender should still be able to read the refusal.
pub const LINGER_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Maximum time for that, in milliseconds.
pub const LINGER_MS_MAX: u64 = 30_000;

/// Maximum time without a byte during that, in milliseconds.
pub const LINGER_IDLE_MS_MAX: u64 = 5_000;

/// Bytes that are dropped before other tasks of the worker run again.
const LINGER_BUDGET_BYTES: usize = 256 * 1024;

/// Bytes that are read at a time.
const CHUNK_BYTES: usize = 16 * 1024;

/// A stream that outlives the dispatcher it is lent to.
#[derive(Clone)]
pub(crate) struct SharedStream(Rc<RefCell<TcpStream>>);

impl SharedStream {
    /// Wraps an accepted stream.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self(Rc::new(RefCell::new(stream)))
    }

    /// Address of the peer, unless it is gone.
    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.borrow().peer_addr().ok()
    }

    /// Closes the connection so that the peer can read what was sent to it. Call it after the dispatcher has ended; a
    /// stream that the dispatcher still holds stays open.
    pub(crate) async fn close(self) {
        if let Ok(stream) = Rc::try_unwrap(self.0) {
            linger(stream.into_inner()).await;
        }
    }

    fn with<T>(&self, poll: impl FnOnce(Pin<&mut TcpStream>) -> T) -> T {
        poll(Pin::new(&mut self.0.borrow_mut()))
    }
}

/// Ends the sending direction, then reads and drops what still arrives, until the peer ends its direction or one of the
/// limits above is reached.
async fn linger(mut stream: TcpStream) {
    if stream.shutdown().await.is_err() {
        return;
    }
    let end = Instant::now() + Duration::from_millis(LINGER_MS_MAX);
    let (mut left, mut budget) = (LINGER_BYTES_MAX, LINGER_BUDGET_BYTES);
    while left > 0 {
        let idle = Instant::now() + Duration::from_millis(LINGER_IDLE_MS_MAX);
        if !matches!(timeout_at(idle.min(end), stream.readable()).await, Ok(Ok(()))) {
            return;
        }
        match discard(&stream) {
            Ok(0) => return,
            Ok(length) => {
                left = left.saturating_sub(length);
                budget = budget.saturating_sub(length);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
        if budget == 0 {
            tokio::task::yield_now().await;
            budget = LINGER_BUDGET_BYTES;
        }
    }
}

/// Reads once and drops what it read. A function of its own, so that no future holds the buffer.
fn discard(stream: &TcpStream) -> io::Result<usize> {
    stream.try_read(&mut [0; CHUNK_BYTES])
}

impl AsyncRead for SharedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_read(context, buffer))
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        self.0.borrow().is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}
