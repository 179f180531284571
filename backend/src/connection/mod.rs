//! The outgoing half of one open connection: its cursors, replies, signals and its end. The incoming half is in
//! `client`.
//!
//! [`outbound`] has the state and small changes of it. [`mod@next`] chooses what to write next, `direct` writes it,
//! `catch_up` reads the log for a cursor that is behind, `ending` closes the connection.

mod behind;
mod catch_up;
mod change;
mod direct;
mod ending;
mod flow;
pub(crate) mod gate;
mod next;
pub mod numbers;
pub mod outbound;
pub(crate) mod pending_signals;
pub mod registry;
pub mod replies;
pub mod sources;
mod subscriptions;
