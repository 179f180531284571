//! Building blocks of views. They do not depend on the rest of the app.

pub(crate) mod icon;
pub(crate) mod key;
mod keyed;
pub(crate) mod live;
mod moves;
mod owners;
