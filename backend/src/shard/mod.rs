//! One worker thread: its connections, and the feeds of the channels that they are subscribed to. Workers share nothing
//! in the delivery of a message except its bytes.
//!
//! [`event_loop`] takes commands from the mailbox and starts everything else. [`worker`] serves the requests of
//! clients.

mod announce;
mod care;
mod connections;
mod deliveries;
pub(crate) mod event_loop;
mod feeds;
mod handover;
pub mod round;
mod signals;
pub mod worker;
