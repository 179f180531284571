//! Plain mode, on `/`: clients that need only open, message, close and push, such as a script of a few lines.
//!
//! The server answers each text `T` with `已收到你的消息:T`. The client is also a guest in the room of plain clients: its texts are chat
//! messages there, and it receives the others' messages as lines `name: text`.

use shared::ids::{DisplayName, RequestId};
use shared::protocol::{ErrorCode, Payload, RawPayload, Refusal, Sender};

use super::connection::{Connection, NewMessage};
use super::handler::{Refused, TextHandler};
use crate::auth::{Action, Principal};
use crate::config::plain_channel;
use crate::message::text_frame;
use crate::random;
use crate::telemetry::Event;

/// Handles the messages of plain clients: lines of text.
pub struct Plain;

impl TextHandler for Plain {
    async fn handle(&mut self, connection: &mut Connection, text: &str) -> Result<(), Refused> {
        let (info, events) = (&connection.outbound.info, &connection.services.events);
        let principal = info.principal();
        events.emit(Event::Received { connection: info.connection, channel: None, bytes: text.len() });
        connection.outbound.reply_frame(text_frame(format!("已收到你的消息:{text}")));
        let (Some(principal), false) = (principal, shared::text::is_blank(text)) else { return Ok(()) };
        let id = random::message_id().map_err(|error| {
            tracing::error!(%error, "cannot create a message id");
            Refusal::new(ErrorCode::Internal, "The server could not accept the message.")
        })?;
        let payload = Payload::chat(text);
        payload.check()?;
        let payload = RawPayload::from(&payload);
        let message =
            NewMessage { channel: plain_channel(), id, turn: None, payload, text_bytes: text.len() };
        Ok(connection.publish(None, message, principal)?)
    }

    fn refuse_over_rate(&self, _: &Connection, _: &str, refusal: Refusal) -> Refused {
        refusal.into()
    }
}

/// Adds the client to the room as a guest. If that fails, the client still gets replies to its texts.
pub async fn welcome(connection: &Connection) {
    if let Err(refusal) = join(connection).await {
        let (number, code) = (connection.outbound.info.connection, refusal.code);
        connection.services.events.emit(Event::OutsideRoom { connection: number, code });
    }
}

async fn join(connection: &Connection) -> Result<(), Refusal> {
    let (services, outbound) = (&connection.services, &connection.outbound);
    let (user, _) = services.tokens.new_guest()?;
    let name = DisplayName::parse(&format!("Guest {}", outbound.info.connection));
    let name = name.map_err(|error| Refusal::new(ErrorCode::InvalidName, error.to_string()))?;
    let principal = Principal { sender: Sender { user, name } };
    services.registry.replace_principal(&outbound.info, principal.clone())?;
    let channel = plain_channel();
    let policy = connection.may(&principal, Action::Subscribe, &channel)?;
    let feed = services.worker.feed(&channel, policy.history).await.map_err(|error| error.refusal())?;
    let head = feed.head().unwrap_or_default();
    outbound.subscribe(feed, RequestId(0), head, None);
    services.worker.join(outbound, &channel, policy);
    Ok(())
}
