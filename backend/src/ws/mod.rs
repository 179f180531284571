//! A WebSocket's life: handshake, reading, dispatch, writing.
//!
//! [`dispatch`] speaks the protocol of the `shared` crate, [`mod@plain`] lines of text. Either is spoken on a
//! [`connection::Connection`], which reads, and an [`Outbound`], which writes. Two things carry these: [`lean`], a TCP
//! stream of their own, and `hosted`, a request and its response inside actix's dispatcher.

mod budget;
pub mod connection;
pub mod dispatch;
mod guard;
mod hosted;
pub mod lean;
mod origin;
mod pace;
pub mod plain;
mod throttle;
mod upgrade;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use shared::protocol::Refusal;

use crate::clock;
use crate::http::error::ApiError;
use crate::hub::outbound::Outbound;
use crate::hub::registry::{ConnectionInfo, Mode};
use crate::hub::wire::Wire;
use crate::hub::worker::Worker;

/// Opens a typed connection in answer to a request.
///
/// # Errors
/// [`ApiError`] where the request is no WebSocket handshake, comes from a foreign page, or finds no room.
pub async fn typed(
    worker: Rc<Worker>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (connection, incoming, response) = hosted::open(worker, &request, payload, Mode::Typed).await?;
    actix_web::rt::spawn(connection.run(incoming, dispatch::Typed));
    Ok(response)
}

/// Opens a plain connection in answer to a request.
///
/// # Errors
/// As [`typed`].
pub async fn plain(
    worker: Rc<Worker>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, ApiError> {
    let (connection, incoming, response) = hosted::open(worker, &request, payload, Mode::Plain).await?;
    actix_web::rt::spawn(async move {
        plain::welcome(&connection).await;
        connection.run(incoming, plain::Plain).await;
    });
    Ok(response)
}

/// Takes a connection in: it has a number from here on, and is known to its worker.
///
/// # Errors
/// A [`Refusal`] where there is no room, or no number.
pub fn register(
    worker: &Rc<Worker>,
    address: Option<SocketAddr>,
    mode: Mode,
    wire: Option<Rc<Wire>>,
) -> Result<Rc<Outbound>, Refusal> {
    let hub = &worker.hub;
    let number = hub.numbers.next()?;
    let info = Arc::new(ConnectionInfo::new(number, mode, address, clock::now(), worker.index));
    if !hub.registry.add(&info, hub.settings.connections_max) {
        return Err(crate::hub::overloaded());
    }
    let address = info.address.map(tracing::field::display);
    tracing::info!(connection = %number, mode = mode.as_str(), address, "open");
    hub.metrics.opened();
    let (hub, gates, pages) = (Arc::clone(hub), Rc::clone(&worker.gates), Rc::clone(&worker.pages));
    let outbound = Outbound::new(info, hub, gates, pages, wire);
    worker.add(&outbound);
    Ok(outbound)
}
