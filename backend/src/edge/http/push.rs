//! `POST /api/push`: sends a payload to one connection, or to all connections of a user.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Json;
use futures_util::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::{ConnectionId, UserId};
use shared::protocol::{ErrorCode, Push, RawPayload, Refusal, Sender};
use tokio::sync::oneshot;

use super::auth::Authorized;
use super::body::Body;
use super::parts::Part;
use crate::connection::registry::Registry;
use crate::edge::refusal::{ApiError, invalid};
use crate::mailbox::{HeldPush, Mailboxes, Pushes, WorkerCommand};

/// The payload to push, and its target.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    connection: Option<ConnectionId>,
    user: Option<UserId>,
    payload: Box<RawValue>,
    /// The sender.
    from: Option<Sender>,
}

/// The outcome of a push.
#[derive(Debug, Serialize)]
pub(super) struct Response {
    /// Number of connections that accepted the push.
    connections: usize,
    /// Number of connections that did not accept it: they are closing or do not read, or their worker is overloaded.
    failed: usize,
}

pub(super) async fn push(
    _key: Authorized,
    registry: Part<Arc<Registry>>,
    mailboxes: Part<Mailboxes>,
    pushes: Part<Pushes>,
    Body(request): Body<Request>,
) -> Result<Json<Response>, ApiError> {
    let Request { connection, user, payload, from } = request;
    let payload = RawPayload::check(&payload)?;
    let targets = match (connection, user) {
        (Some(connection), None) => vec![registry.0.get(connection).ok_or_else(|| unknown(connection))?],
        (None, Some(user)) => registry.0.of_user(&user),
        (None, None) => {
            return Err(ApiError::from(Refusal::new(
                ErrorCode::MissingField,
                "Name a connection or a user.",
            )));
        }
        (Some(_), Some(_)) => return Err(invalid("Name a connection or a user, not both.")),
    };
    if targets.is_empty() {
        return Err(ApiError::from(Refusal::new(
            ErrorCode::UserOffline,
            "This user has no open connection.",
        )));
    }
    let push = pushes.0.hold(Push { payload, from })?;
    let handed =
        targets.iter().map(|target| hand_over(&mailboxes.0, target.worker, target.connection, &push));
    Ok(Json(outcome(&join_all(handed).await)?))
}

/// Returns the response for the outcomes at the connections. A push has no id: if one connection has accepted it, a refusal would
/// make the caller push again, and that connection would get it twice.
fn outcome(handed: &[bool]) -> Result<Response, Refusal> {
    let connections = handed.iter().filter(|taken| **taken).count();
    if connections == 0 {
        let what = "No connection accepted the push: it is closing, or it does not read.";
        return Err(Refusal::for_now(ErrorCode::Overloaded, what, Duration::from_secs(1)));
    }
    Ok(Response { connections, failed: handed.len() - connections })
}

/// Hands a push to a connection's worker. Returns whether the connection accepted it.
async fn hand_over(
    mailboxes: &Mailboxes,
    worker: usize,
    connection: ConnectionId,
    push: &Arc<HeldPush>,
) -> bool {
    let (reply, answer) = oneshot::channel();
    let push = Arc::clone(push);
    mailboxes.send(worker, WorkerCommand::Push { connection, push, reply }).is_ok()
        && answer.await.unwrap_or(false)
}

fn unknown(connection: ConnectionId) -> Refusal {
    Refusal::new(ErrorCode::UnknownConnection, format!("There is no open connection {connection}."))
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use shared::protocol::Payload;

    use super::*;
    use crate::mailbox::PUSHES_BYTES_MAX;
    use crate::telemetry::metrics::Metrics;

    #[test]
    fn pushes_use_capacity_until_a_worker_has_them_even_if_the_caller_is_gone() {
        let (mailboxes, mut receivers) = Mailboxes::new(1, Metrics::new());
        let pushes = Pushes::default();
        let around = RawPayload::from(&Payload::chat("")).as_str().len();
        let hold = |bytes: usize| {
            let payload = RawPayload::from(&Payload::chat("x".repeat(bytes - around)));
            pushes.hold(Push { payload, from: None })
        };
        let small = 2 * around;
        let push = hold(PUSHES_BYTES_MAX - small).unwrap();
        let mut asking = Box::pin(hand_over(&mailboxes, 0, ConnectionId(1), &push));
        assert_eq!(asking.as_mut().now_or_never(), None, "the call waits for the worker");
        drop(asking);
        drop(push);
        assert_eq!(hold(small + 1).unwrap_err().code, ErrorCode::Overloaded, "one byte above the limit");
        drop(hold(small).unwrap());
        drop(receivers[0].try_recv().unwrap());
        assert!(hold(PUSHES_BYTES_MAX).is_ok(), "the worker has dropped the push");
    }

    #[test]
    fn a_push_accepted_by_some_connections_is_not_refused() {
        let response = outcome(&[true, false, true]).unwrap();
        assert_eq!((response.connections, response.failed), (2, 1));
        assert_eq!(outcome(&[false, false]).unwrap_err().code, ErrorCode::Overloaded);
    }
}
