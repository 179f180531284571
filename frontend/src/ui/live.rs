//! What changes in a view, one kind of each. Leptos's code for a closure is compiled anew for every closure, and every
//! user pays for each copy; behind a box, it is compiled once for each kind of value.

use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::KeyboardEvent;

use super::key::Key;
use super::keyed::{Item, Keyed};

/// What is read again and again. Not `Fn`: that has a way to be called once, too, with a copy of all the code.
trait Source<T>: Send + Sync {
    fn read(&self) -> T;
}

impl<T, F: Fn() -> T + Send + Sync> Source<T> for F {
    fn read(&self) -> T {
        self()
    }
}

/// A text, a class or an attribute that is read anew when what `read` uses has changed.
pub(crate) fn live<T: 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> impl Fn() -> T + Send + Sync + 'static {
    from(Box::new(read))
}

fn from<T: 'static>(source: Box<dyn Source<T>>) -> impl Fn() -> T + Send + Sync + 'static {
    move || source.read()
}

/// What is computed from signals, once for all that use it.
pub(crate) fn memo<T: Send + Sync + PartialEq + 'static>(
    read: impl Fn() -> T + Send + Sync + 'static,
) -> Memo<T> {
    memo_from(Box::new(read))
}

fn memo_from<T: Send + Sync + PartialEq + 'static>(source: Box<dyn Source<T>>) -> Memo<T> {
    Memo::new(move |_| source.read())
}

/// A part of the page that is drawn anew when what `draw` uses has changed.
pub(crate) fn part<V: IntoView + 'static>(
    draw: impl Fn() -> V + Send + Sync + 'static,
) -> impl Fn() -> AnyView + Send + Sync + 'static {
    live(move || draw().into_any())
}

/// What is done at an event.
pub(crate) fn act<E: 'static>(handle: impl Fn(E) + 'static) -> impl Fn(E) + 'static {
    act_by(Box::new(handle))
}

/// What is done when a key is pressed. A browser that fills in a form sends events of that name that have no key: these
/// are nobody's.
pub(crate) fn act_on_key(handle: impl Fn(KeyboardEvent) + 'static) -> impl Fn(KeyboardEvent) + 'static {
    act(move |event: KeyboardEvent| {
        if event.is_instance_of::<KeyboardEvent>() {
            handle(event);
        }
    })
}

fn act_by<E: 'static>(handler: Box<dyn Handler<E>>) -> impl Fn(E) + 'static {
    move |event| handler.handle(event)
}

/// What hears of an event, as [`Source`] is read.
trait Handler<E> {
    fn handle(&self, event: E);
}

impl<E, F: Fn(E)> Handler<E> for F {
    fn handle(&self, event: E) {
        self(event);
    }
}

/// A part of the page that is there while `when` holds.
pub(crate) fn shown<V: IntoView + 'static>(
    when: impl Fn() -> bool + Send + Sync + 'static,
    draw: impl Fn() -> V + Send + Sync + 'static,
) -> impl Fn() -> AnyView + Send + Sync + 'static {
    either(when, draw, || ())
}

/// One part of the page while `when` holds, and another while it does not.
pub(crate) fn either<V: IntoView + 'static, O: IntoView + 'static>(
    when: impl Fn() -> bool + Send + Sync + 'static,
    draw: impl Fn() -> V + Send + Sync + 'static,
    otherwise: impl Fn() -> O + Send + Sync + 'static,
) -> impl Fn() -> AnyView + Send + Sync + 'static {
    let is_shown = memo(when);
    live(move || if is_shown.get() { draw().into_any() } else { otherwise().into_any() })
}

/// A list whose items keep their elements for as long as they keep their keys.
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
    // The list's own: what a row makes is not to go when the list is drawn anew.
    let owner = Owner::current().unwrap_or_default();
    (move || Keyed { items: items.read(), owner: owner.clone() }).into_any()
}
