//! The reading half of a connection, independent of its transport: its rate, its turns, and what it may publish.
//!
//! `read_loop` reads and handles its messages.

use std::cell::OnceCell;
use std::rc::Rc;
use std::sync::Arc;

use shared::ids::{ChannelName, MessageId, RequestId};
use shared::protocol::{RawPayload, Refusal};
use tokio::time::Instant;

use super::services::Services;
use super::throttle::{Throttle, tokens_of};
use crate::auth::{Action, Principal, Subject};
use crate::clock;
use crate::config::Policy;
use crate::connection::outbound::Outbound;
use crate::sequencer::publication::{Publication, ReplyTo};
use crate::sequencer::turn::Turns;
use crate::store::Append;
use crate::telemetry::Event;

/// The reading half of an open WebSocket.
pub struct Connection {
    pub(super) services: Rc<Services>,
    pub(super) outbound: Rc<Outbound>,
    pub(super) throttle: Throttle,
    /// Created by the first message that names its turn, because most connections only read.
    pub(super) turns: OnceCell<Arc<Turns>>,
}

impl Connection {
    /// Creates the reading half of a connection that was just opened.
    pub fn new(services: Rc<Services>, outbound: Rc<Outbound>) -> Self {
        let throttle = Throttle::new(services.settings.message_rate, Instant::now());
        Self { services, outbound, throttle, turns: OnceCell::new() }
    }

    /// Returns the turns of this connection's publications.
    pub(super) fn turns(&self) -> &Arc<Turns> {
        self.turns.get_or_init(Arc::default)
    }

    /// Returns the policy of the channel if `principal` may do `action` in it. A message is judged once, by the principal that
    /// the connection has when the message is handled.
    ///
    /// # Errors
    /// As [`Permissions::may`](crate::auth::Permissions::may).
    pub(super) fn may(
        &self,
        principal: &Principal,
        action: Action,
        channel: &ChannelName,
    ) -> Result<&Policy, Refusal> {
        self.services.permissions.may(Subject::Principal(principal), action, channel)
    }

    /// Queues a message for its sequencer. The reply comes from the worker.
    ///
    /// # Errors
    /// A [`Refusal`] if the message cannot be queued.
    pub(super) fn publish(
        &self,
        request: Option<RequestId>,
        message: NewMessage,
        principal: Principal,
    ) -> Result<(), Refusal> {
        let NewMessage { channel, id, turn, payload, text_bytes } = message;
        let worker = &self.services.worker;
        let policy = self.may(&principal, Action::Publish, &channel)?;
        let connection = self.outbound.info.connection;
        let turn = turn.map(|known| self.turns().enter(known, tokens_of(text_bytes))).transpose()?;
        let others_wait = self.outbound.has_unanswered();
        let reply = ReplyTo::Connection { worker: worker.index, connection, request, turn, others_wait };
        let append = Append { channel, id, at: clock::now(), from: principal.sender, payload };
        let bytes = append.bytes();
        worker.publish(Publication { append, reply }, policy)?;
        self.outbound.add_unanswered(bytes);
        Ok(())
    }
}

/// A message that the client wants to publish.
pub(super) struct NewMessage {
    pub(super) channel: ChannelName,
    pub(super) id: MessageId,
    /// The newest turn that the sender knows of, if it uses turns.
    pub(super) turn: Option<u64>,
    pub(super) payload: RawPayload,
    /// Length in bytes of the text message that carried it.
    pub(super) text_bytes: usize,
}

impl Drop for Connection {
    /// Removes the connection from its worker and the counters, however it ends.
    fn drop(&mut self) {
        let info = &self.outbound.info;
        let seconds = clock::now().since(info.opened_at).as_secs_f64();
        let code = self.outbound.close_code();
        self.services.events.emit(Event::Gone { connection: info.connection, code, seconds });
        self.services.worker.remove(&self.outbound);
    }
}
