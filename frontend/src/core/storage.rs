//! The texts that the browser keeps: the app's copy of them, and what has to be written.
//!
//! The app's logic never calls the browser's storage itself. Firefox runs other events while a page waits for its storage, and
//! such an event would reach the logic in the middle of a change.

use std::collections::VecDeque;

use shared::sorted::SortedMap;

/// Where the browser keeps a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Area {
    /// Over visits, for all tabs: `localStorage`.
    Browser,
    /// Until the tab is closed: `sessionStorage`.
    Tab,
}

/// A text to write, or to remove if it is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Write {
    pub(crate) area: Area,
    pub(crate) key: String,
    pub(crate) text: String,
}

/// A copy of the texts of one area.
#[derive(Debug)]
pub(crate) struct Storage {
    area: Area,
    texts: SortedMap<String, String>,
    writes: VecDeque<Write>,
}

impl Storage {
    /// Makes a copy of the texts that the browser keeps in `area`.
    pub(crate) fn new(area: Area, texts: Vec<(String, String)>) -> Self {
        let mut storage = Self { area, texts: SortedMap::default(), writes: VecDeque::new() };
        storage.reload(texts);
        storage
    }

    /// Replaces the copy with the texts that the browser keeps now, and those that are still to be written.
    pub(crate) fn reload(&mut self, texts: Vec<(String, String)>) {
        self.texts.clear();
        texts.into_iter().for_each(|(key, text)| self.adopt(&key, text));
        for Write { key, text, .. } in self.writes.iter().cloned().collect::<Vec<_>>() {
            self.adopt(&key, text);
        }
    }

    /// The browser keeps `text` under `key`; if it is empty, nothing.
    pub(crate) fn adopt(&mut self, key: &str, text: String) {
        if text.is_empty() {
            self.texts.remove(&key.to_owned());
        } else {
            self.texts.insert(key.to_owned(), text);
        }
    }

    /// Returns all keys.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|(key, _)| key.as_str())
    }

    /// Returns the text under `key`, empty if there is none.
    pub(crate) fn get(&self, key: &str) -> &str {
        self.texts.get(&key.to_owned()).map_or("", String::as_str)
    }

    /// Stores `text` under `key`, or removes the key if `text` is empty.
    pub(crate) fn set(&mut self, key: &str, text: &str) {
        if self.get(key) != text {
            self.adopt(key, text.to_owned());
            self.writes.push_back(Write { area: self.area, key: key.to_owned(), text: text.to_owned() });
        }
    }

    /// Returns the next text to write.
    pub(crate) fn next_write(&mut self) -> Option<Write> {
        self.writes.pop_front()
    }
}

/// Keys of what is kept, besides those of unsent messages.
pub(crate) mod key {
    use shared::ids::ChannelName;

    /// The reader's name.
    pub(crate) const NAME: &str = "name";
    /// The user id.
    pub(crate) const USER: &str = "user";
    /// The guest's token.
    pub(crate) const TOKEN: &str = "token";
    /// The open rooms, one per line.
    pub(crate) const ROOMS: &str = "rooms";
    /// Prefix of the read position of a room.
    pub(crate) const READ: &str = "read.";
    /// Prefix of the draft of a room.
    pub(crate) const DRAFT: &str = "draft.";
    /// Prefix of how far the notifications of a channel were read and cleared.
    pub(crate) const BELL: &str = "bell.";

    /// Returns the key of `channel` with a prefix.
    pub(crate) fn of(prefix: &str, channel: &ChannelName) -> String {
        format!("{prefix}{channel}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Otherwise a text that is removed before it was written would come back.
    #[test]
    fn what_is_still_to_be_written_is_in_the_copy_after_it_was_read_again() {
        let mut storage = Storage::new(Area::Browser, Vec::new());
        storage.set("draft", "hello");
        storage.reload(Vec::new());
        assert_eq!(storage.get("draft"), "hello");
        storage.set("draft", "");
        let writes: Vec<_> = std::iter::from_fn(|| storage.next_write()).map(|write| write.text).collect();
        assert_eq!(writes, ["hello", ""]);
    }

    #[test]
    fn only_changes_are_written() {
        let texts = [("a", "1"), ("b", "2")].map(|(key, text)| (key.to_owned(), text.to_owned()));
        let mut storage = Storage::new(Area::Browser, texts.to_vec());
        storage.set("a", "1");
        storage.set("b", "");
        storage.set("c", "3");
        assert_eq!((storage.get("b"), storage.keys().collect::<Vec<_>>()), ("", vec!["a", "c"]));
        let writes: Vec<_> =
            std::iter::from_fn(|| storage.next_write()).map(|write| (write.key, write.text)).collect();
        assert_eq!(writes, [("b".to_owned(), String::new()), ("c".to_owned(), "3".to_owned())]);
    }
}
