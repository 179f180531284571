//! The network edge: HTTP, WebSockets, and the TCP streams below both.

pub mod http;
pub mod refusal;
pub mod refused;
pub mod tcp;
pub mod websocket;
