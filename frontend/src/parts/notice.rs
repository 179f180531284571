//! The content of a notification, wherever it stands.

use leptos::prelude::*;

use super::text::{Outside, Text};
use crate::core::timeline::Notice;

/// Title, text and link of a notification.
#[component]
pub(crate) fn NoticeText(notice: Notice) -> impl IntoView {
    let Notice { title, body, link, .. } = notice;
    view! {
        <strong class="notice__title">{title}</strong>
        {(!body.is_empty()).then(|| view! { <span class="notice__body"><Text text=body /></span> })}
        {link.map(|link| view! { <span class="notice__link"><Outside link>"Open"</Outside></span> })}
    }
}
