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

/// A log whose applied commands can be read, and that keeps how far each projection has read them. Its methods block.
pub trait CommandLog: Send + Sync {
    /// Reads at most `limit` commands after a number. Fewer if they are large.
    ///
    /// # Errors
    /// [`LogError`].
    fn commands(&self, after: Lsn, limit: u32) -> Result<Vec<(Lsn, Command)>, LogError>;

    /// Returns the kept position of a projection: the number of the last command that it has handled. `None` if it must
    /// [begin anew](Self::begin_anew): its position is of another epoch of this log, or trims that it needs were dropped. A new
    /// projection has the position 0.
    ///
    /// # Errors
    /// [`LogError`].
    fn register(&self, projection: &str) -> Result<Option<Lsn>, LogError>;

    /// Sets the position of a projection to 0. Earlier trims are not kept for it, because the messages that they deleted do not come.
    ///
    /// # Errors
    /// [`LogError`].
    fn begin_anew(&self, projection: &str) -> Result<(), LogError>;

    /// Keeps the position of a registered projection. Returns false if it must begin anew instead.
    ///
    /// # Errors
    /// [`LogError`]; the earlier position is kept.
    fn keep_position(&self, projection: &str, position: Lsn) -> Result<bool, LogError>;
}
