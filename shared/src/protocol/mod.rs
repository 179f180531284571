//! What client and server say to each other: one JSON text a WebSocket message, tagged by `type`.
//!
//! The messages of each direction are an enum of their own ([`ClientMessage`], [`ServerMessage`]); [`codec`] turns
//! them into text and back. Unknown fields are ignored. docs/PROTOCOL.md explains the protocol to those who write a
//! client in another language; each of its examples is a golden file that the tests of this crate read.

mod client;
mod close;
pub mod codec;
#[cfg(feature = "server")]
mod decode;
mod error;
mod from_server;
mod payload;
mod position;
#[cfg(feature = "server")]
mod raw;
mod server;
mod to_server;

pub use client::{ClientMessage, Hello, Publish, SignalKind, Subscribe};
pub use close::CloseCode;
pub use error::{ErrorCode, Refusal};
pub use payload::{Level, Payload};
pub use position::{Gap, GapReason, Position};
#[cfg(feature = "server")]
pub use raw::RawPayload;
pub use server::{
    Accepted, Closing, ErrorReply, Head, Heartbeat, Limits, Message, Page, Presence, PresenceChange, Push,
    Sender, ServerMessage, Signal, SignalState, Subscribed, Welcome,
};

/// The version of this protocol. A `hello` of another version is refused with `unsupported_version`.
pub const VERSION: u32 = 1;
