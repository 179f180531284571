//! Finds the request that the server could not read. The server cannot name its `id` in the answer, so the session finds
//! it by its size before sending, by the code of the close frame, or by an `error` without `id`.
//!
//! No request is sent for ever: each of these ways ends with a refusal that the application receives.

use std::time::Duration;

use super::machine::Session;
use super::state::State;
use crate::ids::RequestId;
use crate::limits::REQUEST_MS_MAX;
use crate::protocol::{ClientMessage, CloseCode, ErrorCode, Refusal};
use crate::time::Timestamp;

impl Session {
    /// Sends a message that has no reply, unless the server would close the connection because of it.
    pub(super) fn send_unanswered(&mut self, message: ClientMessage) {
        if self.unreadable.too_large(&message).is_none() {
            self.send(message);
        }
    }

    /// Handles the code of a close frame. If it means that the server could not read a message, the session sends one
    /// request at a time from now on. If it already did, the one unanswered request is refused. Returns why the session
    /// ends, if the message was `hello` for the second time.
    pub(super) fn blame(&mut self, code: Option<CloseCode>, now: Timestamp) -> Option<String> {
        let code = code.filter(|code| code.blames_message())?;
        if matches!(self.state, State::Greeting { .. }) {
            self.unreadable.hellos += 1;
            let reason = "The server cannot read what this client says of itself.";
            return (self.unreadable.hellos > 1).then(|| reason.to_owned());
        }
        let open = self.unanswered();
        if let ([id], true) = (&open[..], self.unreadable.one_at_a_time) {
            let refusal = if code == CloseCode::TOO_BIG {
                Refusal::new(ErrorCode::PayloadTooLarge, "The message is larger than the server accepts.")
            } else {
                Refusal::new(ErrorCode::InvalidField, "The server cannot read the message.")
            };
            self.refused(Some(*id), refusal, now);
        }
        self.unreadable.one_at_a_time |= !open.is_empty();
        None
    }

    /// Handles a refusal without an `id`. Returns whether it is for one of the unanswered requests: the server can read all
    /// other messages of this client.
    pub(super) fn refused_unnamed(&mut self, refusal: &Refusal) -> bool {
        // The other codes are for messages without an `id`, for example a signal to a channel that was just left.
        let may_be_a_request = match refusal.code {
            ErrorCode::NotJson | ErrorCode::MissingField | ErrorCode::InvalidField => true,
            code => matches!(code, ErrorCode::Internal | ErrorCode::Unknown),
        };
        if refusal.retry_after_ms.is_some() || !may_be_a_request {
            return false;
        }
        self.unreadable.error = Some(refusal.clone());
        let is_request = refusal.code == ErrorCode::NotJson && self.in_flight() > 0;
        self.unreadable.unnamed += usize::from(is_request);
        is_request
    }

    /// Refuses the unanswered requests, if there are at most as many of them as errors without an `id`.
    pub(super) fn settle_unnamed(&mut self, now: Timestamp) {
        if self.unreadable.unnamed == 0 {
            return;
        }
        let open = self.unanswered();
        if open.len() <= self.unreadable.unnamed {
            self.unreadable.unnamed = 0;
            open.into_iter().for_each(|id| self.refuse_by_last_error(id, now));
        }
    }

    /// Refuses the oldest request, if it has waited too long for its answer and an error arrived that may be for it. A
    /// retry would end the same way.
    pub(super) fn give_up_oldest(&mut self, now: Timestamp) {
        let wait = Duration::from_millis(REQUEST_MS_MAX);
        let oldest = self.made.iter().find(|(id, _)| self.is_open(*id)).copied();
        if let Some((id, made)) = oldest
            && made + wait <= now
        {
            self.refuse_by_last_error(id, now);
        }
    }

    fn refuse_by_last_error(&mut self, id: RequestId, now: Timestamp) {
        if let Some(refusal) = self.unreadable.error.clone() {
            self.refused(Some(id), refusal, now);
        }
    }

    /// Returns the unanswered requests of this connection, oldest first.
    fn unanswered(&self) -> Vec<RequestId> {
        self.made.iter().map(|(id, _)| *id).filter(|id| self.is_open(*id)).collect()
    }
}
