//! Whether the user looks at the page.

use leptos::prelude::document;

use crate::core::intent::Attention;

/// Whether the page is in the background.
pub(crate) fn is_hidden() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Hidden
}

/// Returns whether the user looks at the page.
pub(crate) fn attention() -> Attention {
    match document().has_focus() {
        _ if is_hidden() => Attention::Hidden,
        Ok(true) | Err(_) => Attention::Focused,
        Ok(false) => Attention::Visible,
    }
}
