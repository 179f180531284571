//! The error that ends a task: its cause, and advice for the user.

use std::fmt;

/// The one error of this program. Both parts are shown, as two sentences.
#[derive(Debug)]
pub(crate) struct Failure {
    cause: String,
    cure: String,
}

impl Failure {
    /// Makes an error of its `cause`, a sentence without a full stop, and its `cure`, a full sentence with the command or the change
    /// that helps.
    pub(crate) fn new(cause: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { cause: cause.into(), cure: cure.into() }
    }

    /// Makes the error of a task that does not know an argument. `usage` is the task with all of its options.
    pub(crate) fn unknown_option(argument: &str, usage: &str) -> Self {
        Self::new(format!("`{argument}` is not an option of this task"), format!("Usage: {usage}"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}. {}", self.cause, self.cure)
    }
}
