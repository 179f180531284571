//! Toasts: notifications that disappear after a while.

use std::time::Duration;

use leptos::prelude::*;
use shared::protocol::Level;

use super::notice::NoticeText;
use crate::core::texts::words;
use crate::core::toasts::Toast;
use crate::state::use_tidings;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, list};

/// The region of the toasts. It is always rendered, because screen readers announce changes of a known region only.
#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let tidings = use_tidings();
    let shown = move || tidings.toasts.with(|toasts| toasts.shown().to_vec());
    view! {
        <div class="toasts" role="region" aria-label=words().notifications>
            {list(shown, |toast| Key::Number(toast.number), |toast| view! { <ToastView toast /> })}
        </div>
    }
}

/// A toast. It disappears by itself, but not while the pointer is over it or the keyboard focus is in it.
#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let tidings = use_tidings();
    let (number, shown_ms, level) = (toast.number, toast.shown_ms(), toast.notice.level);
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let dismiss = move || tidings.toasts.update(|toasts| toasts.dismiss(number));
    let hold = move || {
        if let Some(Some(timer)) = timer.try_update_value(Option::take) {
            timer.clear();
        }
    };
    let run = move || {
        hold();
        timer.set_value(set_timeout_with_handle(dismiss, Duration::from_millis(shown_ms)).ok());
    };
    run();
    on_cleanup(hold);
    let role = if level == Level::Error { "alert" } else { "status" };
    view! {
        <div
            class=format!("toast toast--{}", level.as_str())
            role=role
            data-testid="toast"
            on:mouseenter=act(move |_| hold())
            on:mouseleave=act(move |_| run())
            on:focusin=act(move |_| hold())
            on:focusout=act(move |_| run())
        >
            <div class="toast__text"><NoticeText notice=toast.notice /></div>
            <button type="button" class="button button--icon" aria-label=words().dismiss on:click=act(move |_| dismiss())>
                <Glyph icon=Icon::Close />
            </button>
        </div>
    }
}
