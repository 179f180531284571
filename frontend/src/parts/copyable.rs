//! The button that copies a text.

use leptos::prelude::*;

use crate::state::{copy, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::act;

/// A button that copies `text` to the clipboard.
#[component]
pub(crate) fn Copyable(#[prop(into)] text: Signal<String>, label: &'static str) -> impl IntoView {
    let app = use_app();
    let on_click = move |_| copy(app, text.get_untracked());
    view! {
        <button type="button" class="button button--icon" aria-label=label title=label on:click=act(on_click)>
            <Glyph icon=Icon::Copy />
        </button>
    }
}
