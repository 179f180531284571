//! What the components share: signals over the plain models, and what changes them.

mod arriving;
mod batch;
mod room;
mod rows;
mod tidings;
mod unsent;
mod writing;

pub(crate) use room::{History, Room};
pub(crate) use rows::Cell;
pub(crate) use tidings::{Panel, Tidings, use_tidings};

pub(crate) use crate::browser::clipboard::copy;
pub(crate) use crate::browser::dates::{day_label, time_label};
pub(crate) use crate::browser::desktop;
pub(crate) use crate::browser::focus::{focus, has_keyboard};
