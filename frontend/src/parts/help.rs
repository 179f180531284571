//! The keyboard's shortcuts.

use leptos::prelude::*;

use super::dialog::{Dialog, Manner};
use crate::state::Panel;

/// What can be done by keyboard, beside the usual.
const SHORTCUTS: [(&str, &str); 9] = [
    ("Ctrl K", "Go to a room, or open one"),
    ("Alt ↑ ↓", "The room above or below"),
    ("Alt N", "Notifications"),
    ("Alt W", "The wire panel"),
    ("Enter", "Send"),
    ("Shift Enter", "A new line"),
    ("↑", "In an empty field: edit the last own message"),
    ("↑ ↓", "In the log: from message to message"),
    ("Esc", "Close what is open; go to the newest message"),
];

/// The list of shortcuts.
#[component]
pub(crate) fn Help() -> impl IntoView {
    let row = |(keys, what): (&'static str, &'static str)| {
        let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        view! { <div class="help__row"><dt class="help__keys">{keys}</dt><dd>{what}</dd></div> }
    };
    view! {
        <Dialog panel=Panel::Help manner=Manner::Modal label="Shortcuts" class="help" testid="help">
            <dl class="help__list">{SHORTCUTS.into_iter().map(row).collect_view()}</dl>
        </Dialog>
    }
}
