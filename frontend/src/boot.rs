//! What stands on the page before the app has started and after it has stopped. It is part of `index.html`, and
//! `boot.js` fills it: both work without the app.

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::{JsCast, JsValue};

/// Has `boot.js` tell the reader of a panic, with a way out: what the page shows cannot be relied on after it.
pub(crate) fn show_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let show = Reflect::get(&js_sys::global(), &"tidingsStopped".into());
        if let Some(show) = show.ok().and_then(|show| show.dyn_into::<Function>().ok()) {
            // Nothing is left to be done where it fails.
            let _ = show.call1(&JsValue::UNDEFINED, &panic.to_string().into());
        }
    }));
}

/// The app has started: takes away what stood for it.
pub(crate) fn remove_shell() {
    if let Some(shell) = leptos::prelude::document().get_element_by_id("boot") {
        shell.remove();
    }
}
