//! The life cycle of the process: its resources before the start, the events that end it, and its supervision.

pub mod directory;
mod error;
pub mod listener;
pub mod open_files;
pub mod signals;
pub mod supervision;

pub use error::ServerError;
