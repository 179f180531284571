//! The button that copies a text.

use leptos::prelude::*;

use crate::state::{copy, use_tidings};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::act;

/// A button that copies `text` to the clipboard.
#[component]
pub(crate) fn Copyable(#[prop(into)] text: Signal<String>, label: &'static str) -> impl IntoView {
    let tidings = use_tidings();
    let on_click = move |_| copy(text.get_untracked(), move |copied| tidings.say_copied(copied));
    view! {
        <button type="button" class="button button--icon" aria-label=label title=label on:click=act(on_click)>
            <Glyph icon=Icon::Copy />
        </button>
    }
}
