//! What the suite needs of a store, and the messages that its properties append.

#![allow(clippy::unwrap_used, reason = "a test suite: a failure is a panic")]

use std::sync::Arc;

use shared::ids::{ChannelName, DisplayName, MessageId, Namespace, UserId};
use shared::protocol::{Payload, RawPayload, Sender};
use shared::time::Timestamp;

use crate::store::{Append, Appended, Due, Entry, Keep, Log, LogError, Trim, Trimmed};

/// What the suite needs of a store: one log that can be opened again and whose appends can fail.
pub trait Store {
    /// Opens the log, which is empty at first. The suite calls it again only after it has dropped the log.
    fn open(&self) -> Arc<dyn Log>;

    /// Makes every append fail whose batch has this entry, as late as possible in the append. `None` ends that.
    fn fail_appends_of(&self, entry: Option<&Append>);
}

/// Executes commands at once, without a sequencer.
pub trait AtOnce: Log {
    /// Appends messages as one entry.
    ///
    /// # Errors
    /// [`LogError`]; nothing was appended.
    fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, LogError> {
        Ok(self.apply(&Entry::of_appends(batch.to_vec()))?.appends)
    }

    /// Finds what is outdated, and trims it. Returns also the channel from which the next call must continue.
    ///
    /// # Errors
    /// [`LogError`]; nothing was deleted.
    fn trim(
        &self,
        namespace: &Namespace,
        keep: &Keep,
        from: Option<&ChannelName>,
        messages_max: u32,
    ) -> Result<(Trimmed, Option<ChannelName>), LogError> {
        let Due { channels, next } = self.outdated(namespace, keep, from, messages_max)?;
        let applied = self.apply(&Entry { trims: vec![Trim { channels }], ..Entry::default() })?;
        Ok((applied.trims.first().copied().unwrap_or_default(), next))
    }
}

impl<L: Log + ?Sized> AtOnce for L {}

/// Returns a chat message whose id and time are derived from `number`.
///
/// # Panics
/// If `channel` is not a channel's name.
pub fn chat(channel: &str, number: u8) -> Append {
    Append {
        channel: ChannelName::parse(channel).unwrap(),
        id: MessageId::new(u64::from(number), &[number; 10]),
        at: Timestamp(1_000 + u64::from(number)),
        from: Sender { user: UserId::parse("ada").unwrap(), name: DisplayName::parse("Ada Ä").unwrap() },
        payload: RawPayload::from(&Payload::chat(format!("message {number}"))),
    }
}

/// Returns the payload of a chat message.
pub fn chat_payload(text: &str) -> RawPayload {
    RawPayload::from(&Payload::chat(text))
}

/// Returns `(prev, offset)` of each entry, all of which were accepted.
pub(super) fn accepted(appended: &[Appended]) -> Vec<(u64, u64)> {
    let pair = |appended: &Appended| match appended {
        Appended::Accepted { offset, prev } => (prev.0, offset.0),
        Appended::Duplicate { .. } => panic!("{appended:?}"),
    };
    appended.iter().map(pair).collect()
}
