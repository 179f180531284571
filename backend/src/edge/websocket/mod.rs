//! WebSockets: the handshake, and what carries the connection afterwards.
//!
//! [`raw`] is a TCP stream of its own, for the typed protocol; `hosted` is a request and its response inside actix's dispatcher,
//! for plain mode and for whatever comes by a connection that has carried other requests before.

mod failure;
mod guard;
pub mod hosted;
mod origin;
pub mod raw;
mod upgrade;
