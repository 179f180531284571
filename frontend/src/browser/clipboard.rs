//! The clipboard.

use js_sys::{Array, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;

use super::promise;

/// Copies `text` to the clipboard and calls `done` with whether it succeeded.
pub(crate) fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    // Without https `navigator.clipboard` is undefined, although the bindings type it as always present.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    let writing = promise::call(&clipboard, "writeText", &Array::of1(&text.into()));
    spawn_local(async move { done(writing.await.is_ok()) });
}
