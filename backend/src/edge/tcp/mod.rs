//! TCP streams that carry HTTP: limits of reading, and closing without loss of the last response.

mod framing;
pub mod headers;
pub(crate) mod linger;
pub mod stream;
