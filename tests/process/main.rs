//! Stories of a server that is killed, stopped, cut off, filled up and not read, one file a behaviour. What everybody
//! was told is held against the log in the end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "in a test a failure is a panic, and its message is for whoever wrote the story; what is printed is to be quoted"
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

/// The seed of a story that leaves something to chance: that of the variable, or another each time.
fn seed(variable: &str) -> u64 {
    match std::env::var(variable) {
        Ok(seed) => seed.parse().unwrap_or_else(|e| panic!("{variable}={seed}: {e}")),
        Err(_) => fastrand::u64(..1_000_000_000),
    }
}
