//! Desktop notifications, shown by the operating system.

use std::collections::VecDeque;

use js_sys::{Array, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::JsCast;
use web_sys::{NotificationOptions, NotificationPermission};

use super::promise;
use crate::core::notifications::Notification;

/// Maximum number of shown notifications that are remembered, to remove them later.
const SHOWN_MAX: usize = 50;

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

/// The notifications that this page has shown. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Desktop(StoredValue<VecDeque<(String, web_sys::Notification)>, LocalStorage>);

impl Desktop {
    /// Remembers no notification yet.
    pub(crate) fn new() -> Self {
        Self(StoredValue::new_local(VecDeque::new()))
    }

    /// Shows a notification, if that is allowed. Several tabs show one with the same tag once. `on_click` runs after the page
    /// has the focus.
    pub(crate) fn show(self, notification: &Notification, on_click: impl FnOnce() + 'static) {
        if permission() != Permission::Granted {
            return;
        }
        let tag = notification.tag();
        let options = NotificationOptions::new();
        options.set_body(&notification.notice.body);
        options.set_tag(&tag);
        let Ok(shown) = web_sys::Notification::new_with_options(&notification.notice.title, &options) else {
            return;
        };
        let on_click = wasm_bindgen::prelude::Closure::once_into_js(move || {
            let _ = window().focus();
            on_click();
        });
        shown.set_onclick(Some(on_click.unchecked_ref()));
        self.0.update_value(|all| {
            if all.len() == SHOWN_MAX {
                all.pop_front();
            }
            all.push_back((tag, shown));
        });
    }

    /// Removes a notification, if it is still shown.
    pub(crate) fn withdraw(self, tag: &str) {
        self.0.update_value(|all| {
            all.iter().filter(|(other, _)| other == tag).for_each(|(_, shown)| shown.close());
            all.retain(|(other, _)| other != tag);
        });
    }
}
