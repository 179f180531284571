//! `/api/connections`: lists the open connections, and closes one.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::{Json, Path, Query};
use serde::{Deserialize, Serialize};
use shared::ids::ConnectionId;
use shared::limits::CLOSE_REASON_BYTES_MAX;
use shared::protocol::{CloseCode, ErrorCode, Refusal};

use super::auth::Authorized;
use super::parts::Part;
use crate::connection::registry::{ConnectionView, Registry};
use crate::edge::refusal::{ApiError, invalid};
use crate::mailbox::{Mailboxes, WorkerCommand};

/// Maximum number of connections in a response.
const PAGE_CONNECTIONS_MAX: usize = 1000;

/// The requested part of the list.
#[derive(Debug, Deserialize)]
pub(super) struct Range {
    after: Option<ConnectionId>,
    limit: Option<usize>,
}

/// The response: a part of the list.
#[derive(Debug, Serialize)]
pub(super) struct List {
    connections: Vec<ConnectionView>,
    /// The total number of open connections.
    open: usize,
}

pub(super) async fn list(_key: Authorized, registry: Part<Arc<Registry>>, range: Query<Range>) -> Json<List> {
    let registry = registry.0;
    let limit = range.limit.unwrap_or(PAGE_CONNECTIONS_MAX).clamp(1, PAGE_CONNECTIONS_MAX);
    let connections = registry.list(range.after.unwrap_or(ConnectionId(0)), limit);
    let connections = connections.iter().map(|info| info.view()).collect();
    Json(List { connections, open: registry.count() })
}

pub(super) async fn get(
    _key: Authorized,
    registry: Part<Arc<Registry>>,
    id: Path<ConnectionId>,
) -> Result<Json<ConnectionView>, ApiError> {
    let info = registry.0.get(*id).ok_or_else(|| unknown(*id))?;
    Ok(Json(info.view()))
}

/// The close code and reason for the client.
#[derive(Debug, Deserialize)]
pub(super) struct Farewell {
    code: Option<CloseCode>,
    reason: Option<String>,
}

pub(super) async fn disconnect(
    _key: Authorized,
    registry: Part<Arc<Registry>>,
    mailboxes: Part<Mailboxes>,
    id: Path<ConnectionId>,
    farewell: Query<Farewell>,
) -> Result<HttpResponse, ApiError> {
    let connection = *id;
    let Farewell { code, reason } = farewell.into_inner();
    let code = code.unwrap_or(CloseCode::DISCONNECTED);
    if !code.is_for_applications() {
        return Err(invalid(
            "“code” must be 1000, 4000 to 4499 (the client reconnects) or 4500 to 4999 (it does not).",
        ));
    }
    let reason = reason.unwrap_or_else(|| "An operator ended the connection.".to_owned());
    if reason.len() > CLOSE_REASON_BYTES_MAX {
        return Err(invalid(format!("“reason” may have at most {CLOSE_REASON_BYTES_MAX} bytes.")));
    }
    let info = registry.0.get(connection).ok_or_else(|| unknown(connection))?;
    mailboxes.0.send(info.worker, WorkerCommand::Disconnect { connection, code, reason })?;
    Ok(HttpResponse::NoContent().finish())
}

fn unknown(connection: ConnectionId) -> Refusal {
    Refusal::new(ErrorCode::UnknownConnection, format!("There is no open connection {connection}."))
}
