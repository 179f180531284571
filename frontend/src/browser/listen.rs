//! Listeners on the window.

use leptos::prelude::window_event_listener_untyped;
use wasm_bindgen::prelude::JsCast;

/// Calls `handle` for each event `name` of the window, until the app ends. `E` is the event's type in the browser.
pub(crate) fn listen_for_good<E: JsCast>(name: &str, handle: impl Fn(E) + 'static) {
    // Dropping the handle does not remove the listener.
    drop(window_event_listener_untyped(name, move |event| handle(event.unchecked_into())));
}
