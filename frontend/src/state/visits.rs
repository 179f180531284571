//! Whether the user looks at the page, and its address.

use leptos::prelude::*;
use web_sys::{Event, StorageEvent};

use super::app::AppState;
use crate::browser::listen::listen_for_good;
use crate::browser::storage::Store;
use crate::core::intent::{Attention, Intent};
use crate::core::route::Route;

/// Returns the address of the page.
pub(super) fn route() -> Route {
    Route::parse(&location().hash().unwrap_or_default())
}

/// Changes the address of the page.
pub(super) fn go_to(route: &Route) {
    // The browser refuses only while a page is being unloaded.
    let _ = location().set_hash(&route.to_fragment());
}

/// Reports changes to the app's logic for as long as the page is open.
pub(super) fn listen(app: AppState) {
    let on = |name: &'static str, report: fn(AppState)| {
        listen_for_good(name, move |_: Event| report(app));
    };
    on("hashchange", |app| app.intend(Intent::Arrive(route())));
    for name in ["visibilitychange", "focus", "blur"] {
        on(name, |app| app.intend(Intent::AttentionChanged));
    }
    on("pagehide", |app| app.intend_with(Intent::AttentionChanged, Attention::Hidden));
    listen_for_good("storage", move |event: StorageEvent| {
        if let Some(key) = event.key().and_then(|key| Store::own_key(&key).map(str::to_owned)) {
            app.intend(Intent::Stored(key));
        }
    });
    // The browser asks before it closes a page with messages that are kept nowhere else.
    listen_for_good("beforeunload", move |event: Event| {
        if app.read(|core| core.is_at_risk()) {
            event.prevent_default();
        }
    });
}
