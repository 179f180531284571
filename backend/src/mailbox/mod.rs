//! The commands for worker threads as plain data, and the bounded mailboxes that carry them.

mod batch;
mod command;
mod mailboxes;
mod overloaded;
mod pushes;

pub use batch::{Answer, Batch, News};
pub use command::WorkerCommand;
pub use mailboxes::Mailboxes;
pub use overloaded::overloaded;
#[cfg(test)]
pub(crate) use pushes::PUSHES_BYTES_MAX;
pub use pushes::{HeldPush, Pushes};
