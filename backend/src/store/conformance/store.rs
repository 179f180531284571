//! What the suite needs of a store, and the messages that its properties append.

#![allow(clippy::unwrap_used, reason = "a test suite: a failure is a panic")]

use std::sync::Arc;

use shared::ids::{ChannelName, DisplayName, MessageId, UserId};
use shared::protocol::{Payload, RawPayload, Sender};
use shared::time::Timestamp;

use crate::store::{Append, Appended, Log};

/// What the suite needs of a store: one log that can be opened again and whose appends can fail.
pub trait Store {
    /// Opens the log, which is empty at first. The suite calls it again only after it has dropped the log.
    fn open(&self) -> Arc<dyn Log>;

    /// Makes every append fail whose batch has this entry, as late as possible in the append. `None` ends that.
    fn fail_appends_of(&self, entry: Option<&Append>);
}

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
