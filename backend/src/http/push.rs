//! `POST /api/push`: a payload for one connection, or for all of a user.

use std::sync::Arc;

use actix_web::web::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::{ConnectionId, UserId};
use shared::protocol::{ErrorCode, Push, RawPayload, Refusal, Sender};
use tokio::sync::oneshot;

use super::ThisWorker;
use super::auth::Authorized;
use super::error::ApiError;
use crate::hub::Hub;
use crate::hub::worker::ToWorker;

/// What is to be pushed, and to whom.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    connection: Option<ConnectionId>,
    user: Option<UserId>,
    payload: Box<RawValue>,
    /// In whose name.
    from: Option<Sender>,
}

/// How many connections it was handed to.
#[derive(Debug, Serialize)]
pub(super) struct Response {
    connections: usize,
}

pub(super) async fn push(
    _key: Authorized,
    worker: ThisWorker,
    request: Json<Request>,
) -> Result<Json<Response>, ApiError> {
    let hub = &worker.0.hub;
    let Request { connection, user, payload, from } = request.into_inner();
    let payload = RawPayload::check(&payload)?;
    let targets = match (connection, user) {
        (Some(connection), None) => vec![hub.registry.get(connection).ok_or_else(|| unknown(connection))?],
        (None, Some(user)) => hub.registry.of_user(&user),
        (None, None) => {
            return Err(ApiError(Refusal::new(ErrorCode::MissingField, "Name a connection or a user.")));
        }
        (Some(_), Some(_)) => return Err(super::invalid("Name a connection or a user, not both.")),
    };
    if targets.is_empty() {
        return Err(ApiError(Refusal::new(ErrorCode::UserOffline, "This user has no open connection.")));
    }
    let push = Arc::new(Push { payload, from });
    let mut connections = 0;
    for target in targets {
        if hand_over(hub, target.worker, target.connection, Arc::clone(&push)).await? {
            connections += 1;
        }
    }
    if connections == 0 {
        let what = "Nobody took it: the connection is closing, or does not read what it is sent.";
        return Err(ApiError(Refusal::for_now(
            ErrorCode::Overloaded,
            what,
            std::time::Duration::from_secs(1),
        )));
    }
    Ok(Json(Response { connections }))
}

async fn hand_over(
    hub: &Hub,
    worker: usize,
    connection: ConnectionId,
    push: Arc<Push<RawPayload>>,
) -> Result<bool, Refusal> {
    let (reply, answer) = oneshot::channel();
    hub.tell(worker, ToWorker::Push { connection, push, reply })?;
    Ok(answer.await.unwrap_or(false))
}

fn unknown(connection: ConnectionId) -> Refusal {
    Refusal::new(ErrorCode::UnknownConnection, format!("There is no open connection {connection}."))
}
