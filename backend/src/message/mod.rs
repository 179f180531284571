//! Messages as the bytes that are written to a socket.
//!
//! [`EncodedMessage`] encodes a message of a channel once for all its subscribers. [`frames`] encodes everything else.

mod encoded;
pub mod frames;
mod json;
mod plain;
mod signal;
#[cfg(test)]
mod tests;

pub use encoded::{EncodedMessage, EncodedRun};
pub use frames::ServerMessage;
pub(crate) use frames::{close_frame, page_frame, ping_frame, pong_frame, server_frame, text_frame};
pub use json::messages_json;
pub(crate) use plain::{pushed_line, refusal_line};
pub use signal::{SignalKey, SignalTopic};
