//! The composition root: puts the parts together, starts them and stops them in order. Nothing below knows it.

mod core;
mod serve;
mod streams;

pub use core::{Core, CoreParts};
pub use serve::{run, serve};
