//! The Web Locks API. A tab holds a lock until it ends, for whatever reason, and other tabs of the same site can check it.
//! `web-sys` has this API only behind its flag for unstable APIs, so this module calls it by name.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::promise;

/// Returns whether locks are available. They need https.
pub(crate) fn are_there() -> bool {
    manager().is_some()
}

/// Waits for the lock `name`, holds it until the tab ends, and calls `then` once it is held. Also calls `then` if the browser
/// refuses the lock: such a browser stores nothing for the app either, so there is nothing to protect.
pub(crate) fn acquire(name: &str, then: impl FnOnce() + 'static) {
    request(name, false, move |_| {
        then();
        never_settled()
    });
}

/// Acquires the lock `name` if it is free, holds it until the tab ends, and calls `then` with whether it is held.
pub(crate) fn try_acquire(name: &str, then: impl FnOnce(bool) + 'static) {
    request(name, true, move |lock| {
        let is_held = lock.is_object();
        then(is_held);
        if is_held { never_settled() } else { JsValue::UNDEFINED }
    });
}

/// Calls `then` once the lock `name` is free. This tab does not keep it.
pub(crate) fn when_free(name: &str, then: impl FnOnce() + 'static) {
    request(name, false, move |lock| {
        if lock.is_object() {
            then();
        }
        JsValue::UNDEFINED
    });
}

fn manager() -> Option<JsValue> {
    Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)
}

/// Requests a lock. Calls `granted` once: with the lock, or with `undefined` if the browser refuses in any way. The browser
/// holds the lock until the promise that `granted` returns is settled.
fn request(name: &str, only_if_free: bool, granted: impl FnOnce(JsValue) -> JsValue + 'static) {
    let options = Object::new();
    // Fails only for a frozen object.
    let _ = Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into());
    let granted = Rc::new(Cell::new(Some(granted)));
    let shared = Rc::clone(&granted);
    let on_grant = Closure::once_into_js(move |lock: JsValue| match shared.take() {
        Some(granted) => granted(lock),
        None => JsValue::UNDEFINED,
    });
    // Other apps of the same site may use locks too.
    let name = JsValue::from(format!("tidings.{name}"));
    let requested =
        promise::call(&manager().unwrap_or_default(), "request", &Array::of3(&name, &options, &on_grant));
    spawn_local(async move {
        // Settles when the lock is released or refused.
        let _ = requested.await;
        if let Some(granted) = granted.take() {
            granted(JsValue::UNDEFINED);
        }
    });
}

fn never_settled() -> JsValue {
    Promise::new(&mut |_, _| {}).into()
}
