//! The log of a room.

use std::sync::Arc;

use leptos::html;
use leptos::prelude::*;
use shared::protocol::Refusal;
use shared::session::Status;

use wasm_bindgen::prelude::JsCast;
use web_sys::{Element, EventTarget, HtmlElement, KeyboardEvent};

use super::message::Message;
use super::scroll::Scroll;
use crate::browser::clock;
use crate::core::rooms;
use crate::core::timeline::{Entry, Loss, Row, RowKey, View};
use crate::state::{Cell, History, Room, day_label, use_tidings};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, act_on_key, list, live, memo, part, shown};

/// The messages of `room`. Follows the newest unless the reader has scrolled up.
#[component]
pub(crate) fn Timeline(room: Room) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let rows = NodeRef::<html::Ol>::new();
    let scroll = Scroll::attach(use_tidings(), room, scroller, rows);
    let channel = room.channel();
    let label = format!("Messages in {}", rooms::title(&channel));
    let missed = memo(move || match room.view.get() {
        View::Reading { missed, .. } => Some(missed),
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
                        move || room.cells.get(),
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
                        room.follow();
                        scroll.to_end();
                    })
                >
                    <Glyph icon=Icon::Down />
                    {live(move || match missed.get() {
                        None | Some(0) => "Go to newest".to_owned(),
                        Some(missed) => format!("{missed} new"),
                    })}
                </button> })}
        </div>
    }
}

/// The arrow keys go from message to message, so that the keyboard reaches what can be done with each.
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

/// What stands above the oldest message: the way to older ones, or that there are none.
#[component]
fn Beginning(room: Room) -> impl IntoView {
    let tidings = use_tidings();
    let load = move |text: &'static str| {
        view! {
            <button
                type="button"
                class="button button--small"
                data-testid="load-older"
                on:click=act(move |_| room.older(tidings))
            >
                {text}
            </button>
        }
    };
    let refused = move |refusal: Refusal| {
        view! { <span role="alert">{refusal.message}</span> {load("Try again")} }
    };
    let is_empty = memo(move || room.cells.with(Vec::is_empty));
    let is_offline = memo(move || {
        tidings.status.with(|status| matches!(status, Status::Waiting { .. } | Status::Ended { .. }))
    });
    view! {
        <li class="log__beginning" class:log__beginning--empty=live(move || is_empty.get())>
            {part(move || match room.history.get() {
                History::Unloaded if is_offline.get() => view! { <Offline /> }.into_any(),
                History::Unloaded => view! { <Skeleton /> }.into_any(),
                History::Loading if is_empty.get() => view! { <Skeleton /> }.into_any(),
                History::Loading => {
                    view! { <span data-testid="loading-older">"Loading older messages…"</span> }.into_any()
                }
                History::More => load("Load older messages").into_any(),
                History::Refused(refusal) => refused(refusal).into_any(),
                History::Whole => view! { <Start room is_empty=is_empty.get() /> }.into_any(),
            })}
        </li>
    }
}

#[component]
fn Start(room: Room, is_empty: bool) -> impl IntoView {
    let name = rooms::title(&room.channel()).to_owned();
    if is_empty {
        view! {
            <div class="empty">
                <strong class="empty__title">"Nobody has said anything yet"</strong>
                <span>{format!("Write the first message in {name}. Everybody here sees it at once.")}</span>
            </div>
        }
        .into_any()
    } else {
        view! { <span>{format!("This is where {name} begins")}</span> }.into_any()
    }
}

/// Stands there when the page was opened without a connection.
#[component]
fn Offline() -> impl IntoView {
    view! {
        <div class="empty" data-testid="offline">
            <strong class="empty__title">"No connection yet"</strong>
            <span>"The messages come as soon as there is one. What you write meanwhile is sent then."</span>
        </div>
    }
}

/// Stands for the messages until the first page is there.
#[component]
fn Skeleton() -> impl IntoView {
    view! {
        <div class="skeleton" data-testid="loading-older">
            <span class="visually-hidden">"Loading messages"</span>
            <span class="skeleton__line"></span>
            <span class="skeleton__line"></span>
            <span class="skeleton__line"></span>
        </div>
    }
}

/// A row keeps its kind for as long as it has its key; what may change in it is read from its signal.
#[component]
fn RowView(room: Room, cell: Cell) -> impl IntoView {
    let row = cell.row;
    match row.get_untracked() {
        Row::Day { at, .. } => view! {
            <li class="log__day"><span>{day_label(at, clock::now())}</span></li>
        }
        .into_any(),
        Row::Lost(_, loss) => view! { <li class="log__lost" data-testid="gap">{lost(loss)}</li> }.into_any(),
        Row::New => view! { <li class="log__new"><span>"New"</span></li> }.into_any(),
        Row::Entry { entry, .. } => {
            let row = RwSignal::from(row);
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

fn lost(loss: Loss) -> String {
    match loss {
        Loss::UpTo(1) => "1 message is no longer kept".to_owned(),
        Loss::UpTo(count) => format!("Up to {count} messages are no longer kept"),
        Loss::Some => "Some messages are no longer kept".to_owned(),
        Loss::Restarted => "This room was begun anew; what was here before is no longer kept".to_owned(),
    }
}

fn row_key(key: RowKey) -> Key {
    match key {
        RowKey::New => Key::Number(0),
        RowKey::Lost(offset) => Key::Number(offset.0.saturating_add(1)),
        RowKey::DayBefore(id) => Key::Id(0, u128::from_be_bytes(*id.as_bytes())),
        RowKey::Entry(id) => Key::Id(1, u128::from_be_bytes(*id.as_bytes())),
    }
}
