//! The top bar: the room's name, the connection, and the buttons of the panels.

use leptos::prelude::*;

use super::avatar::Avatar;
use super::connection::Connection;
use crate::core::intent::{Intent, Panel};
use crate::core::rooms;
use crate::core::texts::{sentences, words};
use crate::state::use_app;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, live, memo, part, shown};

/// The bar above everything except the sidebar.
#[component]
pub(crate) fn Topbar() -> impl IntoView {
    let app = use_app();
    let is_open = move |panel: Panel| (app.panel.get() == Some(panel)).to_string();
    let unread = memo(move || app.bell_unread.get());
    view! {
        <header class="topbar">
            <button
                type="button"
                class="button button--icon topbar__menu"
                aria-label=words().menu
                aria-expanded=live(move || is_open(Panel::Menu))
                on:click=act(move |_| app.intend(Intent::Toggle(Panel::Menu)))
            >
                <Glyph icon=Icon::Menu />
            </button>
            <Heading />
            <Connection />
            <div class="topbar__tools">
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=words().wire_label
                    title=words().wire
                    aria-pressed=live(move || app.wire_is_open.get().to_string())
                    on:click=act(move |_| app.intend(Intent::ToggleWire))
                >
                    <Glyph icon=Icon::Wire />
                </button>
                <button
                    type="button"
                    class="button button--icon"
                    data-opens="panel"
                    aria-label=live(move || sentences().bell(unread.get()))
                    title=words().notifications
                    aria-expanded=live(move || is_open(Panel::Bell))
                    on:click=act(move |_| app.intend(Intent::Toggle(Panel::Bell)))
                >
                    <Glyph icon=Icon::Bell />
                    {shown(move || { unread.get() > 0 }, move || view! {
                        <span class="count count--corner">{live(move || sentences().badge(unread.get()))}</span> })}
                </button>
                <button
                    type="button"
                    class="button button--icon"
                    data-opens="panel"
                    aria-label=words().you
                    title=words().you
                    aria-expanded=live(move || is_open(Panel::Profile))
                    on:click=act(move |_| app.intend(Intent::Toggle(Panel::Profile)))
                >
                    <Me />
                </button>
            </div>
        </header>
    }
}

#[component]
fn Heading() -> impl IntoView {
    let app = use_app();
    part(move || {
        let Some(channel) = app.current.get() else {
            return view! { <div class="topbar__heading"><h1 class="topbar__title">{words().push}</h1></div> }
                .into_any();
        };
        let room = app.room(&channel);
        let count = move || room.members.get();
        view! {
            <div class="topbar__heading">
                <h1 class="topbar__title">{sentences().room(rooms::title(&channel))}</h1>
                <button
                    type="button"
                    class="topbar__here"
                    aria-label=live(move || sentences().show_members(count(), app.is_online()))
                    data-opens="panel"
                    aria-expanded=live(move || (app.panel.get() == Some(Panel::Roster)).to_string())
                    on:click=act(move |_| app.intend(Intent::Toggle(Panel::Roster)))
                >
                    {live(move || sentences().members_short(count(), app.is_online()))}
                </button>
            </div>
        }
        .into_any()
    })
}

#[component]
fn Me() -> impl IntoView {
    let app = use_app();
    part(move || {
        let sender = app.me.with(|me| me.as_sender());
        sender.map(|sender| view! { <Avatar user=sender.user name=sender.name.to_string() /> })
    })
}
