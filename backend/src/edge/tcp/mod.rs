//! TCP streams that carry HTTP: how much is read of a request, and how a connection closes.

mod framing;
pub mod headers;
pub mod linger;
pub mod stream;
