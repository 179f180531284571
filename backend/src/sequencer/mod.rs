//! Puts publications in order and gives them their offsets.
//!
//! [`publisher`] is the way in. [`direct`] is the thread that appends to the log of this machine; [`live`] orders the channels
//! without history, in memory. Both take [`publication`]s and give outcomes, which `fanout` hands to the workers.

pub mod capacity;
pub mod direct;
mod fair;
pub mod live;
mod offsets;
pub mod publication;
pub mod publisher;
pub mod turn;
