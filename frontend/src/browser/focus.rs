//! Keyboard focus, and whether the device has a keyboard.

use leptos::prelude::{document, window};
use wasm_bindgen::prelude::JsCast;
use web_sys::HtmlElement;

/// Focuses the first element that matches `selector`.
pub(crate) fn focus(selector: &str) {
    let element = document().query_selector(selector).ok().flatten();
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Returns whether the device probably has a keyboard: its main pointer is a mouse or a touchpad.
pub(crate) fn has_keyboard() -> bool {
    let hovers = window().match_media("(hover: hover) and (pointer: fine)").ok().flatten();
    hovers.is_some_and(|query| query.matches())
}
