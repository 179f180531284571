//! A connection inside actix's HTTP/1 dispatcher, with actix-ws: for plain mode, and for requests to `/ws` on a connection that
//! has carried other requests before.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::Payload;
use actix_web::{FromRequest as _, HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream};
use bytes::Bytes;
use futures_util::StreamExt as _;
use shared::protocol::CloseCode;

use super::failure::close_code;
use super::guard::{FrameGuard, Verdict};
use super::upgrade;
use crate::client::connection::Connection;
use crate::client::frames::{Incoming, Received};
use crate::client::services::Services;
use crate::client::{plain, typed};
use crate::connection::outbound::Outbound;
use crate::dialect::Dialect;
use crate::edge::refusal::ApiError;

/// Opens a typed connection in answer to a request.
///
/// # Errors
/// [`ApiError`] if the request is not a WebSocket handshake, comes from a foreign page, or exceeds the limit of connections.
pub(crate) async fn open_typed(
    services: Rc<Services>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (connection, incoming, response) = open(services, &request, payload, Dialect::Typed).await?;
    actix_web::rt::spawn(connection.run(incoming, typed::Typed));
    Ok(response)
}

/// Opens a plain connection in answer to a request.
///
/// # Errors
/// As [`open_typed`].
pub(crate) async fn open_plain(
    services: Rc<Services>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (connection, incoming, response) = open(services, &request, payload, Dialect::Plain).await?;
    actix_web::rt::spawn(async move {
        plain::welcome(&connection).await;
        connection.run(incoming, plain::Plain).await;
    });
    Ok(response)
}

/// Opens a connection. Returns its reading half, its input, and the response that contains its writing half.
///
/// # Errors
/// As [`open_typed`].
async fn open(
    services: Rc<Services>,
    request: &HttpRequest,
    payload: web::Payload,
    dialect: Dialect,
) -> Result<(Connection, HostedIncoming, HttpResponse), ApiError> {
    upgrade::check(request.head(), &services.settings, &services.events)?;
    let failed = || upgrade::refused("it cannot be read");
    let limit = services.settings.frame_bytes_max;
    let verdict = Verdict::default();
    let guarded = Payload::from(FrameGuard::new(payload.into_inner(), limit, verdict.clone()).boxed());
    let guarded = web::Payload::from_request(request, &mut { guarded }).await.map_err(|_| failed())?;
    let (response, session, stream) = actix_ws::handle(request, guarded).map_err(|_| failed())?;

    let outbound = services.open(request.peer_addr(), dialect, None)?;
    // Keep the original body and the session: if they are dropped, actix-ws treats the connection as closed.
    let response = response
        .map_body(|_, original| BoxBody::new(HostedBody::new(Rc::clone(&outbound), original, session)));
    let stream = stream.max_frame_size(limit).aggregate_continuations().max_continuation_size(limit);
    Ok((Connection::new(services, outbound), HostedIncoming { stream: Some(stream), verdict }, response))
}

/// The input of the connection.
struct HostedIncoming {
    stream: Option<AggregatedMessageStream>,
    verdict: Verdict,
}

impl Incoming for HostedIncoming {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        // After a protocol violation nothing more is read. The dispatcher drops the writing half when the peer is gone.
        let Some(stream) = &mut self.stream else { return Poll::Pending };
        let Poll::Ready(next) = stream.poll_next_unpin(context) else { return Poll::Pending };
        let received = match next {
            Some(Ok(AggregatedMessage::Text(text))) => Received::Text(text),
            Some(Ok(AggregatedMessage::Binary(bytes))) => Received::Binary(bytes.len()),
            Some(Ok(AggregatedMessage::Ping(payload))) => Received::Ping(payload),
            Some(Ok(AggregatedMessage::Pong(_))) => Received::Pong,
            Some(Ok(AggregatedMessage::Close(reason))) => {
                Received::Close(reason.map_or(CloseCode::NORMAL, |reason| CloseCode(reason.code.into())))
            }
            Some(Err(error)) => match close_code(&error) {
                Some(code) => Received::Broken { code, error: error.to_string() },
                None => Received::Gone,
            },
            None => match self.verdict.get() {
                Some(code) => Received::Broken { code, error: "refused at the frame's header".to_owned() },
                None => Received::Gone,
            },
        };
        if matches!(received, Received::Broken { .. }) {
            self.stream = None;
        }
        Poll::Ready(received)
    }
}

/// The response body, which is the writing half of a connection. It returns encoded frames whose bytes all subscribers share. The
/// dispatcher polls it only while the socket's write buffer has room, which is the back-pressure that a cursor needs.
struct HostedBody {
    outbound: Rc<Outbound>,
    _original: BoxBody,
    _session: actix_ws::Session,
}

impl HostedBody {
    fn new(outbound: Rc<Outbound>, original: BoxBody, session: actix_ws::Session) -> Self {
        Self { outbound, _original: original, _session: session }
    }
}

impl MessageBody for HostedBody {
    type Error = std::convert::Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.outbound.poll_frame(context).map(|frame| frame.map(Ok))
    }
}

impl Drop for HostedBody {
    fn drop(&mut self) {
        // The socket is gone, so end the reading half too.
        self.outbound.end();
    }
}
