//! Stores messages.
//!
//! [`Log`] is the contract of a store, and `conformance` is its test suite: every store must pass it. [`sqlite`] is the store of
//! one machine. [`LogReads`] reads the store from the workers, which must not block.

mod command;
mod commands;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod log;
mod reads;
pub mod sqlite;

pub use command::{Append, Appended, Applied, Deletion, Entry, Outdated, Trim, Trimmed};
pub use commands::{Command, CommandLog, Lsn};
pub use log::{Bounds, Due, Keep, Log, LogError, RUN_BYTES_MAX, Run};
pub use reads::{LogReads, Offload, Page, PageRange, Threads};
