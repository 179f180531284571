//! The clipboard.

use js_sys::{Array, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;

use super::promise;

/// Puts `text` on the clipboard; `done` hears whether that worked.
pub(crate) fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    // Without https there is no clipboard, whatever the bindings say.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    let writing = promise::call(&clipboard, "writeText", &Array::of1(&text.into()));
    spawn_local(async move { done(writing.await.is_ok()) });
}
