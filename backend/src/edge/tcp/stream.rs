//! The TCP stream that carries HTTP requests. It limits reading to one request at a time.
//!
//! actix's dispatcher answers all requests that it has read into one buffer, and reads on. Without a limit, a client that sends
//! many requests and reads no response could use unbounded memory. Therefore the stream passes on one request at a time, and
//! nothing while a response is being sent.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::framing::Body;
use super::headers::{Header, Headers, Refused};
use super::linger::linger;

/// Maximum time from the first byte of a request to the first byte of its response, in milliseconds. actix limits only the header
/// of a connection's first request. Without this limit, a client that sends one byte at a time keeps its connection for ever.
pub(crate) const REQUEST_MS_MAX: u64 = 60_000;

/// Maximum bytes handed to the dispatcher per poll, so that it writes responses before it reads more.
const READ_BYTES_MAX: usize = 4 * 1024;

/// The start of the response that makes a connection a WebSocket. No request follows.
const UPGRADED: &[u8] = b"HTTP/1.1 101 ";

/// An interim response (RFC 9110 section 15.2.1). The final one follows.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// A stream that outlives the dispatcher that uses it.
#[derive(Clone)]
pub(crate) struct SharedStream(Rc<RefCell<Inner>>);

struct Inner {
    stream: TcpStream,
    request_max: Duration,
    headers: Headers,
    state: State,
    /// Bytes that were read and not passed on yet: the next request, or frames.
    held: Vec<u8>,
    /// True if `poll_read` returned `Pending` without a waker. [`drained`](Self::drained) must then wake the dispatcher.
    read_refused: bool,
    /// True if bytes were handed out. The next read yields first, so that the dispatcher writes before it reads on.
    must_yield: bool,
}

/// The event that the stream waits for.
enum State {
    /// A request.
    Idle,
    /// The rest of a request, or its response.
    Request {
        /// Deadline of the request.
        end: Pin<Box<Sleep>>,
        /// How much of the request was passed on.
        progress: Progress,
    },
    /// The client must read a response. Each write restarts the timer; when it expires, the connection closes.
    Response {
        /// The deadline of the next write.
        end: Pin<Box<Sleep>>,
        /// The rest of the request, if the response was sent before the request was complete.
        rest: Option<Body>,
    },
    /// The rest of a request that has been answered.
    Rest {
        /// Deadline of the rest.
        end: Pin<Box<Sleep>>,
        /// The rest of the request's body.
        rest: Body,
    },
    /// The frames of a WebSocket.
    WebSocket,
}

/// The part of a request that has arrived.
enum Progress {
    /// A part of its header.
    Header(Header),
    /// Its header and a part of its body. The value is the rest of the body.
    Body(Body),
    /// The complete request.
    Whole,
}

impl Inner {
    fn new(stream: TcpStream, headers: Headers, request_max: Duration) -> Self {
        let (state, held) = (State::Idle, Vec::new());
        Self { stream, request_max, headers, state, held, read_refused: false, must_yield: false }
    }

    fn timer(&self) -> Pin<Box<Sleep>> {
        Box::pin(sleep(self.request_max))
    }

    /// Resolves with an error when the deadline of the request, or of the client's next read of the response, has passed.
    fn poll_late(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (State::Request { end, .. } | State::Response { end, .. } | State::Rest { end, .. }) =
            &mut self.state
        else {
            return Poll::Pending;
        };
        end.as_mut().poll(context).map(|()| Err(io::ErrorKind::TimedOut.into()))
    }

    /// Returns whether more may be passed on. If not, the dispatcher is woken when it may.
    fn may_read(&mut self, context: &Context<'_>) -> bool {
        if std::mem::take(&mut self.must_yield) && !matches!(self.state, State::WebSocket) {
            context.waker().wake_by_ref();
            return false;
        }
        let may = match self.state {
            State::Idle | State::Rest { .. } | State::WebSocket => true,
            State::Request { progress: Progress::Header(_) | Progress::Body(_), .. } => true,
            State::Request { progress: Progress::Whole, .. } | State::Response { .. } => false,
        };
        self.read_refused = !may;
        may
    }

    /// Reads once. Does not read while bytes are held.
    fn poll_fill(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.held.is_empty() {
            let mut chunk = [0; READ_BYTES_MAX];
            let mut buffer = ReadBuf::new(&mut chunk);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            self.held.extend_from_slice(buffer.filled());
        }
        Poll::Ready(Ok(()))
    }

    /// Returns at most `bytes_max` bytes of the current request.
    ///
    /// # Errors
    /// `InvalidData` if a header exceeds a limit. The refusal was sent.
    fn hand_out(&mut self, bytes_max: usize) -> io::Result<Vec<u8>> {
        if matches!(self.state, State::Idle) && !self.held.is_empty() {
            let progress = Progress::Header(self.headers.begin());
            self.state = State::Request { end: self.timer(), progress };
        }
        let mut length = bytes_max.min(self.held.len());
        if let State::Request { progress, .. } = &mut self.state {
            length = match progress.take(&self.held[..length]) {
                Ok(length) => length,
                Err(refused) => {
                    // No response is in progress. If the socket is full, the client sees only the close.
                    let _ = self.stream.try_write(refused.response());
                    self.headers.report(&refused, &self.stream);
                    return Err(io::ErrorKind::InvalidData.into());
                }
            };
        }
        if let State::Rest { rest, .. } = &mut self.state {
            length = rest.take(&self.held[..length]);
            if rest.is_complete() {
                self.state = State::Idle;
            }
        }
        self.must_yield = true;
        let rest = self.held.split_off(length);
        Ok(std::mem::replace(&mut self.held, rest))
    }

    /// Updates the state after bytes were sent.
    fn sent(&mut self, bytes: &[u8]) {
        // The dispatcher may write both responses at once.
        let response = bytes.strip_prefix(CONTINUE).unwrap_or(bytes);
        self.state = match std::mem::replace(&mut self.state, State::Idle) {
            State::WebSocket => State::WebSocket,
            request @ State::Request { .. } if response.is_empty() => request,
            State::Request { .. } if response.starts_with(UPGRADED) => State::WebSocket,
            // The client reads, so restart its timer.
            State::Request { progress: Progress::Body(rest), .. } | State::Rest { rest, .. } => {
                State::Response { end: self.timer(), rest: Some(rest) }
            }
            State::Response { rest, .. } => State::Response { end: self.timer(), rest },
            State::Idle | State::Request { .. } => State::Response { end: self.timer(), rest: None },
        };
    }

    /// Called when the dispatcher has written everything: ends the response, and wakes a refused read.
    fn drained(&mut self, context: &Context<'_>) {
        if let State::Response { rest, .. } = self.state {
            self.state = rest.map_or(State::Idle, |rest| State::Rest { end: self.timer(), rest });
        }
        let may_read = matches!(self.state, State::Idle | State::Rest { .. } | State::WebSocket);
        if may_read && std::mem::take(&mut self.read_refused) {
            context.waker().wake_by_ref();
        }
    }
}

impl Progress {
    /// Consumes the next bytes, and returns how many belong to this request.
    ///
    /// # Errors
    /// [`Refused`] if the header exceeds a limit.
    fn take(&mut self, bytes: &[u8]) -> Result<usize, Refused> {
        let header_bytes = match self {
            Self::Header(header) => {
                let Some(end) = header.take(bytes)? else { return Ok(bytes.len()) };
                *self = Self::Body(header.body());
                end
            }
            Self::Body(_) => 0,
            Self::Whole => return Ok(0),
        };
        let Self::Body(body) = self else { return Ok(header_bytes) };
        let body_bytes = body.take(&bytes[header_bytes..]);
        if body.is_complete() {
            *self = Self::Whole;
        }
        Ok(header_bytes + body_bytes)
    }
}

impl SharedStream {
    /// Wraps an accepted stream. Its requests' headers count among `headers` while they are not complete.
    pub(crate) fn new(stream: TcpStream, headers: Headers) -> Self {
        Self::with_limit(stream, headers, Duration::from_millis(REQUEST_MS_MAX))
    }

    fn with_limit(stream: TcpStream, headers: Headers, request_max: Duration) -> Self {
        Self(Rc::new(RefCell::new(Inner::new(stream, headers, request_max))))
    }

    /// Returns the address of the peer, or `None` if the peer is gone.
    pub(crate) fn peer_addr(&self) -> Option<SocketAddr> {
        self.0.borrow().stream.peer_addr().ok()
    }

    /// Closes the connection so that the peer can read the last response. Call it after the dispatcher has ended; a stream that
    /// the dispatcher still holds stays open.
    pub(crate) async fn close(self) {
        if let Ok(inner) = Rc::try_unwrap(self.0) {
            linger(&inner.into_inner().stream).await;
        }
    }
}

impl AsyncRead for SharedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let inner = &mut *self.0.borrow_mut();
        if let Poll::Ready(late) = inner.poll_late(context) {
            return Poll::Ready(late);
        }
        if matches!(inner.state, State::WebSocket) && inner.held.is_empty() {
            return Pin::new(&mut inner.stream).poll_read(context, buffer);
        }
        if !inner.may_read(context) {
            return Poll::Pending;
        }
        ready!(inner.poll_fill(context))?;
        buffer.put_slice(&inner.hand_out(buffer.remaining())?);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for SharedStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let inner = &mut *self.0.borrow_mut();
        let written = Pin::new(&mut inner.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(length)) = written {
            inner.sent(&bytes[..length]);
        }
        if written.is_pending()
            && let Poll::Ready(Err(late)) = inner.poll_late(context)
        {
            return Poll::Ready(Err(late));
        }
        written
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let inner = &mut *self.0.borrow_mut();
        inner.drained(context);
        Pin::new(&mut inner.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0.borrow_mut().stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

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
    async fn a_stalled_request_times_out() {
        let (mut client, mut stream) = connected(SHORT).await;
        client.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
        assert_eq!(read_on(&mut stream).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_request_sent_byte_by_byte_times_out() {
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
    async fn requests_are_passed_on_one_at_a_time_and_none_during_a_response() {
        let (mut client, mut stream) = connected(Duration::from_secs(60)).await;
        let request = b"GET / HTTP/1.1\r\n\r\n";
        client.write_all(&request.repeat(3)).await.unwrap();
        let mut buffer = [0; 1000];
        for _ in 0..3 {
            let read = stream.read(&mut buffer).await.unwrap();
            assert_eq!(&buffer[..read], request, "one request, and not the next");
            let next = timeout(SHORT, stream.read(&mut buffer)).await;
            assert!(next.is_err(), "nothing more before the response");
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
            let next = timeout(SHORT, stream.read(&mut buffer)).await;
            assert!(next.is_err(), "nothing more before all of the response");
            stream.write_all(b"content-length: 0\r\n\r\n").await.unwrap();
            stream.flush().await.unwrap();
        }
    }

    #[tokio::test]
    async fn no_task_is_woken_while_a_response_is_prepared() {
        let (mut client, mut stream) = connected(Duration::from_secs(60)).await;
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        stream.read_exact(&mut [0; b"GET / HTTP/1.1\r\n\r\n".len()]).await.unwrap();
        let wakes = Arc::<Wakes>::default();
        let waker = Arc::clone(&wakes).into();
        let mut context = Context::from_waker(&waker);
        for _ in 0..10 {
            let mut buffer = [0; 1000];
            assert!(
                Pin::new(&mut stream).poll_read(&mut context, &mut ReadBuf::new(&mut buffer)).is_pending()
            );
            assert!(Pin::new(&mut stream).poll_flush(&mut context).is_ready());
        }
        // The yield after a read is one wake-up.
        assert!(wakes.0.load(Ordering::SeqCst) <= 1);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        assert!(Pin::new(&mut stream).poll_flush(&mut context).is_ready());
        assert_eq!(wakes.0.load(Ordering::SeqCst), 2, "the next request can be read");
    }

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl std::task::Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_its_response_times_out() {
        let (client, mut stream) = connected(SHORT).await;
        let more = async {
            loop {
                if let Err(error) = stream.write_all(&[b'x'; 64 * 1024]).await {
                    return error.kind();
                }
            }
        };
        assert_eq!(more.await, io::ErrorKind::TimedOut);
        drop(client);
    }

    #[tokio::test]
    async fn a_client_may_be_idle_between_requests_and_as_a_websocket() {
        for response in ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n"] {
            let (mut client, mut stream) = connected(SHORT).await;
            client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
            stream.read_exact(&mut [0; b"GET / HTTP/1.1\r\n\r\n".len()]).await.unwrap();
            stream.write_all(response.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            if response.contains("101") {
                client.write_all(b"a frame").await.unwrap();
            }
            // A client that connects later times out; if this one had a deadline, it would have passed before.
            let (mut late, mut other) = connected(SHORT).await;
            late.write_all(b"GET").await.unwrap();
            tokio::select! {
                read = read_on(&mut stream) => panic!("{response}: {read:?}"),
                read = read_on(&mut other) => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::TimedOut),
            }
        }
    }
}
