//! What the keyboard and a click anywhere do.

use leptos::ev;
use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::{Element, KeyboardEvent, MouseEvent};

use crate::state::{Panel, Tidings, focus};
use crate::ui::live::act_on_key;

/// Listens for as long as the page is there.
pub(crate) fn listen(tidings: Tidings) {
    drop(window_event_listener(ev::keydown, act_on_key(move |event| on_key(tidings, &event))));
    drop(window_event_listener(ev::mousedown, move |event| on_press(tidings, &event)));
}

fn on_key(tidings: Tidings, event: &KeyboardEvent) {
    let (key, command) = (event.key(), event.ctrl_key() || event.meta_key());
    let done = match (key.as_str(), command, event.alt_key()) {
        ("k" | "K", true, false) => {
            tidings.toggle(Panel::Switcher);
            true
        }
        ("ArrowUp", false, true) => go_beside(tidings, -1),
        ("ArrowDown", false, true) => go_beside(tidings, 1),
        // By place, not by letter: with Alt some layouts write another one.
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

fn go_beside(tidings: Tidings, step: isize) -> bool {
    let Some(here) = untrack(|| tidings.current()) else { return false };
    let there = tidings.rooms.with_untracked(|rooms| rooms.beside(&here, step).cloned());
    if let Some(there) = there {
        tidings.go_to(&there);
    }
    true
}

/// Closes what lies uppermost; where nothing does, goes to the newest message.
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

/// A press beside an open popover closes it. What opens it closes it by itself.
fn on_press(tidings: Tidings, event: &MouseEvent) {
    let is_popover =
        matches!(tidings.panel.get_untracked(), Some(Panel::Bell | Panel::Profile | Panel::Roster));
    let Some(target) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let inside = target.closest("dialog, [data-panel], [data-opens]").ok().flatten().is_some();
    if is_popover && !inside {
        tidings.panel.set(None);
    }
}
