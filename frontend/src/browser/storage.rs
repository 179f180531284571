//! The browser's storage: `localStorage` lasts over visits, and `sessionStorage` over reloads of one tab.
//!
//! A browser may refuse to store anything. The app then works, but forgets.

use leptos::prelude::window;
use web_sys::Storage;

/// One of the two stores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// Shared by all tabs and visits: `localStorage`.
    Local,
    /// Of this tab: `sessionStorage`.
    Tab,
}

impl Store {
    fn storage(self) -> Option<Storage> {
        let storage = match self {
            Self::Local => window().local_storage(),
            Self::Tab => window().session_storage(),
        };
        storage.ok().flatten()
    }

    /// Returns the value of `key`, or an empty text if there is none.
    pub(crate) fn get(self, key: &str) -> String {
        let value = self.storage().and_then(|storage| storage.get_item(&name(key)).ok().flatten());
        value.unwrap_or_default()
    }

    /// Stores `value`, or removes the key if it is empty. Returns whether that succeeded. Most callers ignore a failure.
    pub(crate) fn set(self, key: &str, value: &str) -> bool {
        let Some(storage) = self.storage() else { return false };
        // Fails if the quota is used up.
        let done = if value.is_empty() {
            storage.remove_item(&name(key))
        } else {
            storage.set_item(&name(key), value)
        };
        done.is_ok()
    }

    /// Returns all keys of the app with their values.
    pub(crate) fn all(self) -> Vec<(String, String)> {
        let Some(storage) = self.storage() else { return Vec::new() };
        let names = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
        let own = names.filter_map(|name| Self::own_key(&name).map(str::to_owned));
        own.map(|key| (key.clone(), self.get(&key))).collect()
    }

    /// Returns the app's key for the browser's `name`, or `None` if it belongs to another app.
    pub(crate) fn own_key(name: &str) -> Option<&str> {
        name.strip_prefix(PREFIX)
    }
}

/// Prefix of the app's keys, because other apps of the same site use the same storage.
const PREFIX: &str = "tidings.";

fn name(key: &str) -> String {
    format!("{PREFIX}{key}")
}
