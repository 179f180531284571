//! A WebSocket's life: handshake, reading, dispatch, writing.
//!
//! [`typed`] speaks the protocol of the `shared` crate on `/ws`; [`plain`] speaks lines of text on `/`. Both are one
//! [`connection::Connection`], which reads, and one [`Outbound`], which writes.

mod connection;
mod dispatch;
mod guard;
mod origin;
pub mod plain;
mod writer;

use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use actix_ws::AggregatedMessageStream;
use shared::protocol::{ErrorCode, Refusal};

use crate::clock;
use crate::http::error::ApiError;
use crate::hub::outbound::Outbound;
use crate::hub::registry::{ConnectionInfo, Mode};
use crate::hub::worker::Worker;
use connection::Connection;
use guard::{FrameGuard, Verdict};
use writer::ConnectionBody;

/// Opens a typed connection.
///
/// # Errors
/// [`ApiError`] where the request is no WebSocket handshake, comes from a foreign page, or finds no room.
pub async fn typed(
    worker: Rc<Worker>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (connection, response) = open(worker, &request, payload, Mode::Typed).await?;
    actix_web::rt::spawn(connection.run(dispatch::Typed));
    Ok(response)
}

/// Opens a plain connection.
///
/// # Errors
/// As [`typed`].
pub async fn plain(
    worker: Rc<Worker>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (connection, response) = open(worker, &request, payload, Mode::Plain).await?;
    actix_web::rt::spawn(async move {
        plain::welcome(&connection).await;
        connection.run(plain::Plain).await;
    });
    Ok(response)
}

async fn open(
    worker: Rc<Worker>,
    request: &HttpRequest,
    payload: web::Payload,
    mode: Mode,
) -> Result<(Connection, HttpResponse), ApiError> {
    origin::check(request, &worker.hub.settings.origins)?;
    let limit = worker.hub.settings.frame_bytes_max;
    let verdict = Verdict::default();
    let guarded = Payload::from(FrameGuard::new(payload.into_inner(), limit, verdict.clone()).boxed());
    let guarded = web::Payload::from_request(request, &mut { guarded }).await.map_err(|_| no_handshake())?;
    let (response, session, stream) = actix_ws::handle(request, guarded).map_err(|_| no_handshake())?;

    let outbound = register(&worker, request, mode)?;
    // The original body and the session are kept: without them, actix-ws takes the connection for closed.
    let response = response
        .map_body(|_, original| BoxBody::new(ConnectionBody::new(Rc::clone(&outbound), original, session)));
    let stream: AggregatedMessageStream =
        stream.max_frame_size(limit).aggregate_continuations().max_continuation_size(limit);
    Ok((Connection::new(worker, outbound, stream, verdict), response))
}

fn register(worker: &Rc<Worker>, request: &HttpRequest, mode: Mode) -> Result<Rc<Outbound>, ApiError> {
    let hub = &worker.hub;
    let number = hub.next_connection().map_err(|error| {
        tracing::error!(%error, "no connection number can be taken");
        error.refusal()
    })?;
    let info = Arc::new(ConnectionInfo::new(number, mode, request.peer_addr(), clock::now(), worker.index));
    if !hub.registry.add(&info, hub.settings.connections_max) {
        return Err(ApiError(crate::hub::overloaded()));
    }
    let address = info.address.map(tracing::field::display);
    tracing::info!(connection = %number, mode = mode.as_str(), address, "open");
    hub.metrics.opened();
    let outbound = Outbound::new(info, Arc::clone(hub));
    worker.add(&outbound);
    Ok(outbound)
}

fn no_handshake() -> ApiError {
    ApiError(Refusal::new(ErrorCode::UpgradeRequired, "This address speaks WebSocket; a handshake is due."))
}
