//! The connection to the server: runs a [`Session`](shared::session::Session) over the browser's WebSocket.

pub(crate) mod driver;
mod socket;
