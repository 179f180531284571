//! JSON by hand, for the page: what `serde` derives for tagged messages is 130 KB of WebAssembly, a sixth of the page, and
//! every user pays each byte.
//!
//! A text is read to a tree of [`serde_json::Value`], and [`Fields`] takes a message out of it; [`Writer`] writes one.
//! Both do what the derived code does, and tests hold them against it.

mod read;
mod write;

pub use read::{Fields, Read, Unreadable};
pub use write::{Writer, length, pretty, sorted};
