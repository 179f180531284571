//! The error that ends a task: its cause, and advice for the user.

use std::fmt;

/// The one error of this program. Both parts are shown, as two sentences.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    cure: String,
}

impl Failure {
    /// `what` says what went wrong; `cure` is a full sentence with the command or the change that helps.
    pub(crate) fn new(what: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { what: what.into(), cure: cure.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}. {}", self.what, self.cure)
    }
}
