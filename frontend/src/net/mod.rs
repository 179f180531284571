//! The browser's side of a [`Session`](shared::session::Session): socket, clock, timer and HTTP.

pub(crate) mod clock;
pub(crate) mod driver;
pub(crate) mod http;
mod socket;
