//! What somebody has written, with its addresses as links.

use leptos::prelude::*;

use crate::core::links::{Piece, pieces};

/// Shows `text` as it was written. It is never read as markup: each piece becomes a text node or an anchor.
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

/// A link that somebody else has written.
#[component]
pub(crate) fn Outside(link: String, children: Children) -> impl IntoView {
    view! {
        <a href=link target="_blank" rel="noopener noreferrer">
            {children()}
        </a>
    }
}
