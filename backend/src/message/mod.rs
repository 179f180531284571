//! Messages as the bytes that go into a socket.
//!
//! A message of a channel is encoded once, by [`EncodedMessage`], for all its readers. All other frames are made by [`frames`].

mod encoded;
pub mod frames;
mod json;
mod plain;
mod signal;
#[cfg(test)]
mod tests;

pub use encoded::{Frame, Joined};
pub use frames::{ServerMessage, close_frame, page_frame, ping_frame, pong_frame, server_frame, text_frame};
pub use plain::{named_line, plain_text, pushed_line, refusal_line};
pub use signal::{SlotKey, SlotKind};
