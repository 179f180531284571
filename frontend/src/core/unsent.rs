//! The own messages that the server has not acknowledged, and where the browser keeps them. They survive a reload, a closed
//! tab and a crash, and are sent once.
//!
//! > **The holder of a tab's lock owns the messages that are kept under the tab, and nobody else touches them.**
//!
//! An open tab holds its own lock, and the locks of closed tabs whose messages it has taken over. So messages are never moved
//! or copied between tabs: each stays under its key until the log has it. It is sent again with the same id, so the log
//! recognises it.

use std::collections::VecDeque;
use std::fmt;

use shared::ids::{ChannelName, MessageId};
use shared::json::{Fields, Unreadable, Writer};
use shared::limits::OUTBOX_MESSAGES_MAX;
use shared::protocol::Payload;

use super::storage::Storage;

/// Prefix of the keys of messages.
const PREFIX: &str = "unsent.";

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnsentMessage {
    pub(crate) channel: ChannelName,
    pub(crate) message_id: MessageId,
    pub(crate) payload: Payload,
}

impl UnsentMessage {
    fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = Fields::parse(text)?;
        let payload = fields.read("payload")?;
        if matches!(payload, Payload::Unknown { .. }) {
            return Err(Unreadable::Field("payload"));
        }
        Ok(Self { channel: fields.read("channel")?, message_id: fields.read("message_id")?, payload })
    }

    fn to_json(&self) -> String {
        Writer::object(|to| {
            to.field("channel", &self.channel);
            to.field("message_id", &self.message_id);
            to.field("payload", &self.payload);
        })
    }
}

/// A tab of the browser. It stays the same over reloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TabId(String);

impl TabId {
    /// Returns a new tab. No other tab may have the same `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(format!("{seed:016x}"))
    }

    /// Reads the text of a tab id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self(text.to_owned()))
    }

    /// Returns the tab of the message under `key`.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::parse(key.strip_prefix(PREFIX)?.split_once('.')?.0)
    }

    fn key(&self, number: u64) -> String {
        format!("{PREFIX}{self}.{number}")
    }
}

impl fmt::Display for TabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The unsent messages of this page, in the order of the session's outbox.
#[derive(Debug)]
pub(crate) struct Unsent<K> {
    keep: K,
    /// Whether stored messages outlive the tab.
    outlives_tab: bool,
    /// The tab of this page. Unknown until the page holds its lock.
    tab: Option<TabId>,
    /// Number of the last message that was written in this tab.
    written: u64,
    entries: Vec<Entry>,
    /// Keys of adopted messages that wait for space in the session's outbox.
    waiting: VecDeque<String>,
}

#[derive(Debug)]
struct Entry {
    message_id: MessageId,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Stored under this key.
    Kept(String),
    /// In memory only: the number in this tab, and the text to store.
    Memory { number: u64, text: String },
}

impl<K: Storage> Unsent<K> {
    /// Makes an empty list that stores in `keep`. Without `outlives_tab`, a message is lost when the tab is closed.
    pub(crate) fn new(keep: K, outlives_tab: bool) -> Self {
        Self { keep, outlives_tab, tab: None, written: 0, entries: Vec::new(), waiting: VecDeque::new() }
    }

    /// This page is `tab`, and holds its lock. Returns the messages of earlier pages of the tab, to be sent.
    pub(crate) fn begin(&mut self, tab: TabId) -> Vec<UnsentMessage> {
        let numbers = self.numbers_of(&tab);
        let before = numbers.last().copied().unwrap_or(0);
        self.written += before;
        for entry in &mut self.entries {
            if let Place::Memory { number, .. } = &mut entry.place {
                *number += before;
            }
        }
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.tab = Some(tab);
        self.keep_all();
        self.next()
    }

    /// `tab` is closed, and this page holds its lock. Returns its messages, to be sent.
    pub(crate) fn adopt(&mut self, tab: &TabId) -> Vec<UnsentMessage> {
        let numbers = self.numbers_of(tab);
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.next()
    }

    /// Adds a message that was written here. Returns false if it would be lost with this page. A known message is not added
    /// again, nor one for which the session's outbox has no space.
    pub(crate) fn add(&mut self, message: &UnsentMessage) -> bool {
        if self.knows(message.message_id) || self.entries.len() >= OUTBOX_MESSAGES_MAX {
            return true;
        }
        self.written += 1;
        let text = message.to_json();
        let place = Place::Memory { number: self.written, text };
        self.entries.push(Entry { message_id: message.message_id, place });
        self.keep_all();
        !self.is_at_risk()
    }

    /// Removes a message that the log has, or that was discarded. Returns messages that have space now, to be sent.
    pub(crate) fn remove(&mut self, message_id: MessageId) -> Vec<UnsentMessage> {
        let Some(index) = self.entries.iter().position(|entry| entry.message_id == message_id) else {
            return Vec::new();
        };
        if let Place::Kept(key) = self.entries.remove(index).place {
            self.keep.set(&key, "");
        }
        self.keep_all();
        self.next()
    }

    /// Whether a message would be lost with this page.
    pub(crate) fn is_at_risk(&self) -> bool {
        // For some milliseconds the tab is unknown. That is no risk.
        let is_lost = |entry: &Entry| !self.outlives_tab || matches!(entry.place, Place::Memory { .. });
        self.tab.is_some() && self.entries.iter().any(is_lost)
    }

    /// Returns the tabs with stored messages.
    pub(crate) fn tabs(&self) -> Vec<TabId> {
        let mut tabs: Vec<TabId> = Vec::new();
        for tab in self.keep.keys().iter().filter_map(|key| TabId::of_key(key)) {
            if !tabs.contains(&tab) {
                tabs.push(tab);
            }
        }
        tabs
    }

    fn knows(&self, message_id: MessageId) -> bool {
        self.entries.iter().any(|entry| entry.message_id == message_id)
    }

    fn numbers_of(&self, tab: &TabId) -> Vec<u64> {
        let start = format!("{PREFIX}{tab}.");
        let keys = self.keep.keys();
        let mut numbers: Vec<u64> = Vec::new();
        for number in keys.iter().filter_map(|key| key.strip_prefix(&start)?.parse().ok()) {
            numbers.insert(numbers.partition_point(|before| *before <= number), number);
        }
        numbers
    }

    /// Stores messages that are in memory only, in order, while there is space.
    fn keep_all(&mut self) {
        let Some(tab) = &self.tab else { return };
        for entry in &mut self.entries {
            let Place::Memory { number, text } = &entry.place else { continue };
            let key = tab.key(*number);
            if !self.keep.set(&key, text) {
                return;
            }
            entry.place = Place::Kept(key);
        }
    }

    /// Loads adopted messages while the session's outbox has space. A message that cannot be read stays where it is: a later
    /// version of the app may have written it.
    fn next(&mut self) -> Vec<UnsentMessage> {
        let mut messages = Vec::new();
        while self.entries.len() < OUTBOX_MESSAGES_MAX {
            let Some(key) = self.waiting.pop_front() else { break };
            let Ok(message) = UnsentMessage::parse(&self.keep.get(&key)) else { continue };
            if self.knows(message.message_id) {
                continue;
            }
            self.entries.push(Entry { message_id: message.message_id, place: Place::Kept(key) });
            messages.push(message);
        }
        messages
    }
}

#[cfg(test)]
mod tests;
