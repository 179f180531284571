//! Keyboard shortcuts, and clicks beside an open popover.

use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use crate::browser::listen::listen_for_good;
use crate::state::{Panel, Tidings, focus};
use crate::ui::live::act_on_key;

/// Listens until the app ends.
pub(crate) fn listen(tidings: Tidings) {
    listen_for_good("keydown", act_on_key(move |event| on_key(tidings, &event)));
    listen_for_good("mousedown", move |event: MouseEvent| on_press(tidings, &event));
}

fn on_key(tidings: Tidings, event: &KeyboardEvent) {
    let (key, command) = (event.key(), event.ctrl_key() || event.meta_key());
    let done = match (key.as_str(), command, event.alt_key()) {
        ("k" | "K", true, false) => {
            tidings.toggle(Panel::Switcher);
            true
        }
        ("ArrowUp", false, true) => go_to_neighbour(tidings, -1),
        ("ArrowDown", false, true) => go_to_neighbour(tidings, 1),
        // Compare the physical key: with Alt, some layouts produce another letter.
        _ if event.alt_key() && event.code() == "KeyN" => {
            tidings.toggle(Panel::Bell);
            true
        }
        _ if event.alt_key() && event.code() == "KeyW" => {
            tidings.wire_is_open.update(|open| *open = !*open);
            true
        }
        ("Escape", ..) => escape(tidings),
        _ => false,
    };
    if done {
        event.prevent_default();
    }
}

fn go_to_neighbour(tidings: Tidings, step: isize) -> bool {
    let Some(here) = untrack(|| tidings.current()) else { return false };
    let there = tidings.rooms.with_untracked(|rooms| rooms.beside(&here, step).cloned());
    if let Some(there) = there {
        tidings.go_to(&there);
    }
    true
}

/// Closes the topmost panel. If none is open, jumps to the newest message.
fn escape(tidings: Tidings) -> bool {
    if tidings.panel.get_untracked().is_some() {
        tidings.panel.set(None);
    } else if tidings.wire_is_open.get_untracked() {
        tidings.wire_is_open.set(false);
    } else if let Some(channel) = untrack(|| tidings.current()) {
        tidings.room(&channel).follow();
        focus("[data-testid=composer]");
    }
    true
}

/// Closes an open popover if the press is outside it. The button that opens a popover also closes it, so it is excluded.
fn on_press(tidings: Tidings, event: &MouseEvent) {
    let is_popover =
        matches!(tidings.panel.get_untracked(), Some(Panel::Bell | Panel::Profile | Panel::Roster));
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let is_inside = target.closest("dialog, [data-panel], [data-opens]").ok().flatten().is_some();
    if is_popover && !is_inside {
        tidings.panel.set(None);
    }
}
