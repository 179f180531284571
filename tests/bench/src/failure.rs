//! What ends a run without a figure.

use thiserror::Error;

/// Why there is no figure. The text stands in the output in its place.
#[derive(Debug, Error)]
pub enum Failure {
    /// The operating system refused something.
    #[error("{what}: {reason}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// The operating system's word.
        reason: std::io::Error,
    },
    /// The server under test, or one of its connections, did what it should not.
    #[error("{0}")]
    Server(String),
    /// A server that is not installed, or did not start.
    #[error("{name} could not be started: {reason}")]
    Start {
        /// The server.
        name: String,
        /// Why not.
        reason: String,
    },
    /// Nothing came for longer than anything may take.
    #[error("nothing came for {seconds} s while {what}")]
    Silence {
        /// How long was waited.
        seconds: u64,
        /// What for.
        what: String,
    },
}

impl Failure {
    /// An error of the operating system's, while `what`.
    pub fn io(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |reason| Self::Io { what, reason }
    }

    /// The same for what the `rustix` calls answer.
    pub(crate) fn os(what: &'static str) -> impl FnOnce(rustix::io::Errno) -> Self {
        move |errno| Self::Io { what, reason: errno.into() }
    }
}
