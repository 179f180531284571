//! The life of the process: what is taken before it starts, what ends it, and in which order it stops.

pub mod directory;
mod error;
pub mod listener;
pub mod open_files;
pub mod signals;
pub mod supervision;

pub use error::ServerError;
