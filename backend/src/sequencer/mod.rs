//! Orders publications and gives them their offsets.
//!
//! [`publisher`] routes a publication to the sequencer of its channel. [`direct`] is the thread that appends to the log of this
//! machine; [`live`] orders the channels without history, in memory. Both turn [`publication`]s into outcomes, which `fanout`
//! hands to the workers.

pub mod capacity;
pub mod direct;
mod fair;
pub mod live;
mod offsets;
pub mod publication;
pub mod publisher;
pub mod turn;
