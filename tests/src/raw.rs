//! A client that can send any frame, valid or not.

mod connection;
mod frame;
mod handshake;
mod narrow;

pub use connection::Raw;
pub use frame::{Frame, Opcode};
pub use handshake::{Handshake, Response};
