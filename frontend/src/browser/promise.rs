//! Calls Web APIs that some browsers do not have or do not allow.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Calls `method` of `of` at once, and returns its promise as a future.
///
/// A missing method, an exception and a rejection are errors of the future. With the generated bindings, an exception would
/// unwind through the app and end the current task.
pub(crate) fn call(of: &JsValue, method: &str, arguments: &Array) -> JsFuture {
    JsFuture::from(match try_call(of, method, arguments) {
        Ok(promised) => Promise::resolve(&promised),
        Err(thrown) => Promise::reject(&thrown),
    })
}

fn try_call(of: &JsValue, method: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    Reflect::get(of, &method.into())?.dyn_into::<Function>()?.apply(of, arguments)
}
