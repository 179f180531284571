//! The messages of a room.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use shared::protocol::Refusal;
use shared::session::Status;

use wasm_bindgen::prelude::JsCast;
use web_sys::{Element, EventTarget, HtmlElement, KeyboardEvent};

use super::message::Message;
use super::scroll::Scroll;
use crate::core::intent::RoomIntent;
use crate::core::room::History;
use crate::core::rooms;
use crate::core::texts::{sentences, words};
use crate::core::timeline::{Entry, Loss, Row, RowKey, View};
use crate::state::{Cell, Room, day_label, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, act_on_key, list, live, memo, part, shown};

/// Renders the messages of `room`. Follows the newest message unless the reader has scrolled up.
#[component]
pub(crate) fn Timeline(room: Room) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let rows = NodeRef::<html::Ol>::new();
    let app = use_app();
    let scroll = Scroll::attach(app, room, scroller, rows);
    let channel = room.channel();
    let label = sentences().messages_in(rooms::title(&channel));
    let missed = memo(move || match room.view.get() {
        View::Reading { .. } => Some(room.unread.get().count),
        View::Following => None,
    });
    view! {
        <div class="log">
            <div
                class="log__scroll"
                node_ref=scroller
                role="log"
                aria-live="polite"
                aria-label=label
                aria-busy=live(move || (room.history.get() == History::Loading).to_string())
                tabindex="0"
                data-testid="timeline"
                on:scroll=act(move |_| scroll.scrolled())
                on:keydown=act_on_key(move |event| step_through(&event))
            >
                <ol class="log__list" node_ref=rows>
                    <Beginning room />
                    {list(
                        move || room.rows(),
                        |cell| row_key(cell.key),
                        move |cell| view! { <RowView room cell /> },
                    )}
                </ol>
            </div>
            {shown(move || missed.get().is_some(), move || view! {
                <button
                    type="button"
                    class="log__newest"
                    data-testid="new-messages"
                    on:click=act(move |_| {
                        app.in_room(room, RoomIntent::Follow);
                        scroll.to_end();
                    })
                >
                    <Glyph icon=Icon::Down />
                    {live(move || match missed.get() {
                        None | Some(0) => words().jump_to_newest.to_owned(),
                        Some(missed) => sentences().new_messages(missed),
                    })}
                </button> })}
        </div>
    }
}

/// Moves the focus between messages with the arrow keys, so that the keyboard reaches the buttons of each.
fn step_through(event: &KeyboardEvent) {
    let up = match event.key().as_str() {
        "ArrowUp" if !event.alt_key() => true,
        "ArrowDown" if !event.alt_key() => false,
        _ => return,
    };
    let (Some(log), Some(target)) = (element(event.current_target()), element(event.target())) else {
        return;
    };
    let mut next = match target.closest(".message").ok().flatten() {
        Some(message) if up => message.previous_element_sibling(),
        Some(message) => message.next_element_sibling(),
        None if up => log.query_selector(".log__list > :last-child").ok().flatten(),
        None => return,
    };
    while let Some(row) = next {
        if row.class_list().contains("message") {
            event.prevent_default();
            if let Some(row) = row.dyn_ref::<HtmlElement>() {
                let _ = row.focus();
            }
            return;
        }
        next = if up { row.previous_element_sibling() } else { row.next_element_sibling() };
    }
}

fn element(target: Option<EventTarget>) -> Option<Element> {
    target.and_then(|target| target.dyn_into().ok())
}

/// The row above the oldest message: a button for older messages, or the start of the room.
#[component]
fn Beginning(room: Room) -> impl IntoView {
    let app = use_app();
    let load = move |text: &'static str| {
        view! {
            <button
                type="button"
                class="button button--small"
                on:click=act(move |_| app.in_room(room, RoomIntent::Older))
            >
                {text}
            </button>
        }
    };
    let refused = move |refusal: Refusal| {
        view! { <span role="alert">{sentences().refusal(&refusal)}</span> {load(words().try_again)} }
    };
    let is_empty = memo(move || room.is_empty());
    let is_offline = memo(move || {
        app.status.with(|status| matches!(status, Status::Waiting { .. } | Status::Ended { .. }))
    });
    view! {
        <li class="log__beginning" class:log__beginning--empty=live(move || is_empty.get())>
            {part(move || match room.history.get() {
                History::Unloaded if is_offline.get() => view! { <Offline /> }.into_any(),
                History::Unloaded => view! { <Skeleton /> }.into_any(),
                History::Loading if is_empty.get() => view! { <Skeleton /> }.into_any(),
                History::Loading => {
                    view! { <span>{words().loading_older}</span> }.into_any()
                }
                History::More => load(words().load_older).into_any(),
                History::Refused(refusal) => refused(refusal).into_any(),
                History::Whole => view! { <Start room is_empty=is_empty.get() /> }.into_any(),
            })}
        </li>
    }
}

#[component]
fn Start(room: Room, is_empty: bool) -> impl IntoView {
    let channel = room.channel();
    let name = rooms::title(&channel);
    if is_empty {
        view! {
            <div class="empty">
                <strong class="empty__title">{sentences().quiet_in(name)}</strong>
                <span>{words().quiet_hint}</span>
            </div>
        }
        .into_any()
    } else {
        view! { <span>{sentences().start_of(name)}</span> }.into_any()
    }
}

/// Replaces the messages if the app was opened offline.
#[component]
fn Offline() -> impl IntoView {
    view! {
        <div class="empty">
            <strong class="empty__title">{words().offline_title}</strong>
            <span>{words().offline_hint}</span>
        </div>
    }
}

/// Placeholder for the messages until the first page of history arrives.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton">
            <span class="visually-hidden">{words().loading_messages}</span>
            <span class="skeleton__line"></span>
            <span class="skeleton__line"></span>
            <span class="skeleton__line"></span>
        </div>
    }
}

/// Renders a row. A row keeps its kind as long as it has its key; the rest is read from its signal.
#[component]
fn RowView(room: Room, cell: Cell) -> impl IntoView {
    let app = use_app();
    let row = RwSignal::from(cell.row);
    match row.get_untracked() {
        Row::Day { at: first, .. } => {
            // The time of an own message changes when the log has it.
            let at = move || row.with(|row| if let Row::Day { at, .. } = row { *at } else { first });
            view! { <li class="log__day"><span>{live(move || day_label(at(), app.today.get()))}</span></li> }
                .into_any()
        }
        Row::Lost(_, first) => {
            let loss = move || row.with(|row| if let Row::Lost(_, loss) = row { *loss } else { first });
            view! { <li class="log__lost" data-testid="gap">{live(move || lost(loss()))}</li> }.into_any()
        }
        Row::Hole(_) => view! {
            <li class="log__lost">
                {part(move || if room.hole_is_refused.get() {
                    view! { <HoleRefused room /> }.into_any()
                } else {
                    words().loading_messages.into_any()
                })}
            </li>
        }
        .into_any(),
        Row::New => view! { <li class="log__new"><span>{words().new}</span></li> }.into_any(),
        Row::Entry { entry, .. } => {
            let fallback = entry;
            let entry: Memo<Arc<Entry>> = memo(move || match row.get() {
                Row::Entry { entry, .. } => entry,
                _ => Arc::clone(&fallback),
            });
            let grouped = memo(move || row.with(|row| matches!(row, Row::Entry { grouped: true, .. })));
            view! { <Message room entry grouped /> }.into_any()
        }
    }
}

#[component]
fn HoleRefused(room: Room) -> impl IntoView {
    let app = use_app();
    view! {
        <span role="alert">{words().hole_refused}</span>
        <button
            type="button"
            class="button button--small"
            on:click=act(move |_| app.in_room(room, RoomIntent::RetryHole))
        >
            {words().try_again}
        </button>
    }
}

fn lost(loss: Loss) -> String {
    match loss {
        Loss::UpTo(count) => sentences().expired(count),
        Loss::Some => words().some_expired.to_owned(),
        Loss::Restarted => words().room_reset.to_owned(),
    }
}

fn row_key(key: RowKey) -> Key {
    match key {
        RowKey::New => Key::Number(0),
        RowKey::Lost(offset) => Key::Number(offset.0.saturating_add(1)),
        RowKey::Hole(offset) => Key::Id(2, u128::from(offset.0)),
        RowKey::DayBefore(id) => Key::Id(0, u128::from_be_bytes(*id.as_bytes())),
        RowKey::Entry(id) => Key::Id(1, u128::from_be_bytes(*id.as_bytes())),
    }
}
