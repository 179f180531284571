//! What the worker threads are told: plain data, and the mailboxes that carry it.

mod batch;
mod command;
mod mailboxes;
mod overloaded;
mod pushes;

pub use batch::{Answer, Batch, News};
pub use command::ToWorker;
pub use mailboxes::{MAILBOX_BYTES_MAX, MAILBOX_MAX, Mailboxes};
pub use overloaded::overloaded;
pub use pushes::{HeldPush, PUSHES_BYTES_MAX, Pushes};
