//! WebSockets: the handshake, and the transports of open connections.
//!
//! [`raw`] uses the TCP stream directly, for the typed protocol. `hosted` runs inside actix's dispatcher as a request and its
//! response, for plain mode and for connections that have carried other requests before.

mod failure;
mod guard;
pub(crate) mod hosted;
mod origin;
pub mod raw;
mod upgrade;
