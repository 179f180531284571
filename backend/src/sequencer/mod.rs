//! Orders publications and gives them their offsets.
//!
//! [`publisher`] routes a publication to the log thread or to the sequencer of its channel without history. [`log_thread`] proposes
//! entries of commands to a [`Sequencer`](order::Sequencer) and applies all entries in its order; [`direct`] is the sequencer of one
//! server. [`live`] orders the channels without history, in memory. Both turn [`publication`]s into outcomes, which `fanout` hands to
//! the workers.

pub mod capacity;
pub mod direct;
mod fair;
pub mod live;
pub mod log_thread;
mod offsets;
pub mod order;
pub mod proposals;
pub mod publication;
pub mod publisher;
pub mod queue;
pub mod retention;
pub mod turn;
