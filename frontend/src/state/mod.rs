//! What the components share: signals over the plain models, and what changes them.

mod arriving;
mod batch;
mod browser;
mod dates;
mod room;
mod rows;
mod store;
mod tidings;
mod unsent;
mod writing;

pub(crate) use browser::{copy, desktop, focus, has_keyboard};
pub(crate) use dates::{day_label, time_label};
pub(crate) use room::{History, Room};
pub(crate) use rows::Cell;
pub(crate) use store::Store;
pub(crate) use tidings::{Panel, Tidings, use_tidings};
