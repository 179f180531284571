//! Desktop notifications, shown by the operating system.

use js_sys::{Array, Reflect};
use leptos::prelude::window;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::JsCast;
use web_sys::{NotificationOptions, NotificationPermission};

use super::promise;
use crate::core::notifications::Notification;

/// Whether the app may show desktop notifications.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    /// This browser does not support them.
    Unsupported,
    /// The address is not https, so the browser does not allow them.
    Insecure,
    /// The user has not been asked.
    NotAsked,
    Granted,
    Denied,
}

/// Returns the current permission.
pub(crate) fn permission() -> Permission {
    // Check this first: without https the browser returns `denied`, although the user was not asked.
    if !window().is_secure_context() {
        return Permission::Insecure;
    }
    if !Reflect::has(&window(), &"Notification".into()).unwrap_or(false) {
        return Permission::Unsupported;
    }
    match web_sys::Notification::permission() {
        NotificationPermission::Granted => Permission::Granted,
        NotificationPermission::Denied => Permission::Denied,
        _ => Permission::NotAsked,
    }
}

/// Asks the user, then calls `then` with the answer. Browsers allow this only in the handler of a click.
pub(crate) fn ask(then: impl FnOnce(Permission) + 'static) {
    let notifications = Reflect::get(&window(), &"Notification".into()).unwrap_or_default();
    let asking = promise::call(&notifications, "requestPermission", &Array::new());
    spawn_local(async move {
        let _ = asking.await;
        then(permission());
    });
}

/// Shows one, if that is allowed. Several tabs show one with the same tag once. `on_click` runs after the page has the focus.
pub(crate) fn show(notification: &Notification, on_click: impl FnOnce() + 'static) {
    if permission() != Permission::Granted {
        return;
    }
    let options = NotificationOptions::new();
    options.set_body(&notification.notice.body);
    options.set_tag(&notification.tag());
    let Ok(shown) = web_sys::Notification::new_with_options(&notification.notice.title, &options) else {
        return;
    };
    let on_click = wasm_bindgen::prelude::Closure::once_into_js(move || {
        let _ = window().focus();
        on_click();
    });
    shown.set_onclick(Some(on_click.unchecked_ref()));
}
