//! The own messages that no server has acknowledged, and where the browser keeps them: what was written survives a
//! reload, a closed tab and a crash, and is sent once.
//!
//! > **Whoever holds a tab's lock owns the messages that are kept under it, and nobody else touches them.**
//!
//! A living tab holds its own lock, and those of tabs that are gone whose messages it has taken over. So messages are
//! never moved or copied from tab to tab: they stay under the key that they were written to until the log has them.
//! They are sent again with the same ids: the log recognises those it has.

use std::collections::VecDeque;
use std::fmt;

use shared::ids::{ChannelName, MessageId};
use shared::json::{Fields, Unreadable, Writer};
use shared::limits::OUTBOX_MESSAGES_MAX;
use shared::protocol::Payload;

use super::storage::Storage;

/// What all keys of messages begin with.
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

/// A tab of the browser, the same over reloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TabId(String);

impl TabId {
    /// A new tab. The `seed` has to be one that no other tab has.
    pub(crate) fn new(seed: u64) -> Self {
        Self(format!("{seed:016x}"))
    }

    /// Reads what a tab has noted of itself.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self(text.to_owned()))
    }

    /// The tab that a message kept under `key` was written in.
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

/// The unsent messages of this page, in the order in which the session has them.
#[derive(Debug)]
pub(crate) struct Unsent<K> {
    keep: K,
    /// Whether what is kept outlives the tab.
    outlives_tab: bool,
    /// The tab that this page is; not known until its lock is held.
    tab: Option<TabId>,
    /// The number of the last message written in this tab.
    written: u64,
    entries: Vec<Entry>,
    /// Keys of messages taken over for which the session's outbox has no room yet.
    waiting: VecDeque<String>,
}

#[derive(Debug)]
struct Entry {
    message_id: MessageId,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Under this key.
    Kept(String),
    /// Nowhere else: the n-th written in this tab, and what is to be kept.
    Memory { number: u64, text: String },
}

impl<K: Storage> Unsent<K> {
    /// None yet, to be kept in `keep`. Without `outlives_tab`, a message is lost when the tab is closed.
    pub(crate) fn new(keep: K, outlives_tab: bool) -> Self {
        Self { keep, outlives_tab, tab: None, written: 0, entries: Vec::new(), waiting: VecDeque::new() }
    }

    /// This page is `tab`, whose lock it holds. Returns what was written in it before, to be sent.
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

    /// `tab` is gone, and this page holds its lock. Returns what was written there, to be sent.
    pub(crate) fn adopt(&mut self, tab: &TabId) -> Vec<UnsentMessage> {
        let numbers = self.numbers_of(tab);
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.next()
    }

    /// Adds one that was written here. Returns false if it would be lost with this page. One that is known is not
    /// added again, nor one for which the session has no room.
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

    /// Takes one out: the log has it, or it is given up. Returns those for which there is room now, to be sent.
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
        // Until the tab is known, which takes some milliseconds, nothing is said of it.
        let is_lost = |entry: &Entry| !self.outlives_tab || matches!(entry.place, Place::Memory { .. });
        self.tab.is_some() && self.entries.iter().any(is_lost)
    }

    /// The tabs under which messages are kept, this one or another.
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

    /// Keeps what is in memory alone, in order, as far as there is room.
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

    /// Loads what was taken over, as far as the session has room for it. What cannot be read is left where it is: a
    /// later version of the page may have written it.
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
