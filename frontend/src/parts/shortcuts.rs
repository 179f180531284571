//! Keyboard shortcuts, and clicks beside an open popover.

use wasm_bindgen::prelude::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use crate::core::intent::{Intent, Panel};
use crate::state::{AppState, Spot, focus, listen_for_good};
use crate::ui::live::act_on_key;

/// Listens until the app ends.
pub(crate) fn listen(app: AppState) {
    listen_for_good("keydown", act_on_key(move |event| on_key(app, &event)));
    listen_for_good("mousedown", move |event: MouseEvent| on_press(app, &event));
}

fn on_key(app: AppState, event: &KeyboardEvent) {
    let (key, command) = (event.key(), event.ctrl_key() || event.meta_key());
    let done = match (key.as_str(), command, event.alt_key()) {
        ("k" | "K", true, false) => {
            app.intend(Intent::Toggle(Panel::Switcher));
            true
        }
        ("ArrowUp", false, true) => go_to_neighbour(app, -1),
        ("ArrowDown", false, true) => go_to_neighbour(app, 1),
        // Compare the physical key: with Alt, some layouts produce another letter.
        _ if event.alt_key() && event.code() == "KeyN" => {
            app.intend(Intent::Toggle(Panel::Bell));
            true
        }
        _ if event.alt_key() && event.code() == "KeyW" => {
            app.intend(Intent::ToggleWire);
            true
        }
        ("Escape", ..) => escape(app),
        _ => false,
    };
    if done {
        event.prevent_default();
    }
}

fn go_to_neighbour(app: AppState, step: isize) -> bool {
    let Some(here) = app.current.get_untracked() else { return false };
    let there = app.rooms.with_untracked(|rooms| rooms.beside(&here, step).cloned());
    if let Some(there) = there {
        app.intend(Intent::GoTo(there.clone()));
    }
    true
}

/// Closes the topmost panel. If none is open, jumps to the newest message.
fn escape(app: AppState) -> bool {
    let was_open = app.panel.get_untracked().is_some() || app.wire_is_open.get_untracked();
    app.intend(Intent::Escape);
    if !was_open {
        focus(Spot::Composer);
    }
    true
}

/// Closes an open popover if the press is outside it. The button that opens a popover also closes it, so it is excluded.
fn on_press(app: AppState, event: &MouseEvent) {
    let is_popover = matches!(app.panel.get_untracked(), Some(Panel::Bell | Panel::Profile | Panel::Roster));
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let is_inside = target.closest("dialog, [data-panel], [data-opens]").ok().flatten().is_some();
    if is_popover && !is_inside {
        app.intend(Intent::ClosePanel);
    }
}
