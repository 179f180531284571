//! The handshake of a connection directly on its TCP stream (RFC 6455 section 4.2), with actix's HTTP/1 codec.

use std::io;
use std::rc::Rc;

use actix_http::body::{BodySize, MessageBody as _};
use actix_http::error::ParseError;
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, Request, Response, ServiceConfig, ws};
use actix_web::HttpResponse;
use bytes::{BufMut as _, BytesMut};
use tokio::net::TcpStream;
use tokio_util::codec::{Decoder as _, Encoder as _};

use crate::channel::wire::Wire;
use crate::edge::tcp::headers;
use crate::edge::tcp::headers::{Header, Headers, MALFORMED};

/// Maximum bytes of one read of a request.
const READ_BYTES_MAX: usize = 2048;

/// A stream whose request is not complete or not answered yet.
pub(super) struct Handshake {
    codec: Codec,
    wire: Rc<Wire<TcpStream>>,
    /// Received bytes that are not decoded yet. After the request is complete: the bytes that follow it.
    rest: BytesMut,
    /// Counts the bytes of the incomplete request.
    header: Header,
}

/// The reason why there is no request.
pub(super) enum NoRequest {
    /// The request is refused with this complete response.
    Refused(&'static [u8]),
    /// The client is gone.
    Gone,
}

impl From<io::Error> for NoRequest {
    fn from(_: io::Error) -> Self {
        Self::Gone
    }
}

impl Handshake {
    /// Creates the handshake of a stream from which nothing was read. The request's header counts among `headers` while it is not
    /// complete.
    pub(super) fn new(stream: TcpStream, headers: &Headers) -> Self {
        let codec = Codec::new(ServiceConfig::default());
        Self { codec, wire: Wire::new(stream), rest: BytesMut::new(), header: headers.begin() }
    }

    /// Waits until the client has sent something.
    ///
    /// # Errors
    /// The stream's error.
    pub(super) async fn heard(&self) -> io::Result<()> {
        self.wire.socket().readable().await
    }

    /// Reads once. Returns the request if it is complete.
    ///
    /// # Errors
    /// [`NoRequest`].
    pub(super) fn read(&mut self) -> Result<Option<Request>, NoRequest> {
        self.rest.reserve(READ_BYTES_MAX);
        let before = self.rest.len();
        // `reserve` may allocate more than requested, so limit the read.
        match self.wire.socket().try_read_buf(&mut (&mut self.rest).limit(READ_BYTES_MAX)) {
            Ok(0) => return Err(NoRequest::Gone),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        if let Err(refused) = self.header.take(&self.rest[before..]) {
            self.header.report(&refused, self.wire.socket());
            return Err(NoRequest::Refused(refused.response()));
        }
        match self.codec.decode(&mut self.rest) {
            Ok(Some(Message::Item(request))) => Ok(Some(request)),
            Ok(Some(Message::Chunk(_)) | None) => Ok(None),
            // The codec allows at most 96 header lines.
            Err(ParseError::TooLarge) => Err(NoRequest::Refused(headers::Refused::TooLarge.response())),
            Err(_) => Err(NoRequest::Refused(MALFORMED)),
        }
    }

    /// Sends a complete response, without waiting for the socket.
    pub(super) fn answer(&self, response: &[u8]) {
        // Nothing was sent before, so the socket has room. If it has not, the client sees only the close.
        let _ = self.wire.socket().try_write(response);
    }

    /// Returns the connection's wire.
    pub(super) fn wire(&self) -> Rc<Wire<TcpStream>> {
        Rc::clone(&self.wire)
    }

    /// Accepts the handshake. Returns the connection's wire, and the bytes that were read after the request.
    ///
    /// # Errors
    /// The stream's error.
    pub(super) async fn accept(&mut self, request: &Request) -> io::Result<(Rc<Wire<TcpStream>>, BytesMut)> {
        let response = ws::handshake_response(request.head()).finish().drop_body();
        self.send(response, BodySize::None, &[]).await?;
        Ok((self.wire(), std::mem::take(&mut self.rest)))
    }

    /// Refuses the handshake with an error response of the HTTP API.
    pub(super) async fn refuse(&mut self, refusal: HttpResponse) {
        let mut response: Response<_> = refusal.into();
        // Announce the close: otherwise a proxy would keep the connection for its next request.
        response.head_mut().set_connection_type(ConnectionType::Close);
        let (response, body) = response.into_parts();
        let body = body.try_into_bytes().unwrap_or_default();
        // If the client is gone, nobody needs the response.
        let _ = self.send(response, BodySize::Sized(body.len() as u64), &body).await;
    }

    async fn send(&mut self, response: Response<()>, size: BodySize, body: &[u8]) -> io::Result<()> {
        let mut bytes = BytesMut::new();
        self.codec.encode(Message::Item((response, size)), &mut bytes)?;
        bytes.extend_from_slice(body);
        let mut left = &bytes[..];
        while !left.is_empty() {
            self.wire.socket().writable().await?;
            match self.wire.socket().try_write(left) {
                Ok(written) => left = &left[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt as _;
    use tokio::net::TcpListener;

    use super::*;
    use crate::edge::tcp::headers::HEADER_BYTES_MAX;

    #[tokio::test]
    async fn one_read_is_limited_however_much_has_arrived() {
        // actix's codec starts a local task, which needs a `LocalSet`.
        tokio::task::LocalSet::new().run_until(read_all()).await;
    }

    async fn read_all() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let mut sent = b"GET /ws HTTP/1.1\r\nCookie: ".to_vec();
        sent.resize(HEADER_BYTES_MAX, b'x');
        client.write_all(&sent).await.unwrap();
        let mut handshake = Handshake::new(server, &Headers::default());
        let mut reads = Vec::new();
        while handshake.rest.len() < HEADER_BYTES_MAX {
            handshake.heard().await.unwrap();
            let before = handshake.rest.len();
            assert!(matches!(handshake.read(), Ok(None)), "it is not complete");
            reads.push(handshake.rest.len() - before);
        }
        assert_eq!(reads.into_iter().max(), Some(READ_BYTES_MAX));
    }
}
