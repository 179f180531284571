//! One open connection, seen from the side that writes: its cursors, replies and signals, and when it ends.
//!
//! [`outbound`] has the state and small changes of it; the other files add what a connection does: [`mod@next`] finds what to
//! write next, `direct` writes it, `catch_up` reads the log for a cursor that is behind, `ending` closes.

mod behind;
mod catch_up;
mod change;
mod direct;
mod ending;
mod flow;
pub mod gate;
mod next;
pub mod numbers;
pub mod outbound;
pub mod registry;
pub mod replies;
pub mod slots;
pub mod sources;
mod subscriptions;
