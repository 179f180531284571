//! Errors that end a run without a figure.

use thiserror::Error;

/// The reason for a missing figure. The output shows its text in place of the figure.
#[derive(Debug, Error)]
pub enum Failure {
    /// A system call failed.
    #[error("{what}: {reason}")]
    Io {
        /// The attempted action.
        what: &'static str,
        /// The operating system's error.
        reason: std::io::Error,
    },
    /// Wrong behaviour of the server under test or of one of its connections.
    #[error("{0}")]
    Server(String),
    /// A server that is not installed, or did not start.
    #[error("{name} could not be started: {reason}")]
    Start {
        /// The server.
        name: String,
        /// The reason.
        reason: String,
    },
    /// No event within the maximum time.
    #[error("nothing was received for {seconds} s while {what}")]
    Silence {
        /// Duration of the wait.
        seconds: u64,
        /// The state during the wait.
        what: String,
    },
}

impl Failure {
    /// Converts an error of the standard library that occurs during `what`.
    pub fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::Io { what, reason }
    }

    /// The same for errors of `rustix`.
    pub(crate) fn os(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Io { what, reason: errno.into() }
    }
}
