//! The content of a notification, in a message, a toast and the bell.

use leptos::prelude::*;

use super::text::{Outside, Text};
use crate::core::texts::words;
use crate::core::timeline::Notice;

/// Renders title, text and link of a notification.
#[component]
pub(crate) fn NoticeText(notice: Notice) -> impl IntoView {
    let Notice { title, body, link, .. } = notice;
    view! {
        <strong class="notice__title">{title}</strong>
        {(!body.is_empty()).then(|| view! { <div class="notice__body"><Text text=body room=None is_edited=false /></div> })}
        {link.map(|link| view! { <span class="notice__link"><Outside link>{words().open_link}</Outside></span> })}
    }
}
