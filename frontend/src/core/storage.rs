//! A place that keeps texts under keys over visits, such as the browser's `localStorage`.

use std::rc::Rc;

/// A place that keeps texts under keys.
pub(crate) trait Storage {
    /// Returns all keys.
    fn keys(&self) -> Vec<String>;
    /// Returns the text under `key`, empty if there is none.
    fn get(&self, key: &str) -> String;
    /// Stores `text`, or removes the key if `text` is empty. Returns false if it was not stored: the place is full or
    /// forbidden.
    fn set(&self, key: &str, text: &str) -> bool;
}

impl Storage for Rc<dyn Storage> {
    fn keys(&self) -> Vec<String> {
        (**self).keys()
    }

    fn get(&self, key: &str) -> String {
        (**self).get(key)
    }

    fn set(&self, key: &str, text: &str) -> bool {
        (**self).set(key, text)
    }
}

/// Keys of what is kept, besides those of unsent messages.
pub(crate) mod key {
    use shared::ids::ChannelName;

    pub(crate) const NAME: &str = "name";
    pub(crate) const USER: &str = "user";
    pub(crate) const TOKEN: &str = "token";
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
