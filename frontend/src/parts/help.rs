//! The list of keyboard shortcuts.

use leptos::prelude::*;

use super::dialog::{Dialog, Modality};
use crate::core::intent::Panel;
use crate::core::texts::words;

/// The list of shortcuts.
#[component]
pub(crate) fn Help() -> impl IntoView {
    let row = |(keys, effect): (&'static str, &'static str)| {
        let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
        view! { <div class="help__row"><dt class="help__keys">{keys}</dt><dd>{effect}</dd></div> }
    };
    view! {
        <Dialog panel=Panel::Help modality=Modality::Modal label=words().shortcuts class="help">
            <dl class="help__list">{words().shortcut_list.into_iter().map(row).collect_view()}</dl>
        </Dialog>
    }
}
