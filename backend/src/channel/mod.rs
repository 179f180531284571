//! One worker's part of a channel: the newest messages, the subscribers, and pages of the log for subscribers that are
//! behind.

pub mod feed;
pub mod pages;
pub mod socket;
pub mod wire;
