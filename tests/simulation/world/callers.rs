//! API callers: programs that publish by the HTTP API, and retry until they have an answer.

use backend::sequencer::publication::{Caller, Publication, ReplyTo};
use backend::store::{Append, Appended};
use shared::ids::{ChannelName, DisplayName, UserId};
use shared::protocol::{Payload, RawPayload, Sender};
use tokio::sync::oneshot;

use super::{Call, Event, World};
use crate::client::{Unsent, timestamp};
use crate::model::{Broken, may_publish};
use crate::steps::OVERSIZE;

/// Interval at which an API caller retries, in milliseconds.
const CALL_AGAIN_MS: u64 = 700;

impl World {
    /// Publishes by the API.
    pub(crate) fn call(&mut self, index: usize) {
        let call = &mut self.calls[index];
        let queued = self.server.as_ref().filter(|server| !server.stopping).is_some_and(|server| {
            let (caller, answer): (Caller, _) = oneshot::channel();
            call.answer = Some(answer);
            let publication = Publication { append: call.append.clone(), reply: ReplyTo::Caller(caller) };
            let history = server.has_history(&publication.append.channel);
            server.core.publisher.publish(publication, history).is_ok()
        });
        if !queued {
            self.ether.after(CALL_AGAIN_MS, Event::CallAgain { call: index });
        }
    }

    pub(super) fn poll_callers(&mut self) -> Result<(), Broken> {
        for (index, call) in self.calls.iter_mut().enumerate().filter(|(_, call)| !call.done) {
            let Some(answer) = &mut call.answer else { continue };
            match answer.try_recv() {
                Ok(Ok(Appended::Accepted { offset, .. } | Appended::Duplicate { offset })) => {
                    call.done = true;
                    self.model.check_acknowledged(&call.append.channel, call.append.id, offset)?;
                }
                Ok(Err(refusal)) if refusal.retry_after_ms.is_none() => {
                    return Err(format!("a call was refused: {refusal:?}"));
                }
                Ok(Err(_)) | Err(oneshot::error::TryRecvError::Closed) => {
                    call.answer = None;
                    self.ether.after(CALL_AGAIN_MS, Event::CallAgain { call: index });
                }
                Err(oneshot::error::TryRecvError::Empty) => {}
            }
        }
        Ok(())
    }

    pub(crate) fn call_anew(&mut self) {
        let channel = self.ether.pick(&self.profile.channels).clone();
        let append = self.system_append(channel);
        self.begin_call(append);
    }

    /// Returns a message to publish by the API.
    pub(crate) fn system_append(&self, channel: ChannelName) -> Append {
        Append {
            channel,
            id: self.message_id(),
            at: timestamp(self.ether.now()),
            from: sender("system"),
            payload: RawPayload::from(&Payload::chat(self.text("system"))),
        }
    }

    /// Sends a message that is in flight on a second path, too.
    pub(crate) fn race(&mut self, client: usize) {
        let user = self.clients[client].user();
        let unsent = self.clients[client].unsent.iter();
        // The API has no frames, so it would accept a message that is too large for one.
        let fits =
            |payload: &Payload| !matches!(payload, Payload::Chat { text, .. } if text.contains(OVERSIZE));
        let unsent: Vec<_> =
            unsent.filter(|unsent| may_publish(user, &unsent.channel) && fits(&unsent.payload)).collect();
        if unsent.is_empty() {
            return;
        }
        let Unsent { channel, id, payload } = (*self.ether.pick(&unsent)).clone();
        self.model.allow_any_order(id);
        let at = timestamp(self.ether.now());
        let payload = RawPayload::from(&payload);
        self.begin_call(Append { channel, id, at, from: sender(user), payload });
    }

    fn begin_call(&mut self, append: Append) {
        self.calls.push(Call { append, answer: None, done: false });
        self.call(self.calls.len() - 1);
    }
}

fn sender(user: &str) -> Sender {
    Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(user).unwrap() }
}
