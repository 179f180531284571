//! Toasts: notifications that disappear after a while.

use leptos::prelude::*;
use shared::protocol::Level;

use super::notice::NoticeText;
use crate::core::intent::Intent;
use crate::core::texts::words;
use crate::core::toasts::{Hold, Toast};
use crate::state::use_app;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, list};

/// The region of the toasts. It is always rendered, because screen readers announce changes of a known region only.
#[component]
pub(crate) fn ToastList() -> impl IntoView {
    let app = use_app();
    let shown = move || app.toasts.get();
    view! {
        <div class="toasts" role="region" aria-label=words().notifications>
            {list(shown, |toast| Key::Number(toast.number), |toast| view! { <ToastView toast /> })}
        </div>
    }
}

/// A toast. It disappears by itself, but not while the pointer is over it or the keyboard focus is in it.
#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let app = use_app();
    let (number, level) = (toast.number, toast.notice.level);
    let hold = move |by: Hold, on: bool| app.intend(Intent::HoldToast(number, by, on));
    let role = if level == Level::Error { "alert" } else { "status" };
    view! {
        <div
            class=format!("toast toast--{}", level.as_str())
            role=role
            on:mouseenter=act(move |_| hold(Hold::Pointer, true))
            on:mouseleave=act(move |_| hold(Hold::Pointer, false))
            on:focusin=act(move |_| hold(Hold::Focus, true))
            on:focusout=act(move |_| hold(Hold::Focus, false))
        >
            <div class="toast__text"><NoticeText notice=toast.notice /></div>
            <button type="button" class="button button--icon" aria-label=words().dismiss on:click=act(move |_| app.intend(Intent::DismissToast(number)))>
                <Glyph icon=Icon::Close />
            </button>
        </div>
    }
}
