//! The address of the page: the part after `#`.

use leptos::prelude::location;

/// Returns the fragment, with its `#`; empty if there is none.
pub(crate) fn fragment() -> String {
    location().hash().unwrap_or_default()
}

/// Changes the fragment.
pub(crate) fn set(fragment: &str) {
    // The browser refuses only while a page is being unloaded.
    let _ = location().set_hash(fragment);
}
