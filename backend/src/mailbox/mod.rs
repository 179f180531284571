//! The commands for worker threads as plain data, and the bounded mailboxes that carry them.

mod batch;
mod command;
mod mailboxes;
mod overloaded;
mod pushes;

pub use batch::{Answer, Batch, News};
pub use command::WorkerCommand;
pub use mailboxes::{MAILBOX_BYTES_MAX, MAILBOX_MAX, Mailboxes};
pub use overloaded::overloaded;
pub use pushes::{HeldPush, PUSHES_BYTES_MAX, Pushes};
