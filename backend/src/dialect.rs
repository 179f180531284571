//! The encoding half of the clients' wire protocols: what each kind of client gets for each outgoing item. Only this
//! file distinguishes the dialects when writing. The decoding half is `client::handler`.

use bytes::Bytes;
use serde::Serialize;
use shared::ids::{ConnectionId, RequestId};
use shared::protocol::{
    Accepted, CloseCode, Closing, ErrorReply, Head, Heartbeat, Push, RawPayload, Refusal, Subscribed,
};

use crate::clock;
use crate::mailbox::Answer;
use crate::message::{EncodedMessage, ServerMessage, pushed_line, refusal_line, server_frame, text_frame};
use crate::store::Appended;

/// The wire protocol of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// The typed protocol, on `/ws`.
    Typed,
    /// Lines of text, on `/`.
    Plain,
}

impl Dialect {
    /// The name, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Typed => "typed",
            Self::Plain => "plain",
        }
    }

    /// Encodes a message of a channel for the client on `connection`. `None` if the client does not get it.
    pub fn message(self, message: &EncodedMessage, connection: ConnectionId) -> Option<Bytes> {
        match self {
            Self::Typed => Some(message.typed.clone()),
            Self::Plain if message.origin == Some(connection) => None,
            Self::Plain => message.plain.clone(),
        }
    }

    /// Encodes a push.
    pub fn push(self, push: &Push<RawPayload>) -> Bytes {
        match self {
            Self::Typed => server_frame(&ServerMessage::Push(push.clone())),
            Self::Plain => text_frame(pushed_line(push)),
        }
    }

    /// Encodes the answer to a publication. `None` if the client gets none.
    pub fn answer(self, answer: &Answer) -> Option<Bytes> {
        match (self, &answer.result) {
            (_, Err(refusal)) => Some(self.refusal(answer.request, refusal.clone())),
            (Self::Typed, Ok(appended)) => {
                let (offset, duplicate) = match *appended {
                    Appended::Accepted { offset, .. } => (offset, false),
                    Appended::Duplicate { offset } => (offset, true),
                };
                let accepted = Accepted { id: answer.request?, offset, duplicate };
                Some(server_frame(&ServerMessage::Accepted(accepted)))
            }
            (Self::Plain, Ok(_)) => None,
        }
    }

    /// Encodes a refusal of the request `id`.
    pub fn refusal(self, id: Option<RequestId>, refusal: Refusal) -> Bytes {
        match self {
            Self::Typed => server_frame(&ServerMessage::Error(ErrorReply { id, refusal })),
            Self::Plain => text_frame(refusal_line(&refusal)),
        }
    }

    /// Encodes the announcement that the connection is about to close. `None` if the client gets only the close frame.
    pub fn closing(self, code: CloseCode, reason: &str, retry_after_ms: Option<u64>) -> Option<Bytes> {
        match self {
            Self::Typed => {
                let closing = Closing { code, reason: reason.to_owned(), retry_after_ms };
                Some(server_frame(&ServerMessage::Closing(closing)))
            }
            Self::Plain => None,
        }
    }

    /// Encodes a heartbeat. `heads` returns how far each channel has been sent. `None` if a ping is enough.
    pub fn heartbeat(self, heads: impl FnOnce() -> Vec<Head>) -> Option<Bytes> {
        match self {
            Self::Typed => {
                let heartbeat = Heartbeat { at: clock::now(), heads: heads() };
                Some(server_frame(&ServerMessage::Heartbeat(heartbeat)))
            }
            Self::Plain => None,
        }
    }

    /// Encodes the answer to `subscribe`, or a gap. `None` if clients of this dialect do not subscribe.
    pub fn subscribed(self, subscribed: impl FnOnce() -> Subscribed) -> Option<Bytes> {
        match self {
            Self::Typed => Some(server_frame(&ServerMessage::Subscribed(subscribed()))),
            Self::Plain => None,
        }
    }

    /// Whether the client gets signals and presence changes.
    pub(crate) fn gets_signals(self) -> bool {
        match self {
            Self::Typed => true,
            Self::Plain => false,
        }
    }
}
