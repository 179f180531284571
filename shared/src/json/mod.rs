//! Reads and writes the JSON of the protocol, for the app as well as the server.
//!
//! [`declare`] declares a message once. [`Fields`] and [`Read`] read one from a tree of [`serde_json::Value`];
//! [`Writer`] and [`Write`] write one. This module knows no message: the types in `ids` and `protocol` use it.

pub(crate) mod declare;
#[cfg(feature = "server")]
mod fault;
mod object;
mod read;
mod value;
mod write;

#[cfg(feature = "server")]
pub use fault::{Fault, ReadError, from_text};
pub use object::{Fields, Writer};
pub(crate) use object::{ReadFields, WriteFields};
pub(crate) use read::lenient;
pub use read::{Read, Unreadable};
pub use value::{length, pretty, sorted};
pub use write::Write;
