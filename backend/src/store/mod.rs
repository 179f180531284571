//! Stores messages.
//!
//! [`Log`] is the contract of a store, and `conformance` is its test suite: every store must pass it. [`sqlite`] is the store of
//! one machine. [`LogReads`] reads the store from the workers, which must not block. [`retention`] deletes messages that are no
//! longer kept.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod log;
mod reads;
pub mod retention;
pub mod sqlite;

pub use log::{Append, Appended, Bounds, Keep, Log, LogError, RUN_BYTES_MAX, Run, Trimmed};
pub use reads::{LogReads, Offload, Page, PageRange, Threads};
