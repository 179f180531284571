//! The store of messages.
//!
//! [`Log`] is the contract and `conformance` its test suite: a store is accepted if it passes. [`sqlite`] is the store of one
//! machine. [`LogReads`] reads it from the workers, which must not block. [`retention`] deletes what is kept no longer.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod log;
mod reads;
pub mod retention;
pub mod sqlite;

pub use log::{Append, Appended, Bounds, Keep, Log, LogError, RUN_BYTES_MAX, Run, RunJson, Trimmed};
pub use reads::{LogReads, Offload, Threads};
