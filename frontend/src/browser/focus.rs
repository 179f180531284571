//! Keyboard focus, and whether there is a keyboard.

use leptos::prelude::{document, window};
use wasm_bindgen::prelude::JsCast;
use web_sys::HtmlElement;

/// Moves the keyboard to the first element that `selector` names.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Whether this is more likely a computer than a phone.
pub(crate) fn has_keyboard() -> bool {
    let hovers = window().match_media("(hover: hover) and (pointer: fine)").ok().flatten();
    hovers.is_some_and(|query| query.matches())
}
