//! The messages between client and server: one JSON text per WebSocket message, tagged by `type`.
//!
//! The messages of each direction are an enum ([`ClientMessage`], [`ServerMessage`]); [`codec`] turns them into text and
//! back. Unknown fields are ignored. docs/PROTOCOL.md explains the protocol to authors of other clients. Each example there
//! is a golden file that the tests of this crate read.

mod channel;
mod client;
mod close;
mod code;
pub mod codec;
#[cfg(feature = "server")]
mod decode;
mod error;
mod level;
mod payload;
mod position;
mod presence;
#[cfg(feature = "server")]
mod raw;
mod sender;
mod server;
mod signal;
#[cfg(feature = "server")]
mod walk;
mod welcome;

pub use channel::{Accepted, Message, Page, Push, Subscribed};
pub use client::{ClientMessage, Hello, Publish, SignalKind, Subscribe};
pub use close::{CloseCode, Closing};
pub use code::ErrorCode;
pub use error::{ErrorReply, Refusal};
pub use level::Level;
pub use payload::Payload;
pub use position::{Gap, GapReason, Position};
pub use presence::{Presence, PresenceChange};
#[cfg(feature = "server")]
pub use raw::RawPayload;
pub use sender::Sender;
pub use server::ServerMessage;
pub use signal::{Signal, SignalState};
pub use welcome::{Head, Heartbeat, Limits, Renamed, Welcome};

/// The version of this protocol. The server refuses a `hello` of another version with `unsupported_version`.
pub const VERSION: u32 = 1;
