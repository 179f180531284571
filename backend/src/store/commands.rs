//! The applied commands in the order of the log, for projections.

use shared::protocol::{Message, RawPayload};

use super::command::Trim;
use super::log::LogError;

/// The log sequence number of an applied command. Numbers grow in the order in which commands were applied, with holes between them.
/// Within one epoch of the log none is used again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lsn(pub u64);

/// A command that was applied and has had an effect.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A message was appended, and is still kept.
    Append(Message<RawPayload>),
    /// Messages were deleted, or channels forgotten.
    Trim(Trim),
}

/// Consecutive commands.
#[derive(Debug, Clone, PartialEq)]
pub struct Commands {
    /// The commands with their numbers, in order.
    pub commands: Vec<(Lsn, Command)>,
    /// Whether trims are missing before them, because too many have waited for the projection. It must begin anew.
    pub trims_missing: bool,
}

/// A log whose applied commands can be read, and that keeps how far each projection has read them. Its methods block.
pub trait CommandLog: Send + Sync {
    /// Reads at most `limit` commands after a number. Fewer if they are large.
    ///
    /// # Errors
    /// [`LogError`].
    fn commands(&self, after: Lsn, limit: u32) -> Result<Commands, LogError>;

    /// Returns the kept position of a projection: the number of the last command that it has handled. `None` if it was kept in another
    /// epoch of this log, so that the projection must begin anew. A new projection has the position 0. From now on the log keeps trims
    /// until the projection has handled them.
    ///
    /// # Errors
    /// [`LogError`].
    fn register(&self, projection: &str) -> Result<Option<Lsn>, LogError>;

    /// Keeps the position of a registered projection.
    ///
    /// # Errors
    /// [`LogError`]; the earlier position is kept.
    fn keep_position(&self, projection: &str, position: Lsn) -> Result<(), LogError>;
}
