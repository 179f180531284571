//! The handshake of a connection on a TCP stream of its own (RFC 6455 section 4.2), by actix's own HTTP/1 codec.

use std::io;
use std::rc::Rc;

use actix_http::body::{BodySize, MessageBody as _};
use actix_http::h1::{Codec, Message};
use actix_http::{HttpMessage as _, Request, Response, ServiceConfig, ws};
use actix_web::ResponseError as _;
use bytes::BytesMut;
use tokio::net::TcpStream;
use tokio_util::codec::{Decoder as _, Encoder as _};

use crate::config::Settings;
use crate::http::error::ApiError;
use crate::hub::wire::Wire;
use crate::ws::{no_handshake, origin};

/// Most bytes that are read of a request at a time.
const READ_BYTES_MAX: usize = 2048;

/// A stream whose request is still to be read, or answered.
pub(super) struct Handshake {
    codec: Codec,
    wire: Rc<Wire<TcpStream>>,
    /// What has come and not been understood yet; in the end, what came behind the request.
    rest: BytesMut,
}

impl Handshake {
    /// Nothing has been read yet.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { codec: Codec::new(ServiceConfig::default()), wire: Wire::new(stream), rest: BytesMut::new() }
    }

    /// Waits until the client has sent something.
    ///
    /// # Errors
    /// The stream's own.
    pub(super) async fn heard(&self) -> io::Result<()> {
        self.wire.socket().readable().await
    }

    /// Reads what has come. Returns the request when it is whole.
    ///
    /// # Errors
    /// The stream's own, and [`io::ErrorKind::InvalidData`] where what comes is no HTTP/1.
    pub(super) fn read(&mut self) -> io::Result<Option<Request>> {
        self.rest.reserve(READ_BYTES_MAX);
        match self.wire.socket().try_read_buf(&mut self.rest) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
            Err(error) => return Err(error),
        }
        Ok(match self.codec.decode(&mut self.rest).map_err(|_| io::ErrorKind::InvalidData)? {
            Some(Message::Item(request)) => Some(request),
            Some(Message::Chunk(_)) | None => None,
        })
    }

    /// The way to the client.
    pub(super) fn wire(&self) -> Rc<Wire<TcpStream>> {
        Rc::clone(&self.wire)
    }

    /// Answers that the connection is one. Returns it, and what has been read already.
    ///
    /// # Errors
    /// The stream's own.
    pub(super) async fn accept(&mut self, request: &Request) -> io::Result<(Rc<Wire<TcpStream>>, BytesMut)> {
        let response = ws::handshake_response(request.head()).finish().drop_body();
        self.send(response, BodySize::None, &[]).await?;
        Ok((self.wire(), std::mem::take(&mut self.rest)))
    }

    /// Answers that it is not, in the words of the HTTP API.
    pub(super) async fn refuse(&mut self, error: &ApiError) {
        let response: Response<_> = error.error_response().into();
        let (response, body) = response.into_parts();
        let body = body.try_into_bytes().unwrap_or_default();
        // Whoever has gone meanwhile does not want to know.
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

/// Looks whether a request may become a connection.
///
/// # Errors
/// [`ApiError`] where it is no WebSocket handshake, or comes from a foreign page.
pub(super) fn check(request: &Request, settings: &Settings) -> Result<(), ApiError> {
    origin::check(request.headers(), settings)?;
    ws::verify_handshake(request.head()).map_err(|_| no_handshake())
}
