//! Requests that the server cannot read. It cannot answer them with their `id` either, so the session finds out which
//! they are: by their size before they are sent, by the code of the close frame, or by an `error` without `id`.
//!
//! No request is sent for ever: each of these ways ends with a refusal that the application is told of.

use std::time::Duration;

use super::Session;
use super::state::State;
use crate::ids::RequestId;
use crate::limits::REQUEST_MS_MAX;
use crate::protocol::{ClientMessage, CloseCode, ErrorCode, Refusal, codec};
use crate::time::Timestamp;

/// What is known of requests that the server cannot read.
#[derive(Debug, Default)]
pub(super) struct Unreadable {
    /// The largest message that the server accepts, in bytes, as its last `welcome` said.
    frame_bytes_max: Option<u64>,
    /// The last connection was closed because of a request. Until none waits, only one is sent at a time, so that the
    /// next close tells which it was.
    one_at_a_time: bool,
    /// How many connections in a row were closed because of their `hello`.
    hellos: u32,
    /// How many requests of this connection were refused with an `error` that could not name them.
    unnamed: usize,
    /// The last error of this connection that names no request, and may be for one.
    error: Option<Refusal>,
}

impl Unreadable {
    /// The server has read `hello`, and says how much it accepts.
    pub(super) fn greeted(&mut self, frame_bytes_max: u64) {
        self.frame_bytes_max = Some(frame_bytes_max);
        self.hellos = 0;
    }

    /// The connection is gone, and the errors that belonged to it.
    pub(super) fn forget_connection(&mut self) {
        self.unnamed = 0;
        self.error = None;
    }

    /// All requests are answered, and none waits.
    pub(super) fn all_answered(&mut self) {
        self.one_at_a_time = false;
    }

    /// Maximum number of unanswered requests, if `window` is that of the flow control.
    pub(super) fn window(&self, window: usize) -> usize {
        if self.unnamed > 0 {
            0
        } else if self.one_at_a_time {
            1
        } else {
            window
        }
    }

    /// Why the server would not accept `message`, if its frame is too large. The frame is measured as it is sent: JSON
    /// writes some characters with six bytes.
    pub(super) fn too_large(&self, message: &ClientMessage) -> Option<Refusal> {
        let (bytes, bytes_max) = (codec::encode_client(message).len(), self.frame_bytes_max?);
        (u64::try_from(bytes).is_ok_and(|bytes| bytes > bytes_max)).then(|| {
            let message = format!("The message has {bytes} bytes; the server accepts {bytes_max}.");
            Refusal::new(ErrorCode::PayloadTooLarge, message)
        })
    }
}

impl Session {
    /// Sends what is not answered, unless the server would close the connection because of it.
    pub(super) fn send_unanswered(&mut self, message: ClientMessage) {
        if self.unreadable.too_large(&message).is_none() {
            self.send(message);
        }
    }

    /// The connection was closed with `code`. If that says that the server could not read something, one request at a
    /// time is sent from now on; if it was so already, the one that was unanswered is refused. Returns why the session
    /// ends, if it was `hello` for the second time.
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

    /// The server refused something without saying what. Returns whether that was one of the unanswered requests: all
    /// else that a client says can be read.
    pub(super) fn refused_unnamed(&mut self, refusal: &Refusal) -> bool {
        // The other codes are for what has no `id`: a signal to a channel that was just left, for example.
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

    /// Refuses the unanswered requests, if there are no more of them than errors that could not name theirs.
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

    /// Refuses the oldest request, if it has waited too long for its answer and an error came that may be for it: to
    /// send it again would end the same way.
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

    /// The requests of this connection that have no answer, oldest first.
    fn unanswered(&self) -> Vec<RequestId> {
        self.made.iter().map(|(id, _)| *id).filter(|id| self.is_open(*id)).collect()
    }
}
