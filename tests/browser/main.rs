//! Stories of people who use the app, each with their own browser.

// The harness needs Unix.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a failure is a panic, and its message is for whoever wrote the story"
)]

mod article;
mod client;
mod client_application;
mod client_refusals;
mod engines;
mod flood;
mod gaps;
mod history;
mod interruption;
mod notices;
mod odd_browsers;
mod refusals;
mod rooms;
mod screens;
mod silent_history;
mod startup;
mod talking;
mod unsent;
mod wire;
