//! Reports the window's events to the app's logic: the address, attention, changes by other tabs, and closing the page.

use web_sys::{Event, StorageEvent};

use super::engine::Engine;
use crate::browser::address;
use crate::browser::listen::listen_for_good;
use crate::browser::storage::Store;
use crate::core::intent::{Attention, Intent};
use crate::core::route::Route;

/// Returns the address of the page.
pub(super) fn route() -> Route {
    Route::parse(&address::fragment())
}

/// Reports changes to the app's logic for as long as the page is open.
pub(super) fn listen(engine: Engine) {
    let on = |name: &'static str, report: fn(Engine)| {
        listen_for_good(name, move |_: Event| report(engine));
    };
    on("hashchange", |engine| engine.intend(Intent::Arrive(route())));
    for name in ["visibilitychange", "focus", "blur"] {
        on(name, |engine| engine.intend(Intent::AttentionChanged));
    }
    on("pagehide", |engine| engine.intend_with(Intent::AttentionChanged, Attention::Hidden));
    listen_for_good("storage", move |event: StorageEvent| {
        let Some(name) = event.key() else {
            // All keys were removed.
            return engine.read_storage();
        };
        if let Some(key) = Store::own_key(&name).map(str::to_owned) {
            // Not the event's value: this tab may have stored another one since.
            let text = Store::Local.get(&key);
            engine.intend(Intent::Stored(key, text));
        }
    });
    // The browser asks before it closes a page with messages that are kept nowhere else.
    listen_for_good("beforeunload", move |event: Event| {
        if engine.read(|core| core.is_at_risk()) {
            event.prevent_default();
        }
    });
}
