//! The harness of the stories: a [`TestServer`] that runs the real program, its clients ([`Client`] with the real
//! session, [`Raw`] byte by byte, [`Person`] with a browser) and its HTTP API ([`Api`]). For failures there are a
//! [`Crowd`] that publishes all the time, a [`Proxy`] that causes network failures, and a [`Ledger`] that compares the
//! received messages of every client with the log.
//!
//! A story uses the verbs of its people: `ada.publish("room:lobby", "hi").await; bob.expect_chat("hi").await`.
//! Every wait has a deadline, and a wait that fails shows the last state.

// The harness signals processes, starts shells and reads Unix file modes.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a failure is a panic, and its message is for the author"
)]

pub mod browser;
pub mod channels;
pub mod client;
pub mod crowd;
pub mod deadline;
pub mod gateway;
pub mod hostile;
pub mod http;
pub mod ledger;
pub mod nginx;
pub mod pages;
pub mod proxy;
pub mod raw;
pub mod server;

pub use browser::{Person, Stage};
pub use channels::LOBBY;
pub use client::Client;
pub use crowd::Crowd;
pub use gateway::{Gateway, Instead};
pub use hostile::HostileGuests;
pub use http::Api;
pub use ledger::Ledger;
pub use nginx::Nginx;
pub use proxy::Proxy;
pub use raw::Raw;
pub use server::{Settings, TestServer};
