//! The applied commands in the order of the log, for projections.

use shared::protocol::{Message, RawPayload};

use super::command::Trim;
use super::log::LogError;

/// The log sequence number of an applied command: its place among all commands of this log. Numbers grow; there are holes between
/// them. None is used again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

/// A command that was applied and has had an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A message was appended. Messages that were trimmed since are left out.
    Append(Message<RawPayload>),
    /// Messages were deleted, and channels forgotten.
    Trim(Trim),
}

/// A log whose applied commands can be read, and that keeps how far each projection has read them. Its methods block.
pub trait CommandLog: Send + Sync {
    /// Reads at most `limit` commands after a number, in order. Fewer if they are large.
    ///
    /// # Errors
    /// [`LogError`].
    fn commands(&self, after: Lsn, limit: u32) -> Result<Vec<(Lsn, Command)>, LogError>;

    /// Returns the kept position of a projection: the number of the last command that it has handled. 0 for a new projection.
    ///
    /// # Errors
    /// [`LogError`].
    fn position(&self, projection: &str) -> Result<Lsn, LogError>;

    /// Keeps the position of a projection. Trims after the lowest kept position are kept, too.
    ///
    /// # Errors
    /// [`LogError`]; the earlier position is kept.
    fn keep_position(&self, projection: &str, position: Lsn) -> Result<(), LogError>;
}
