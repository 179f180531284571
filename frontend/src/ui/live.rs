//! The changing parts of a view, behind boxes. The compiler generates Leptos's code again for each type of closure, and
//! every user downloads each copy; with a box, there is one copy for each type of value.
//!
//! What the library's form in place of each takes, in bytes of the app (brotli, of 207,007): `Signal::derive` for `live`
//! 1,689; `Memo::new` for `memo` 1,412; bare closures for `act` 3,703, for `part`, `shown` and `either` 4,155.

use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::KeyboardEvent;

use super::key::Key;
use super::keyed::{Item, Keyed};

/// A closure that returns a value. Not `dyn Fn`: its vtable also has `FnOnce`, a second copy of the code.
trait Source<T>: Send + Sync {
    fn read(&self) -> T;
}

impl<T, F: Fn() -> T + Send + Sync> Source<T> for F {
    fn read(&self) -> T {
        self()
    }
}

/// A text, a class or an attribute. `read` runs again when a signal that it reads changes.
pub(crate) fn live<T: 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> impl Fn() -> T + Send + Sync + 'static {
    from(Box::new(read))
}

fn from<T: 'static>(source: Box<dyn Source<T>>) -> impl Fn() -> T + Send + Sync + 'static {
    move || source.read()
}

/// A value computed from signals, once for all readers, who are notified only if it differs.
pub(crate) fn memo<T: Send + Sync + PartialEq + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    memo_from(Box::new(read))
}

fn memo_from<T: Send + Sync + PartialEq + 'static>(source: Box<dyn Source<T>>) -> Memo<T> {
    Memo::new(move |_| source.read())
}

/// A part of the page. `draw` runs again when a signal that it reads changes.
pub(crate) fn part<V: IntoView + 'static>(
    draw: impl Fn() -> V + Send + Sync + 'static,
) -> impl Fn() -> AnyView + Send + Sync + 'static {
    live(move || draw().into_any())
}

/// A handler of an event.
pub(crate) fn act<E: 'static>(handle: impl Fn(E) + 'static) -> impl Fn(E) + 'static {
    act_by(Box::new(handle))
}

/// The `keyCode` of each key press that an input method handles.
const INPUT_METHOD: u32 = 229;

/// A handler of pressed keys. A browser that fills in a form sends `keydown` events that are no `KeyboardEvent`; they are
/// ignored. So are the keys of an input method: Enter chooses a word there, and Escape closes its list. Safari ends the
/// composition before Enter's event, so only the deprecated `keyCode` still shows it.
pub(crate) fn act_on_key(handle: impl Fn(KeyboardEvent) + 'static) -> impl Fn(KeyboardEvent) + 'static {
    act(move |event: KeyboardEvent| {
        let is_key = event.is_instance_of::<KeyboardEvent>();
        if is_key && !event.is_composing() && event.key_code() != INPUT_METHOD {
            handle(event);
        }
    })
}

fn act_by<E: 'static>(handler: Box<dyn Handler<E>>) -> impl Fn(E) + 'static {
    move |event| handler.handle(event)
}

/// A closure that handles an event, for the reason of [`Source`].
trait Handler<E> {
    fn handle(&self, event: E);
}

impl<E, F: Fn(E)> Handler<E> for F {
    fn handle(&self, event: E) {
        self(event);
    }
}

/// Renders `draw` while `when` is true.
pub(crate) fn shown<V: IntoView + 'static>(
    when: impl Fn() -> bool + Send + Sync + 'static,
    draw: impl Fn() -> V + Send + Sync + 'static,
) -> impl Fn() -> AnyView + Send + Sync + 'static {
    either(when, draw, || ())
}

/// Renders `draw` while `when` is true, and `otherwise` while it is false.
pub(crate) fn either<V: IntoView + 'static, O: IntoView + 'static>(
    when: impl Fn() -> bool + Send + Sync + 'static,
    draw: impl Fn() -> V + Send + Sync + 'static,
    otherwise: impl Fn() -> O + Send + Sync + 'static,
) -> impl Fn() -> AnyView + Send + Sync + 'static {
    let is_shown = memo(when);
    live(move || if is_shown.get() { draw().into_any() } else { otherwise().into_any() })
}

/// A list whose rows keep their elements for as long as their items keep their keys. No two items may have the same key.
pub(crate) fn list<T: Send + 'static, V: IntoView + 'static>(
    items: impl Fn() -> Vec<T> + Send + Sync + 'static,
    key: fn(&T) -> Key,
    draw: impl Fn(T) -> V + Clone + Send + Sync + 'static,
) -> AnyView {
    list_from(Box::new(move || {
        let item = |item: T| {
            let (key, draw) = (key(&item), draw.clone());
            Item { key, view: Box::new(move || draw(item).into_any()) }
        };
        items().into_iter().map(item).collect()
    }))
}

fn list_from(items: Box<dyn Source<Vec<Item>>>) -> AnyView {
    // Not the owner of the closure, which is cleaned up each time before it runs.
    let owner = Owner::current().unwrap_or_default();
    (move || Keyed::new(items.read(), owner.clone())).into_any()
}
