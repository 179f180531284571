//! A text that a user wrote, with its addresses as links.

use leptos::prelude::*;

use crate::core::links::{Piece, pieces};

/// Renders `text` without interpreting it as HTML: each piece is a text node or a link.
#[component]
pub(crate) fn Text(text: String) -> impl IntoView {
    pieces(&text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.into_any(),
            Piece::Link(link) => view! { <Outside link=link.clone()>{link}</Outside> }.into_any(),
        })
        .collect_view()
}

/// A link that a user wrote. It opens in a new tab, which gets no access to this one.
#[component]
pub(crate) fn Outside(link: String, children: Children) -> impl IntoView {
    view! {
        <a href=link target="_blank" rel="noopener noreferrer">
            {children()}
        </a>
    }
}
