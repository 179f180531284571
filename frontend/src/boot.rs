//! The loading screen, which also shows why the app could not start or has stopped. It is part of `index.html`, and
//! `boot.js` controls it. Both work without the app, and contain their own words.

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::{JsCast, JsValue};

/// Makes `boot.js` show a panic to the reader with a button that reloads, because the app is in an unknown state after it.
pub(crate) fn show_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let show = Reflect::get(&js_sys::global(), &"tidingsStopped".into());
        if let Some(show) = show.ok().and_then(|show| show.dyn_into::<Function>().ok()) {
            // Nothing else can be done if this fails.
            let _ = show.call1(&JsValue::UNDEFINED, &panic.to_string().into());
        }
    }));
}

/// Removes the loading screen. Call it when the app has started.
pub(crate) fn remove_shell() {
    if let Some(shell) = leptos::prelude::document().get_element_by_id("boot") {
        shell.remove();
    }
}
