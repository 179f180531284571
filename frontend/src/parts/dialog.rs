//! What opens above the page: one thing at a time, closed by Escape, by a click beside it, or by its own button.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::HtmlElement;

use crate::state::{Panel, use_tidings};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, memo, shown};

/// Whether the page behind can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It can: a small panel beside its button.
    Popover,
    /// It cannot: the keyboard stays inside.
    Modal,
}

/// A dialog that is there while `panel` is the one that is open. When it goes, the keyboard returns to where it was.
#[component]
pub(crate) fn Dialog(
    panel: Panel,
    manner: Manner,
    label: &'static str,
    class: &'static str,
    testid: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let tidings = use_tidings();
    let is_open = memo(move || tidings.panel.get() == Some(panel));
    view! {
        {shown(move || is_open.get(), move || view! {
            <OpenDialog manner label class testid children=children.clone() /> })}
    }
}

#[component]
fn OpenDialog(
    manner: Manner,
    label: &'static str,
    class: &'static str,
    testid: &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let tidings = use_tidings();
    let dialog = NodeRef::<html::Dialog>::new();
    let before = StoredValue::new_local(focused());
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        // Fails only for a dialog that is open already.
        let _ = match manner {
            Manner::Popover => {
                dialog.show();
                Ok(())
            }
            Manner::Modal => dialog.show_modal(),
        };
    });
    on_cleanup(move || {
        if let Some(Some(before)) = before.try_get_value() {
            give_back(before);
        }
    });
    let close = move || tidings.panel.set(None);
    // A click on the backdrop is a click on the dialog itself; its content lies in a box of its own.
    let on_click = move |event: web_sys::MouseEvent| {
        let on_itself = event.target().is_some_and(|target| Some(target) == event.current_target());
        if manner == Manner::Modal && on_itself {
            close();
        }
    };
    let kind = match manner {
        Manner::Popover => "dialog dialog--popover",
        Manner::Modal => "dialog dialog--modal",
    };
    view! {
        <dialog
            node_ref=dialog
            class=format!("{kind} {class}")
            aria-label=label
            data-testid=testid
            on:click=act(on_click)
            on:cancel=act(move |_: web_sys::Event| close())
        >
            <div class="dialog__box">
                <div class="dialog__head">
                    <h2 class="dialog__title">{label}</h2>
                    <button type="button" class="button button--icon" aria-label="Close" on:click=act(move |_| close())>
                        <Glyph icon=Icon::Close />
                    </button>
                </div>
                {children()}
            </div>
        </dialog>
    }
}

/// Returns the keyboard, once the dialog is gone: until then a modal one keeps it. Not where it has gone on already.
fn give_back(before: HtmlElement) {
    request_animation_frame(move || {
        if document().active_element() == document().body().map(Into::into) {
            let _ = before.focus();
        }
    });
}

fn focused() -> Option<HtmlElement> {
    document().active_element()?.dyn_into().ok()
}
