//! Building blocks of views that know nothing of Tidings.

pub(crate) mod icon;
pub(crate) mod key;
mod keyed;
pub(crate) mod live;
mod moves;
mod owners;
