//! What the browser keeps for the page: over visits in `localStorage`, over reloads of one tab in `sessionStorage`.
//!
//! A browser may refuse to store anything; the page then forgets, and works.

use leptos::prelude::window;
use web_sys::Storage;

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

    /// Keeps `value`; an empty one is removed.
    pub(crate) fn set(self, key: &str, value: &str) {
        let Some(storage) = self.storage() else { return };
        // Refused when the quota is used up: then this is forgotten, as above.
        let _ = if value.is_empty() {
            storage.remove_item(&name(key))
        } else {
            storage.set_item(&name(key), value)
        };
    }
}

/// Other pages of the same site have keys of their own.
fn name(key: &str) -> String {
    format!("tidings.{key}")
}
