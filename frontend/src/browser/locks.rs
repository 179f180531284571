//! The browser's locks: a page holds one for as long as it lives, whatever ends it, and other pages of the same site
//! can tell. `web-sys` has them for experiments only, so they are called by name.

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Array, Object, Promise, Reflect};
use leptos::prelude::window;
use wasm_bindgen::prelude::{Closure, JsValue};
use wasm_bindgen_futures::spawn_local;

use super::promise;

/// Whether this page can have locks. A page without https has none.
pub(crate) fn are_there() -> bool {
    manager().is_some()
}

/// Takes the lock `name`, waiting for it if need be, and keeps it until the page is gone. `then` is called when it is
/// held, or when the browser refuses it: it then stores nothing for this page either, and there is nothing to share.
pub(crate) fn take(name: &str, then: impl FnOnce() + 'static) {
    request(name, false, move |_| {
        then();
        for_ever()
    });
}

/// Takes the lock `name` if nobody has it, and keeps it until the page is gone; `then` hears whether.
pub(crate) fn try_take(name: &str, then: impl FnOnce(bool) + 'static) {
    request(name, true, move |lock| {
        let is_held = lock.is_object();
        then(is_held);
        if is_held { for_ever() } else { JsValue::UNDEFINED }
    });
}

/// Calls `then` as soon as nobody has the lock `name`. This page does not keep it.
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

/// Asks for a lock. `granted` is called once, with the lock or, if the browser refuses it in whatever way, with nothing;
/// the browser holds it for as long as the promise is open that `granted` returns.
fn request(name: &str, only_if_free: bool, granted: impl FnOnce(JsValue) -> JsValue + 'static) {
    let options = Object::new();
    // Fails on frozen objects alone.
    let _ = Reflect::set(&options, &"ifAvailable".into(), &only_if_free.into());
    let granted = Rc::new(Cell::new(Some(granted)));
    let tell = Rc::clone(&granted);
    let on_grant = Closure::once_into_js(move |lock: JsValue| match tell.take() {
        Some(granted) => granted(lock),
        None => JsValue::UNDEFINED,
    });
    // Other pages of the same site have locks of their own.
    let name = JsValue::from(format!("tidings.{name}"));
    let asked =
        promise::call(&manager().unwrap_or_default(), "request", &Array::of3(&name, &options, &on_grant));
    spawn_local(async move {
        // It ends when the lock is given back, or when it is refused.
        let _ = asked.await;
        if let Some(granted) = granted.take() {
            granted(JsValue::UNDEFINED);
        }
    });
}

fn for_ever() -> JsValue {
    Promise::new(&mut |_, _| {}).into()
}
