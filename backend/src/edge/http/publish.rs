//! `POST /api/publish`: publishes a message in a channel.

use std::rc::Rc;
use std::sync::Arc;

use actix_web::web::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use shared::ids::{ChannelName, DisplayName, Epoch, MessageId, Offset, UserId};
use shared::protocol::{ErrorCode, RawPayload, Refusal, Sender};
use tokio::sync::oneshot;

use super::auth::Authorized;
use super::body::Body;
use super::parts::Part;
use crate::auth::{Action, Permissions, Subject};
use crate::client::services::Services;
use crate::edge::refusal::ApiError;
use crate::sequencer::publication::{Publication, ReplyTo};
use crate::sequencer::publisher::Publisher;
use crate::store::{Append, Appended};
use crate::{clock, random};

/// The message to publish.
#[derive(Debug, Deserialize)]
pub(super) struct Request {
    channel: ChannelName,
    payload: Box<RawValue>,
    /// Identifies a retry. Without it the server creates one, and a retry becomes a new message.
    message_id: Option<MessageId>,
    /// The sender; without it, the server itself.
    from: Option<Sender>,
}

/// The position of the message.
#[derive(Debug, Serialize)]
pub(super) struct Response {
    offset: Offset,
    epoch: Epoch,
    duplicate: bool,
}

pub(super) async fn publish(
    _key: Authorized,
    permissions: Part<Arc<Permissions>>,
    publisher: Part<Publisher>,
    services: Part<Rc<Services>>,
    Body(request): Body<Request>,
) -> Result<Json<Response>, ApiError> {
    let Request { channel, payload, message_id, from } = request;
    let payload = RawPayload::check(&payload)?;
    let history = permissions.0.may(Subject::ApiKey, Action::Publish, &channel)?.history;
    let epoch = services.0.worker.epoch(history);
    let id = message_id.map_or_else(random::message_id, Ok).map_err(|error| internal(&error))?;
    let from = from.map_or_else(server_itself, Ok)?;
    let appended =
        append(&publisher.0, Append { channel, id, at: clock::now(), from, payload }, history).await?;
    let (offset, duplicate) = match appended {
        Appended::Accepted { offset, .. } => (offset, false),
        Appended::Duplicate { offset } => (offset, true),
    };
    Ok(Json(Response { offset, epoch, duplicate }))
}

async fn append(publisher: &Publisher, append: Append, history: bool) -> Result<Appended, Refusal> {
    let (reply, answer) = oneshot::channel();
    publisher.publish(Publication { append, reply: ReplyTo::Caller(reply) }, history)?;
    // A sequencer replies to every publication that it accepted, unless it dies.
    let died =
        || Refusal::new(ErrorCode::Internal, "The server does not know whether the message was stored.");
    answer.await.map_err(|_| died())?
}

fn server_itself() -> Result<Sender, ApiError> {
    let user = UserId::parse("server").map_err(|error| internal(&error))?;
    let name = DisplayName::parse("Server").map_err(|error| internal(&error))?;
    Ok(Sender { user, name })
}

fn internal(error: &dyn std::fmt::Display) -> Refusal {
    tracing::error!(%error, "cannot create a publication");
    Refusal::new(ErrorCode::Internal, "The server could not accept the message.")
}
