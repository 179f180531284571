//! Small things that only the browser can do.

use js_sys::{Array, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::prelude::JsCast;
use web_sys::{HtmlElement, NotificationOptions, NotificationPermission};

use crate::net::promise;

/// Puts `text` on the clipboard; `done` hears whether that worked.
pub(crate) fn copy(text: String, done: impl FnOnce(bool) + 'static) {
    // Without https there is no clipboard, whatever the bindings say.
    let clipboard = Reflect::get(&window().navigator(), &"clipboard".into()).unwrap_or_default();
    let writing = promise::call(&clipboard, "writeText", &Array::of1(&text.into()));
    spawn_local(async move { done(writing.await.is_ok()) });
}

/// Moves the keyboard to the first element that `selector` names.
pub(crate) fn focus(selector: &str) {
    let found = document().query_selector(selector).ok().flatten();
    if let Some(element) = found.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Whether this is more likely a computer than a phone.
pub(crate) fn has_keyboard() -> bool {
    let hovers = window().match_media("(hover: hover) and (pointer: fine)").ok().flatten();
    hovers.is_some_and(|query| query.matches())
}

/// Notifications of the operating system.
pub(crate) mod desktop {
    use super::*;
    use crate::model::notifications::Notification;

    /// Whether they may be shown.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Permission {
        /// This browser has none.
        Unsupported,
        /// The page was not opened by https, so the browser offers none.
        Insecure,
        /// Nobody has been asked.
        NotAsked,
        Granted,
        Denied,
    }

    /// What the user has said.
    pub(crate) fn permission() -> Permission {
        // There the browser answers `denied`, though nobody has denied anything.
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

    /// Asks the user. Browsers allow that only as the answer to a click.
    pub(crate) fn ask(then: impl FnOnce(Permission) + 'static) {
        let notifications = Reflect::get(&window(), &"Notification".into()).unwrap_or_default();
        let asking = promise::call(&notifications, "requestPermission", &Array::new());
        spawn_local(async move {
            let _ = asking.await;
            then(permission());
        });
    }

    /// Shows one, where that is allowed. Several tabs show it once: the tag is the message's id.
    pub(crate) fn show(notification: &Notification) {
        if permission() != Permission::Granted {
            return;
        }
        let options = NotificationOptions::new();
        options.set_body(&notification.notice.body);
        if let Some(id) = notification.message_id {
            options.set_tag(&id.to_string());
        }
        let Ok(shown) = web_sys::Notification::new_with_options(&notification.notice.title, &options) else {
            return;
        };
        let on_click = wasm_bindgen::prelude::Closure::once_into_js(|| {
            let _ = window().focus();
        });
        shown.set_onclick(Some(on_click.unchecked_ref()));
    }
}
