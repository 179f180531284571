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
pub(crate) struct Unsent {
    /// Whether stored messages outlive the tab.
    outlives_tab: bool,
    /// The tab of this page. Unknown until the page holds its lock.
    tab: Option<TabId>,
    /// Number of the last message that was written in this tab.
    written: u64,
    entries: Vec<Kept>,
    /// Keys of adopted messages that wait for the session, or for space in its outbox.
    waiting: VecDeque<String>,
    /// Whether the session has begun.
    has_session: bool,
}

#[derive(Debug)]
struct Kept {
    message_id: MessageId,
    text: String,
    key: Key,
    /// Whether the browser has the text. Otherwise it is in memory only.
    is_stored: bool,
}

/// Where a message is stored.
#[derive(Debug)]
enum Key {
    /// While the tab is unknown: the number in it.
    Number(u64),
    Known(String),
}

impl Unsent {
    /// Makes an empty list. Without `outlives_tab`, a message is lost when the tab is closed.
    pub(crate) fn new(outlives_tab: bool) -> Self {
        Self {
            outlives_tab,
            tab: None,
            written: 0,
            entries: Vec::new(),
            waiting: VecDeque::new(),
            has_session: false,
        }
    }

    /// The session has begun. Returns the messages that have waited for it, to be sent.
    pub(crate) fn start(&mut self, keep: &Storage) -> Vec<UnsentMessage> {
        self.has_session = true;
        self.next(keep)
    }

    /// This page is `tab`, and holds its lock. Returns the messages of earlier pages of the tab, to be sent.
    pub(crate) fn begin(&mut self, tab: TabId, keep: &mut Storage) -> Vec<UnsentMessage> {
        let numbers = numbers_of(&tab, keep);
        let before = numbers.last().copied().unwrap_or(0);
        self.written += before;
        for entry in &mut self.entries {
            if let Key::Number(number) = &mut entry.key {
                *number += before;
            }
        }
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.tab = Some(tab);
        self.keep_all(keep);
        self.next(keep)
    }

    /// `tab` is closed, and this page holds its lock. Returns its messages, to be sent.
    pub(crate) fn adopt(&mut self, tab: &TabId, keep: &Storage) -> Vec<UnsentMessage> {
        let numbers = numbers_of(tab, keep);
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.next(keep)
    }

    /// Adds a message that was written here. A known message is not added again, nor one for which the session's outbox has
    /// no space.
    pub(crate) fn add(&mut self, message: &UnsentMessage, keep: &mut Storage) {
        if self.knows(message.message_id) || self.entries.len() >= OUTBOX_MESSAGES_MAX {
            return;
        }
        self.written += 1;
        let (message_id, text, key) = (message.message_id, message.to_json(), Key::Number(self.written));
        self.entries.push(Kept { message_id, text, key, is_stored: false });
        self.keep_all(keep);
    }

    /// The browser's texts were read again. Stores the messages that are not among them, because the user has cleared the
    /// storage, and those for which there was no space.
    pub(crate) fn store_again(&mut self, keep: &mut Storage) {
        for entry in &mut self.entries {
            entry.is_stored &= matches!(&entry.key, Key::Known(key) if keep.get(key) == entry.text);
        }
        self.keep_all(keep);
    }

    /// The browser could not store the text under `key`: its storage is full or not allowed. The message stays in memory until
    /// there is space.
    pub(crate) fn not_stored(&mut self, key: &str, keep: &mut Storage) {
        let is_it = |kept: &&mut Kept| matches!(&kept.key, Key::Known(known) if known == key);
        if let Some(kept) = self.entries.iter_mut().find(is_it) {
            kept.is_stored = false;
            keep.adopt(key, String::new());
        }
    }

    /// Removes a message that the log has, or that was discarded. Returns messages that have space now, to be sent.
    pub(crate) fn remove(&mut self, message_id: MessageId, keep: &mut Storage) -> Vec<UnsentMessage> {
        let Some(index) = self.entries.iter().position(|entry| entry.message_id == message_id) else {
            return Vec::new();
        };
        if let Key::Known(key) = self.entries.remove(index).key {
            keep.set(&key, "");
        }
        self.keep_all(keep);
        self.next(keep)
    }

    /// Whether a message would be lost with this page.
    pub(crate) fn is_at_risk(&self) -> bool {
        // For some milliseconds the tab is unknown. That is no risk.
        let is_lost = |entry: &Kept| !self.outlives_tab || !entry.is_stored;
        self.tab.is_some() && self.entries.iter().any(is_lost)
    }

    fn knows(&self, message_id: MessageId) -> bool {
        self.entries.iter().any(|entry| entry.message_id == message_id)
    }

    /// Stores messages that are in memory only, in order.
    fn keep_all(&mut self, keep: &mut Storage) {
        let Some(tab) = &self.tab else { return };
        for entry in self.entries.iter_mut().filter(|entry| !entry.is_stored) {
            let key = match &entry.key {
                Key::Number(number) => tab.key(*number),
                Key::Known(key) => key.clone(),
            };
            keep.set(&key, &entry.text);
            (entry.key, entry.is_stored) = (Key::Known(key), true);
        }
    }

    /// Loads adopted messages while there is a session and its outbox has space. A message that cannot be read stays where it
    /// is: a later version of the app may have written it.
    fn next(&mut self, keep: &Storage) -> Vec<UnsentMessage> {
        let mut messages = Vec::new();
        while self.has_session && self.entries.len() < OUTBOX_MESSAGES_MAX {
            let Some(key) = self.waiting.pop_front() else { break };
            let text = keep.get(&key).to_owned();
            let Ok(message) = UnsentMessage::parse(&text) else { continue };
            if self.knows(message.message_id) {
                continue;
            }
            let (message_id, key) = (message.message_id, Key::Known(key));
            self.entries.push(Kept { message_id, text, key, is_stored: true });
            messages.push(message);
        }
        messages
    }
}

/// Returns the tabs with stored messages.
pub(crate) fn tabs(keep: &Storage) -> Vec<TabId> {
    let mut tabs: Vec<TabId> = Vec::new();
    for tab in keep.keys().filter_map(TabId::of_key) {
        if !tabs.contains(&tab) {
            tabs.push(tab);
        }
    }
    tabs
}

/// Returns the numbers of the stored messages of a tab, in order.
fn numbers_of(tab: &TabId, keep: &Storage) -> Vec<u64> {
    let start = format!("{PREFIX}{tab}.");
    let mut numbers: Vec<u64> = Vec::new();
    for number in keep.keys().filter_map(|key| key.strip_prefix(&start)?.parse().ok()) {
        numbers.insert(numbers.partition_point(|before| *before <= number), number);
    }
    numbers
}

#[cfg(test)]
mod tests;
