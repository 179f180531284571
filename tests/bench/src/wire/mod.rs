//! WebSocket, as far as a bench needs it: whole frames, no extensions.

pub mod frame;
pub mod handshake;
