//! The wire panel: the messages of the protocol, live.

use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::prelude::JsCast;
use web_sys::{Element, MouseEvent, ScrollIntoViewOptions, ScrollLogicalPosition};

use crate::core::intent::Intent;
use crate::core::texts::{sentences, words};
use crate::core::wire::{WireKind, WireLog, WireRow, WireRows};
use crate::state::{exact_time_label, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, list, live, memo, part, shown};

/// Renders the wire panel while it is open.
#[component]
pub(crate) fn Wire() -> impl IntoView {
    let app = use_app();
    view! {
        {shown(move || app.wire_is_open.get(), move || view! {
            <Panel /> })}
    }
}

#[component]
fn Panel() -> impl IntoView {
    let app = use_app();
    let with_heartbeats = RwSignal::new(false);
    let is_paused = memo(move || app.with_wire(WireLog::is_paused));
    let rows = RwSignal::new(WireRows::default());
    // Whether the next animation frame adds the rest of the rows.
    let is_behind = StoredValue::new(false);
    let next_frame = ArcTrigger::new();
    Effect::new(move |_| {
        next_frame.track();
        let with_heartbeats = with_heartbeats.get();
        let done = app.with_wire(|wire| {
            if is_behind.get_value() {
                return None;
            }
            rows.try_maybe_update(|rows| {
                let done = rows.follow(wire, with_heartbeats);
                (done.changed, done)
            })
        });
        if done.is_some_and(|done| done.is_behind) {
            is_behind.set_value(true);
            let next_frame = next_frame.clone();
            request_animation_frame(move || {
                is_behind.try_set_value(false);
                next_frame.notify();
            });
        }
    });
    let scroller = NodeRef::<html::Div>::new();
    let follows = StoredValue::new(true);
    Effect::new(move |_| {
        rows.track();
        if let Some(scroller) = scroller.get()
            && follows.get_value()
        {
            // The new rows are in the document only after this frame's updates.
            request_animation_frame(move || scroller.set_scroll_top(scroller.scroll_height()));
        }
    });
    let scrolled = move || {
        if let Some(scroller) = scroller.get_untracked() {
            let below = scroller.scroll_height() - scroller.scroll_top() - scroller.client_height();
            follows.set_value(below < 24);
        }
    };
    view! {
        <aside class="wire" aria-label=words().wire>
            <header class="wire__head">
                <h2 class="wire__title">{words().wire}</h2>
                <label class="wire__filter">
                    <input
                        type="checkbox"
                        prop:checked=with_heartbeats
                        on:change:target=move |event| with_heartbeats.set(event.target().checked())
                    />
                    {words().heartbeats}
                </label>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=words().pause
                    title=words().pause
                    aria-pressed=live(move || is_paused.get().to_string())
                    on:click=act(move |_| app.toggle_wire_pause())
                >
                    {part(move || view! { <Glyph icon=if is_paused.get() { Icon::Play } else { Icon::Pause } /> })}
                </button>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=words().clear
                    title=words().clear
                    on:click=act(move |_| app.clear_wire())
                >
                    <Glyph icon=Icon::Trash />
                </button>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=words().close_wire
                    on:click=act(move |_| app.intend(Intent::ToggleWire))
                >
                    <Glyph icon=Icon::Close />
                </button>
            </header>
            <div class="wire__scroll" node_ref=scroller tabindex="0" on:scroll=act(move |_| scrolled())>
                <ul class="wire__list">
                    {list(
                        move || rows.with(WireRows::to_vec),
                        |row| Key::Number(row.number),
                        |row| view! { <RowView row /> },
                    )}
                </ul>
                {shown(move || rows.with(WireRows::is_empty), move || view! {
                    <p class="wire__empty">{words().wire_empty}</p> })}
            </div>
        </aside>
    }
}

/// A row. A click shows or hides the whole frame.
#[component]
fn RowView(row: WireRow) -> impl IntoView {
    let is_open = RwSignal::new(false);
    let frame = row.frame;
    let kind = frame.kind;
    let (arrow, said) = match kind {
        WireKind::Open => ("●", words().wire_opened),
        WireKind::Sent => ("↑", words().wire_sent),
        WireKind::Received => ("↓", words().wire_received),
        WireKind::Close => ("○", words().wire_closed),
    };
    let (name, time, brief) = (frame.name().to_owned(), exact_time_label(frame.at), frame.brief());
    let is_of_protocol = matches!(kind, WireKind::Sent | WireKind::Received);
    let size = is_of_protocol.then(|| sentences().bytes(frame.bytes));
    view! {
        <li class=format!("wire__row wire__row--{}", kind.as_str())>
            <button
                type="button"
                class="wire__line"
                aria-expanded=live(move || is_open.get().to_string())
                on:click=act(move |event: MouseEvent| {
                    is_open.update(|open| *open = !*open);
                    show_whole(&event);
                })
            >
                <span class="wire__arrow" aria-hidden="true">{arrow}</span>
                <span class="visually-hidden">{said}</span>
                <span class="wire__type">{name}</span>
                <span class="wire__brief">{brief}</span>
                <span class="wire__size">{size}</span>
                <span class="wire__time">{time}</span>
            </button>
            {shown(move || is_open.get(), move || view! {
                <pre class="wire__frame">{frame.pretty()}</pre> })}
        </li>
    }
}

/// Scrolls so that the clicked row is visible, once it is drawn: the last one opens below the edge of the panel.
fn show_whole(event: &MouseEvent) {
    let row = event.current_target().and_then(|button| button.dyn_into::<Element>().ok()?.parent_element());
    if let Some(row) = row {
        let options = ScrollIntoViewOptions::new();
        options.set_block(ScrollLogicalPosition::Nearest);
        request_animation_frame(move || row.scroll_into_view_with_scroll_into_view_options(&options));
    }
}
