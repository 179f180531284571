//! The TCP stream that carries HTTP requests, and how the server closes it.
//!
//! actix's dispatcher closes a connection after it has answered a request whose body it did not read. The kernel resets
//! a connection that is closed while data arrives, and a reset discards the answer before the client has read it. So
//! the server keeps the stream, ends only its own direction, and reads on for a bounded time (RFC 9112 section 9.6).

use std::cell::RefCell;
use std::io;
use std::net::{Shutdown, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep, timeout_at};

use super::headers::{Header, Headers, TOO_LARGE, log_too_large};

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

/// Maximum time from the first byte of a request to the first byte of its response, in milliseconds. actix limits only the
/// header of a connection's first request; without this, a client that sends a byte now and then keeps its connection
/// for ever.
pub const REQUEST_MS_MAX: u64 = 60_000;

/// How a response begins that makes a connection a WebSocket. It has no requests any more.
const UPGRADED: &[u8] = b"HTTP/1.1 101 ";

/// A stream that outlives the dispatcher it is lent to.
#[derive(Clone)]
pub(crate) struct SharedStream(Rc<RefCell<Inner>>);

struct Inner {
    stream: TcpStream,
    request_max: Duration,
    headers: Headers,
    state: State,
}

/// What the stream waits for.
enum State {
    /// A request.
    Idle,
    /// The rest of a request, or its response.
    Request {
        /// It is not waited for any longer than this.
        end: Pin<Box<Sleep>>,
        /// What has come of its header, until that is complete.
        header: Option<Header>,
    },
    /// The frames of a WebSocket.
    WebSocket,
}

impl Inner {
    /// Whether the request has taken too long.
    fn is_late(&self) -> bool {
        matches!(&self.state, State::Request { end, .. } if end.deadline() <= Instant::now())
    }

    /// Notes what has arrived.
    ///
    /// # Errors
    /// Where a header is larger than allowed. The client has been told.
    fn received(&mut self, bytes: &[u8]) -> io::Result<()> {
        if matches!(self.state, State::Idle) {
            let header = Some(self.headers.begin());
            self.state = State::Request { end: Box::pin(sleep(self.request_max)), header };
        }
        let State::Request { header: waiting @ Some(_), .. } = &mut self.state else { return Ok(()) };
        match waiting.as_mut().map(|header| header.take(bytes)) {
            Some(Ok(true)) => *waiting = None,
            Some(Err(_)) => {
                // Nothing else is being sent: a response would have ended the state. Who does not get it sees the close.
                let _ = self.stream.try_write(TOO_LARGE);
                log_too_large(&self.stream);
                return Err(io::ErrorKind::InvalidData.into());
            }
            Some(Ok(false)) | None => {}
        }
        Ok(())
    }

    /// Waits for the end of the time that a request may take.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let State::Request { end, .. } = &mut self.state else { return Poll::Pending };
        end.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Notes what was sent.
    fn sent(&mut self, bytes: &[u8]) {
        self.state = match self.state {
            State::WebSocket => State::WebSocket,
            _ if bytes.starts_with(UPGRADED) => State::WebSocket,
            State::Idle | State::Request { .. } => State::Idle,
        };
    }
}

impl SharedStream {
    /// Wraps an accepted stream. Its requests' headers count among `headers` while they are not complete.
    pub(crate) fn new(stream: TcpStream, headers: Headers) -> Self {
        Self::with_limit(stream, headers, Duration::from_millis(REQUEST_MS_MAX))
    }

    fn with_limit(stream: TcpStream, headers: Headers, request_max: Duration) -> Self {
        Self(Rc::new(RefCell::new(Inner { stream, request_max, headers, state: State::Idle })))
    }

    /// Address of the peer, unless it is gone.
    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.borrow().stream.peer_addr().ok()
    }

    /// Closes the connection so that the peer can read what was sent to it. Call it after the dispatcher has ended; a
    /// stream that the dispatcher still holds stays open.
    pub(crate) async fn close(self) {
        if let Ok(inner) = Rc::try_unwrap(self.0) {
            linger(&inner.into_inner().stream).await;
        }
    }
}

/// Ends the sending direction, then reads and drops what still arrives, until the peer ends its direction or one of the
/// limits above is reached.
pub(crate) async fn linger(stream: &TcpStream) {
    if SockRef::from(stream).shutdown(Shutdown::Write).is_err() {
        return;
    }
    let end = Instant::now() + Duration::from_millis(LINGER_MS_MAX);
    let (mut left, mut budget) = (LINGER_BYTES_MAX, LINGER_BUDGET_BYTES);
    while left > 0 {
        let idle = Instant::now() + Duration::from_millis(LINGER_IDLE_MS_MAX);
        if !matches!(timeout_at(idle.min(end), stream.readable()).await, Ok(Ok(()))) {
            return;
        }
        match discard(stream) {
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
        let inner = &mut *self.0.borrow_mut();
        if inner.is_late() {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut inner.stream).poll_read(context, buffer);
        if buffer.filled().len() > before {
            inner.received(&buffer.filled()[before..])?;
        }
        if read.is_pending() { inner.poll_late(context) } else { read }
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let inner = &mut *self.0.borrow_mut();
        let written = Pin::new(&mut inner.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(length)) = written {
            inner.sent(&bytes[..length]);
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    use super::*;

    const SHORT: Duration = Duration::from_millis(50);

    async fn connected(limit: Duration) -> (TcpStream, SharedStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (client, SharedStream::with_limit(listener.accept().await.unwrap().0, Headers::default(), limit))
    }

    /// Reads until the stream ends or fails.
    async fn read_on(stream: &mut SharedStream) -> io::Result<usize> {
        stream.read_to_end(&mut Vec::new()).await
    }

    #[tokio::test]
    async fn a_request_that_does_not_go_on_is_given_up() {
        let (mut client, mut stream) = connected(SHORT).await;
        client.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
        assert_eq!(read_on(&mut stream).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_request_that_comes_byte_by_byte_is_given_up() {
        let (mut client, mut stream) = connected(SHORT).await;
        let trickle = async {
            while client.write_all(b"x").await.is_ok() {
                tokio::task::yield_now().await;
            }
        };
        let read = tokio::select! { read = read_on(&mut stream) => read, () = trickle => unreachable!() };
        assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn between_requests_and_as_a_websocket_a_client_may_be_silent() {
        for response in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"] {
            let (mut client, mut stream) = connected(SHORT).await;
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            stream.read_u8().await.unwrap();
            stream.write_all(response.as_bytes()).await.unwrap();
            if response.contains("101") {
                client.write_all(b"a frame").await.unwrap();
            } else {
                // What is left of the request would count as the next one.
                let mut rest = [0; b"GET / HTTP/1.1\r\n\r\n".len() - 1];
                stream.read_exact(&mut rest).await.unwrap();
                stream.write_all(b"x").await.unwrap();
            }
            // Somebody who came later is given up, and this client is not.
            let (mut late, mut other) = connected(SHORT).await;
            late.write_all(b"GET").await.unwrap();
            tokio::select! {
                read = read_on(&mut stream) => panic!("{response}: {read:?}"),
                read = read_on(&mut other) => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut),
            }
        }
    }
}
