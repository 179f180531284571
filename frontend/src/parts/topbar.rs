//! The top bar: the room's name, the connection, and the buttons of the panels.

use leptos::prelude::*;

use super::avatar::Avatar;
use super::connection::Connection;
use crate::core::notifications::Bell;
use crate::core::rooms;
use crate::core::texts::{sentences, words};
use crate::state::{Panel, use_tidings};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, live, memo, part, shown};

/// The bar above everything except the sidebar.
#[component]
pub(crate) fn Topbar() -> impl IntoView {
    let tidings = use_tidings();
    let is_open = move |panel: Panel| (tidings.panel.get() == Some(panel)).to_string();
    let unread = memo(move || tidings.bell.with(Bell::unread));
    view! {
        <header class="topbar">
            <button
                type="button"
                class="button button--icon topbar__menu"
                data-testid="menu"
                aria-label=words().menu
                aria-expanded=live(move || is_open(Panel::Menu))
                on:click=act(move |_| tidings.toggle(Panel::Menu))
            >
                <Glyph icon=Icon::Menu />
            </button>
            <Heading />
            <Connection />
            <div class="topbar__tools">
                <button
                    type="button"
                    class="button button--icon"
                    data-testid="wire-toggle"
                    aria-label=words().wire_label
                    title=words().wire
                    aria-pressed=live(move || tidings.wire_is_open.get().to_string())
                    on:click=act(move |_| tidings.wire_is_open.update(|open| *open = !*open))
                >
                    <Glyph icon=Icon::Wire />
                </button>
                <button
                    type="button"
                    class="button button--icon"
                    data-testid="bell"
                    data-opens="panel"
                    aria-label=live(move || sentences().bell(unread.get()))
                    title=words().notifications
                    aria-expanded=live(move || is_open(Panel::Bell))
                    on:click=act(move |_| tidings.toggle(Panel::Bell))
                >
                    <Glyph icon=Icon::Bell />
                    {shown(move || { unread.get() > 0 }, move || view! {
                        <span class="count count--corner" data-testid="bell-count">{live(move || sentences().badge(unread.get()))}</span> })}
                </button>
                <button
                    type="button"
                    class="button button--icon"
                    data-testid="profile"
                    data-opens="panel"
                    aria-label=words().you
                    title=words().you
                    aria-expanded=live(move || is_open(Panel::Profile))
                    on:click=act(move |_| tidings.toggle(Panel::Profile))
                >
                    <Me />
                </button>
            </div>
        </header>
    }
}

#[component]
fn Heading() -> impl IntoView {
    let tidings = use_tidings();
    part(move || {
        let Some(channel) = tidings.current() else {
            return view! { <div class="topbar__heading"><h1 class="topbar__title">{words().push}</h1></div> }
                .into_any();
        };
        let room = tidings.room(&channel);
        let count = move || room.roster.with(|roster| roster.len());
        view! {
            <div class="topbar__heading">
                <h1 class="topbar__title">{sentences().room(rooms::title(&channel))}</h1>
                <button
                    type="button"
                    class="topbar__here"
                    aria-label=live(move || sentences().show_members(count(), tidings.is_online()))
                    data-opens="panel"
                    aria-expanded=live(move || (tidings.panel.get() == Some(Panel::Roster)).to_string())
                    on:click=act(move |_| tidings.toggle(Panel::Roster))
                >
                    {live(move || sentences().members_short(count(), tidings.is_online()))}
                </button>
            </div>
        }
        .into_any()
    })
}

#[component]
fn Me() -> impl IntoView {
    let tidings = use_tidings();
    part(move || {
        tidings.me.track();
        let sender = tidings.me_as_sender();
        sender.map(|sender| view! { <Avatar user=sender.user name=sender.name.to_string() /> })
    })
}
