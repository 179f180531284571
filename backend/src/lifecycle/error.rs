//! Why the server could not start, or ended.

use std::path::PathBuf;

use thiserror::Error;

use super::supervision::Part;
use crate::config::KeyError;
use crate::store::LogError;

/// Why the server could not start, or ended. The text is for the operator.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The data directory cannot be used.
    #[error("the data directory {} cannot be written: {reason}. Give another with --data DIR", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// Another server has the data directory.
    #[error("another server uses the data directory {}. Stop it, or give another with --data DIR", .0.display())]
    InUse(PathBuf),
    /// A part has ended without which the server cannot work.
    #[error("{0} has ended, which it never should; the server has to be started again")]
    Died(Part),
    /// The log cannot be opened.
    #[error("the log in {} cannot be opened: {reason}", path.display())]
    Log {
        /// The file.
        path: PathBuf,
        /// What is wrong.
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
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// Something else of the operating system's failed.
    #[error("the server failed: {0}")]
    Io(#[from] std::io::Error),
    /// The operating system has no randomness.
    #[error("no randomness can be had: {0}")]
    Randomness(#[from] getrandom::Error),
}
