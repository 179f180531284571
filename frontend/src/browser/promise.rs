//! Asks the browser for something that not every browser has, or allows everywhere.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// Calls `method` of `of` now; the future is what it promises. If the browser has no such method, throws or rejects, that
/// is the future's error: the bindings would let what is thrown pass through the page and end what it was doing.
pub(crate) fn call(of: &JsValue, method: &str, arguments: &Array) -> JsFuture {
    JsFuture::from(match try_call(of, method, arguments) {
        Ok(promised) => Promise::resolve(&promised),
        Err(thrown) => Promise::reject(&thrown),
    })
}

fn try_call(of: &JsValue, method: &str, arguments: &Array) -> Result<JsValue, JsValue> {
    Reflect::get(of, &method.into())?.dyn_into::<Function>()?.apply(of, arguments)
}
