//! The composition root: builds and connects the parts, starts them, and stops them in order. No module below depends on it.

mod core;
mod serve;
mod streams;

pub use core::{Core, CoreParts};
pub use serve::{run, serve};
