//! What the stories are told with: a [`TestServer`] that is the real program, people who talk to it
//! ([`Client`] through the real session, [`Raw`] byte by byte, a browser through the page), and its HTTP API. For
//! stories of failure there are a [`Crowd`] that talks all the time, a [`Proxy`] that fails as it is told to, and a
//! [`Ledger`] that holds what everybody was told against the log.
//!
//! A story reads in the words of its people: `ada.publish("room:lobby", "hi").await; bob.expect_chat("hi").await`.
//! Every wait has a deadline, and a wait that fails says what was the last that was seen.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "in a test a failure is a panic, and its message is for whoever wrote the story"
)]

pub mod browser;
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

/// The room that stories meet in.
pub const LOBBY: &str = "room:lobby";
