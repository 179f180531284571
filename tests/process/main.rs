//! Stories of a server that is killed, suspended, cut off, out of disk space or not read, one file per behaviour. Most
//! end with a comparison of what every client received with the log.

// The harness needs Unix.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "in a test a failure is a panic, and its message is for the author; the printed figures are for documents"
)]

mod backup;
#[cfg(target_os = "linux")]
mod disk_full;
mod half_open;
#[cfg(target_os = "linux")]
mod hostile;
mod killed;
mod ledger;
mod network;
mod retries;
#[cfg(target_os = "linux")]
mod slow_readers;
#[cfg(target_os = "linux")]
mod small_frames;
mod stopped;
mod tail;

/// Returns the seed of a random story: the variable's, or a new one.
fn seed(variable: &str) -> u64 {
    match std::env::var(variable) {
        Ok(seed) => seed.parse().unwrap_or_else(|e| panic!("{variable}={seed}: {e}")),
        Err(_) => fastrand::u64(..1_000_000_000),
    }
}
