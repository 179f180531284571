//! One worker thread: its connections, and the feeds of the channels that they follow. Nothing on the way of a message is shared
//! between workers but the bytes themselves.
//!
//! [`event_loop`] takes commands from the mailbox and starts everything else. [`worker`] is what a client's requests use.

mod announce;
mod care;
mod connections;
mod deliveries;
pub mod event_loop;
mod feeds;
mod handover;
pub mod round;
mod signals;
pub mod worker;
