//! The Tidings server.
//!
//! | module | what it is |
//! |---|---|
//! | [`config`] | settings, namespaces, keys |
//! | [`log`] | the store of messages and the one thread that writes it |
//! | [`hub`] | workers, feeds, cursors, presence: from the log to the connections |
//! | [`ws`] | a WebSocket's life: handshake, reading, dispatch, writing |
//! | [`http`] | the HTTP API and the page |
//! | [`server`] | puts these together, starts and stops them |
//!
//! Dependencies point one way: `server → http, ws → hub → log`.

pub mod backup;
pub mod clock;
pub mod config;
pub mod http;
pub mod hub;
pub mod identity;
pub mod log;
pub mod permissions;
pub mod random;
mod rate;
pub mod server;
pub mod telemetry;
pub mod ws;
