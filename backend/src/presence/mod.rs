//! The members of each channel, across all workers. Used when a client joins, leaves or requests the list, and never in
//! the delivery of a message.
//!
//! Each channel has a version that grows by one with each announced change. A worker gets the changes since the version
//! that its subscribers have ([`PresenceBoard::update_since`]), so a busy or slow worker loses no change.
//! `shard/announce.rs` sends them to the connections.

mod board;
mod news;
mod room;

pub use board::{PRESENCE_MEMBERS_MAX, PresenceBoard};

pub(crate) use news::PresenceUpdate;
