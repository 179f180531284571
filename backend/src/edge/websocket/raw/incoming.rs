//! The input of a connection directly on its TCP stream.

use std::cell::RefCell;
use std::io::{self, Read as _};
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::ws::{Codec, Frame, Item, ProtocolError};
use bytes::{Bytes, BytesMut};
use bytestring::ByteString;
use futures_util::FutureExt as _;
use shared::protocol::CloseCode;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::TcpStream;
use tokio_util::codec::Decoder as _;

use crate::channel::wire::Wire;
use crate::client::frames::{Incoming, Received};
use crate::edge::websocket::failure::close_code;
use crate::edge::websocket::guard::Scanner;

/// Maximum bytes of one read.
const READ_BYTES_MAX: usize = 64 * 1024;

thread_local! {
    /// The buffer for reads: one per thread, whatever the number of connections.
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_BYTES_MAX].into_boxed_slice());
}

/// Reads frames and assembles messages. It holds memory only for an incomplete message.
pub(super) struct RawIncoming {
    wire: Rc<Wire<TcpStream>>,
    scanner: Scanner,
    codec: Codec,
    /// Received bytes of frames that are not decoded yet.
    buffer: BytesMut,
    /// The incomplete message, if a message has several frames.
    parts: Option<Parts>,
    state: State,
    message_bytes_max: usize,
}

/// The frames of a message so far.
struct Parts {
    text: bool,
    bytes: BytesMut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// A frame's header is invalid. The frames before it are still to be returned.
    Refused(CloseCode),
    /// The violation was returned. The rest is read and dropped, so that the peer can read our close frame: the kernel resets a
    /// socket that is closed with unread bytes. Each read is returned as a part, so that it counts in the budget.
    Draining,
    /// The peer has closed its side.
    Gone,
}

impl RawIncoming {
    /// Creates the input of a stream from which `begun` was read already. A message has at most `message_bytes_max` bytes.
    pub(super) fn new(wire: Rc<Wire<TcpStream>>, begun: &[u8], message_bytes_max: usize) -> Self {
        let codec = Codec::new().max_size(message_bytes_max);
        let (scanner, buffer) = (Scanner::new(message_bytes_max), BytesMut::new());
        let mut incoming =
            Self { wire, scanner, codec, buffer, parts: None, state: State::Open, message_bytes_max };
        incoming.take(begun);
        incoming
    }

    /// Buffers received bytes up to the first invalid header.
    fn take(&mut self, chunk: &[u8]) {
        if self.state != State::Open {
            return;
        }
        let end = match self.scanner.scan(chunk) {
            Ok(()) => chunk.len(),
            Err(found) => {
                self.state = State::Refused(found.code);
                found.at
            }
        };
        self.buffer.extend_from_slice(&chunk[..end]);
    }

    /// Decodes the next input from the buffer.
    fn decode(&mut self) -> Option<Received> {
        while !self.buffer.is_empty() {
            let received = match self.codec.decode(&mut self.buffer) {
                Ok(Some(frame)) => self.assemble(frame),
                Ok(None) => return None,
                Err(error) => Some(self.fail(&error)),
            };
            if self.buffer.is_empty() {
                // Free the buffer, so that an idle connection holds no memory for input.
                self.buffer = BytesMut::new();
            }
            if received.is_some() {
                return received;
            }
        }
        None
    }

    fn assemble(&mut self, frame: Frame) -> Option<Received> {
        Some(match frame {
            Frame::Text(bytes) => self.text(bytes),
            Frame::Binary(bytes) => Received::Binary(bytes.len()),
            Frame::Ping(payload) => Received::Ping(payload),
            Frame::Pong(_) => Received::Pong,
            Frame::Close(reason) => {
                Received::Close(reason.map_or(CloseCode::NORMAL, |reason| CloseCode(reason.code.into())))
            }
            Frame::Continuation(Item::FirstText(part)) => self.begin(true, &part),
            Frame::Continuation(Item::FirstBinary(part)) => self.begin(false, &part),
            Frame::Continuation(Item::Continue(part)) => match self.add_part(&part) {
                Ok(()) => Received::Part(part.len()),
                Err(error) => self.fail(&error),
            },
            Frame::Continuation(Item::Last(part)) => match self.add_part(&part) {
                Ok(()) => {
                    // `add_part` has checked that there is a message.
                    let Parts { text, bytes } = self.parts.take()?;
                    if text { self.text(bytes.freeze()) } else { Received::Binary(bytes.len()) }
                }
                Err(error) => self.fail(&error),
            },
        })
    }

    fn begin(&mut self, text: bool, part: &[u8]) -> Received {
        self.parts = Some(Parts { text, bytes: BytesMut::from(part) });
        Received::Part(part.len())
    }

    /// Adds a frame to the incomplete message. The scanner and the codec check the size too, but the memory limit of a message
    /// must not depend on their agreement.
    fn add_part(&mut self, part: &[u8]) -> Result<(), ProtocolError> {
        let parts = self.parts.as_mut().ok_or(ProtocolError::ContinuationNotStarted)?;
        if parts.bytes.len() + part.len() > self.message_bytes_max {
            return Err(ProtocolError::Overflow);
        }
        parts.bytes.extend_from_slice(part);
        Ok(())
    }

    fn text(&mut self, bytes: Bytes) -> Received {
        match ByteString::try_from(bytes) {
            Ok(text) => Received::Text(text),
            Err(error) => self.fail(&io::Error::new(io::ErrorKind::InvalidData, error).into()),
        }
    }

    fn fail(&mut self, error: &ProtocolError) -> Received {
        self.state = State::Draining;
        (self.buffer, self.parts) = (BytesMut::new(), None);
        match close_code(error) {
            Some(code) => Received::Broken { code, error: error.to_string() },
            None => Received::Gone,
        }
    }

    /// Whether the connection is reset, so that nothing can be written any more.
    fn is_cut(&self) -> bool {
        let ready = self.wire.socket().ready(Interest::WRITABLE).now_or_never();
        ready.is_some_and(|ready| ready.is_ok_and(|ready| ready.is_write_closed()))
    }

    /// Reads once into the buffer. Returns the number of bytes: 0 at the end of the stream.
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<usize> {
        SCRATCH.with_borrow_mut(|scratch| {
            let length = ready!(poll_read(self.wire.socket(), context, scratch)).unwrap_or(0);
            match length {
                0 => self.state = State::Gone,
                _ => self.take(&scratch[..length]),
            }
            Poll::Ready(length)
        })
    }
}

/// Reads once and returns the number of bytes: 0 at the end. Reads through `try_io`, because tokio's own `poll_read` needs
/// exclusive access to the stream.
fn poll_read(stream: &TcpStream, context: &mut Context<'_>, chunk: &mut [u8]) -> Poll<io::Result<usize>> {
    loop {
        ready!(stream.poll_read_ready(context))?;
        let mut some = None;
        let read = stream.try_io(Interest::READABLE, || match (&*SockRef::from(stream)).read(chunk)? {
            // A short read emptied the socket. Report `WouldBlock` so that tokio waits for the next event; that saves one system
            // call.
            length if (1..chunk.len()).contains(&length) => {
                some = Some(length);
                Err(io::ErrorKind::WouldBlock.into())
            }
            length => Ok(length),
        });
        match (some, read) {
            (Some(length), _) => return Poll::Ready(Ok(length)),
            (None, Err(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
            (None, Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
            (None, read) => return Poll::Ready(read),
        }
    }
}

impl Incoming for RawIncoming {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        if !self.buffer.is_empty() && self.is_cut() {
            // Nobody can get the answers. Clients that send many requests, reset the connection and reconnect would otherwise leave
            // thousands of connections that still work through them.
            (self.state, self.buffer, self.parts) = (State::Gone, BytesMut::new(), None);
        }
        loop {
            if let Some(received) = self.decode() {
                return Poll::Ready(received);
            }
            match self.state {
                State::Open => {}
                State::Draining => match ready!(self.poll_read(context)) {
                    0 => continue,
                    length => return Poll::Ready(Received::Part(length)),
                },
                State::Refused(code) => {
                    self.state = State::Draining;
                    self.buffer = BytesMut::new();
                    let error = "refused at the frame's header".to_owned();
                    return Poll::Ready(Received::Broken { code, error });
                }
                State::Gone => return Poll::Ready(Received::Gone),
            }
            ready!(self.poll_read(context));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn each_read_of_dropped_input_counts_in_the_budget() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut incoming = RawIncoming::new(Wire::new(server), &[], 1024);
        // Reserved bits (RFC 6455 section 5.2), followed by much more than one read.
        let sent = vec![0xff; 4 * READ_BYTES_MAX];
        let sender = tokio::spawn(async move {
            client.write_all(&sent).await.unwrap();
            client
        });
        let mut next = async || poll_fn(|context| incoming.poll_next(context)).await;
        assert!(matches!(next().await, Received::Broken { code: CloseCode::PROTOCOL, .. }));
        // The first bytes were dropped together with the header.
        let Received::Part(dropped) = next().await else { panic!("dropped input is returned as a part") };
        assert!((1..=READ_BYTES_MAX).contains(&dropped), "{dropped} bytes");
        drop(sender.await.unwrap());
    }

    #[tokio::test]
    async fn the_parts_of_a_message_are_bounded_whatever_the_decoder_lets_through() {
        const MESSAGE_BYTES_MAX: usize = 1024;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut incoming = RawIncoming::new(Wire::new(server), &[], MESSAGE_BYTES_MAX);
        let mut assemble = |frame| incoming.assemble(frame).unwrap();
        let part = |bytes: usize| Bytes::from(vec![b'x'; bytes]);
        assemble(Frame::Continuation(Item::FirstText(part(1000))));
        let whole = assemble(Frame::Continuation(Item::Last(part(MESSAGE_BYTES_MAX - 1000))));
        assert!(matches!(whole, Received::Text(text) if text.len() == MESSAGE_BYTES_MAX));
        assemble(Frame::Continuation(Item::FirstText(part(1000))));
        let too_long = assemble(Frame::Continuation(Item::Continue(part(MESSAGE_BYTES_MAX - 999))));
        assert!(matches!(too_long, Received::Broken { code: CloseCode::TOO_BIG, .. }));
    }

    #[tokio::test]
    async fn requests_of_a_client_that_has_reset_the_connection_are_dropped() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut incoming = RawIncoming::new(Wire::new(server), &[], 1024);
        // Two masked texts of one character (RFC 6455 section 5.2), in one segment.
        let text = [0x81, 0x81, 0, 0, 0, 0, b'x'];
        client.write_all(&[text, text].concat()).await.unwrap();
        let mut next = async || poll_fn(|context| incoming.poll_next(context)).await;
        assert!(matches!(next().await, Received::Text(_)));
        SockRef::from(&client).set_linger(Some(std::time::Duration::ZERO)).unwrap();
        drop(client);
        while !incoming.is_cut() {
            tokio::task::yield_now().await;
        }
        let mut next = async || poll_fn(|context| incoming.poll_next(context)).await;
        assert!(matches!(next().await, Received::Gone));
    }
}
