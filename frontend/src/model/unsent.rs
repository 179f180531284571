//! The own messages that no server has acknowledged, so that a reload of the tab loses none. They are sent again
//! with the same ids: the log recognises those it has.

use serde::{Deserialize, Serialize};
use shared::ids::{ChannelName, MessageId};
use shared::protocol::Payload;

/// One message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct UnsentMessage {
    pub(crate) channel: ChannelName,
    pub(crate) message_id: MessageId,
    pub(crate) payload: Payload,
}

/// All of them, as they were written.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Unsent(Vec<UnsentMessage>);

impl Unsent {
    /// Reads what [`store`](Self::store) wrote; nothing where it is something else.
    pub(crate) fn restore(stored: &str) -> Self {
        Self(serde_json::from_str(stored).unwrap_or_default())
    }

    /// The text to keep; empty where there is nothing to keep.
    pub(crate) fn store(&self) -> String {
        if self.0.is_empty() { String::new() } else { serde_json::to_string(&self.0).unwrap_or_default() }
    }

    /// The messages, in the order in which they were written.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &UnsentMessage> {
        self.0.iter()
    }

    /// Adds one. Returns whether it is new.
    pub(crate) fn add(&mut self, message: UnsentMessage) -> bool {
        let new = self.0.iter().all(|known| known.message_id != message.message_id);
        if new {
            self.0.push(message);
        }
        new
    }

    /// Takes one out: the log has it, or it is given up. Returns whether it was there.
    pub(crate) fn remove(&mut self, message_id: MessageId) -> bool {
        let before = self.0.len();
        self.0.retain(|known| known.message_id != message_id);
        self.0.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reload_loses_nothing() {
        let message_id = MessageId::new(1, &[0; 10]);
        let channel = ChannelName::parse("room:x").unwrap();
        let message = UnsentMessage { channel, message_id, payload: Payload::chat("hi") };
        let mut unsent = Unsent::default();
        assert!(unsent.add(message.clone()));
        assert!(!unsent.add(message));
        let mut again = Unsent::restore(&unsent.store());
        assert_eq!(again, unsent);
        assert!(again.remove(message_id) && !again.remove(message_id));
        assert_eq!((again.store(), Unsent::restore("nonsense")), (String::new(), Unsent::default()));
    }
}
