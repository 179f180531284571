//! Stories of the real server with native clients, one module per topic.

// The harness needs Unix.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a failure is a panic, and its message is for the author"
)]

mod bad_input;
mod behind_nginx;
mod carriers;
mod config_cli;
mod connections;
mod history;
mod http_api;
mod keeping;
mod limits;
mod names;
#[cfg(target_os = "linux")]
mod open_files;
mod open_message_close;
mod origins;
mod page;
mod plain_mode;
mod presence;
mod push;
mod refusals;
mod signals;
mod stop_start;
mod storage;
mod talking;
mod tokens;
