//! Dialogs. One is open at a time. Escape, a click beside it, or its own button closes it.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::HtmlElement;

use crate::core::intent::{Intent, Panel};
use crate::core::texts::words;
use crate::state::use_app;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, memo, shown};

/// Whether a dialog blocks the app behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Modality {
    /// Does not block: a small panel beside its button.
    Popover,
    /// Blocks: the keyboard focus stays inside.
    Modal,
}

/// Renders `children` in a dialog while `panel` is open. When it closes, the focus returns to the element that had it.
#[component]
pub(crate) fn Dialog(
    panel: Panel,
    modality: Modality,
    label: &'static str,
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let app = use_app();
    let is_open = memo(move || app.panel.get() == Some(panel));
    view! {
        {shown(move || is_open.get(), move || view! {
            <OpenDialog modality label class children=children.clone() /> })}
    }
}

#[component]
fn OpenDialog(
    modality: Modality,
    label: &'static str,
    class: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let app = use_app();
    let dialog = NodeRef::<html::Dialog>::new();
    let before = StoredValue::new_local(focused());
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        // Fails only if the dialog is already open.
        let _ = match modality {
            Modality::Popover => {
                dialog.show();
                Ok(())
            }
            Modality::Modal => dialog.show_modal(),
        };
    });
    on_cleanup(move || {
        if let Some(Some(before)) = before.try_get_value() {
            restore_focus(before);
        }
    });
    let close = move || app.intend(Intent::ClosePanel);
    // A click on the backdrop has the dialog itself as its target, because the content is in an inner box.
    let on_click = move |event: web_sys::MouseEvent| {
        let on_itself = event.target().is_some_and(|target| Some(target) == event.current_target());
        if modality == Modality::Modal && on_itself {
            close();
        }
    };
    let kind = match modality {
        Modality::Popover => "dialog dialog--popover",
        Modality::Modal => "dialog dialog--modal",
    };
    view! {
        <dialog
            node_ref=dialog
            class=format!("{kind} {class}")
            aria-label=label
            on:click=act(on_click)
            on:cancel=act(move |_: web_sys::Event| close())
        >
            <div class="dialog__box">
                <div class="dialog__head">
                    <h2 class="dialog__title">{label}</h2>
                    <button type="button" class="button button--icon" aria-label=words().close on:click=act(move |_| close())>
                        <Glyph icon=Icon::Close />
                    </button>
                </div>
                {children()}
            </div>
        </dialog>
    }
}

/// Focuses `before` in the next frame, because a modal dialog keeps the focus until it is removed. Does nothing if another
/// element has the focus by then.
fn restore_focus(before: HtmlElement) {
    request_animation_frame(move || {
        if document().active_element() == document().body().map(Into::into) {
            let _ = before.focus();
        }
    });
}

fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}
