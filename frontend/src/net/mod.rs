//! The browser's side of a [`Session`](shared::session::Session): socket, clock, timer and HTTP; and the browser's locks.

pub(crate) mod clock;
pub(crate) mod driver;
pub(crate) mod http;
pub(crate) mod locks;
pub(crate) mod promise;
mod socket;
