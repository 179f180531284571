//! Where clients arrive: HTTP, WebSockets, and the TCP streams under both.

pub mod http;
pub mod refusal;
pub mod tcp;
pub mod websocket;
