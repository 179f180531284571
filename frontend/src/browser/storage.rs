//! What the browser keeps for the page: over visits in `localStorage`, over reloads of one tab in `sessionStorage`.
//!
//! A browser may refuse to store anything; the page then forgets, and works.

use leptos::prelude::window;
use web_sys::Storage;

use crate::core::storage::Storage as Kept;

/// One of the two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Store {
    /// For all tabs and visits.
    Local,
    /// For this tab.
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

    /// What is kept under `key`; empty where nothing is.
    pub(crate) fn get(self, key: &str) -> String {
        let kept = self.storage().and_then(|storage| storage.get_item(&name(key)).ok().flatten());
        kept.unwrap_or_default()
    }

    /// Keeps `value`; an empty one is removed. Returns false where it was not kept, which matters to few.
    pub(crate) fn set(self, key: &str, value: &str) -> bool {
        let Some(storage) = self.storage() else { return false };
        // Refused when the quota is used up: then this is forgotten, as above.
        let done = if value.is_empty() {
            storage.remove_item(&name(key))
        } else {
            storage.set_item(&name(key), value)
        };
        done.is_ok()
    }

    /// The key that the browser calls `name`, where it is one of this page's.
    pub(crate) fn own_key(name: &str) -> Option<&str> {
        name.strip_prefix(PREFIX)
    }
}

impl Kept for Store {
    fn keys(&self) -> Vec<String> {
        let Some(storage) = self.storage() else { return Vec::new() };
        let names = (0..storage.length().unwrap_or(0)).filter_map(|index| storage.key(index).ok().flatten());
        names.filter_map(|name| Self::own_key(&name).map(str::to_owned)).collect()
    }

    fn get(&self, key: &str) -> String {
        Self::get(*self, key)
    }

    fn set(&self, key: &str, text: &str) -> bool {
        Self::set(*self, key, text)
    }
}

/// Other pages of the same site have keys of their own.
const PREFIX: &str = "tidings.";

fn name(key: &str) -> String {
    format!("{PREFIX}{key}")
}
