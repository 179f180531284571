//! The errors that prevent a start or end the server.

use std::path::PathBuf;

use thiserror::Error;

use super::supervision::Part;
use crate::config::KeyError;
use crate::store::LogError;

/// The reason why the server could not start, or ended. The text is for the operator.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be written: {reason}. Give another with --data DIR", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        reason: std::io::Error,
    },
    /// Another server uses the data directory.
    #[error("another server uses the data directory {}. Stop it, or give another with --data DIR", .0.display())]
    InUse(PathBuf),
    /// A part that the server cannot work without has ended.
    #[error("{0} has ended unexpectedly; start the server again")]
    Died(Part),
    /// The log cannot be opened.
    #[error("the log in {} cannot be opened: {reason}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// The reason.
        reason: LogError,
    },
    /// There is no API key, or no token secret.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The address cannot be listened on.
    #[error("{address} cannot be listened on: {reason}. Give another with --listen ADDR:PORT")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// The operating system's error.
        reason: std::io::Error,
    },
    /// Another operation of the operating system failed.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
    /// The operating system provides no random numbers.
    #[error("the operating system provides no random numbers: {0}")]
    Randomness(#[from] getrandom::Error),
}
