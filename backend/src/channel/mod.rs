//! What one worker holds of a channel: the newest messages, its readers, and the pages of the log for readers that are behind.

pub mod feed;
pub mod pages;
pub mod socket;
pub mod wire;
