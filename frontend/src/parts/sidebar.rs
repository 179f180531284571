//! The sidebar: the open rooms, the push page, help.

use leptos::prelude::*;
use shared::ids::ChannelName;

use crate::core::intent::{Intent, Panel};
use crate::core::rooms;
use crate::core::route::Route;
use crate::core::texts::{sentences, words};
use crate::state::{Spot, focus, use_app};
use crate::ui::icon::{Glyph, Icon, Logo};
use crate::ui::key::Key;
use crate::ui::live::{act, list, live, memo, shown};

/// The left column. On a narrow screen it is a drawer over the messages.
#[component]
pub(crate) fn Sidebar() -> impl IntoView {
    let app = use_app();
    let is_open = memo(move || app.panel.get() == Some(Panel::Menu));
    Effect::new(move |was_open: Option<bool>| {
        let is_open = is_open.get();
        match (was_open, is_open) {
            // A hidden or inert element cannot be focused, and it is hidden until this frame is rendered.
            (Some(false), true) => request_animation_frame(|| focus(Spot::Sidebar)),
            (Some(true), false) => request_animation_frame(|| focus(Spot::Menu)),
            _ => {}
        }
        is_open
    });
    let on_push = move || app.route.get() == Route::Push;
    view! {
        <div
            class="scrim"
            class:scrim--open=live(move || is_open.get())
            aria-hidden="true"
            on:click=act(move |_| app.intend(Intent::ClosePanel))
        ></div>
        <aside class="sidebar" class:sidebar--open=live(move || is_open.get())>
            <div class="sidebar__brand">
                <Logo />
                <span class="sidebar__name">{words().app}</span>
            </div>
            <RoomList />
            <div class="sidebar__foot">
                <a
                    class="nav-item"
                    href="#/push"
                    aria-current=live(move || on_push().then_some("page"))
                    on:click=act(move |_| app.intend(Intent::ClosePanel))
                >
                    <Glyph icon=Icon::Megaphone />
                    <span class="nav-item__label">{words().push}</span>
                </a>
                <button type="button" class="nav-item" on:click=act(move |_| app.intend(Intent::Open(Panel::Help)))>
                    <Glyph icon=Icon::Help />
                    <span class="nav-item__label">{words().shortcuts}</span>
                </button>
            </div>
        </aside>
    }
}

#[component]
fn RoomList() -> impl IntoView {
    let app = use_app();
    let channels = move || app.rooms.with(|rooms| rooms.iter().cloned().collect::<Vec<_>>());
    view! {
        <nav class="rooms" aria-label=words().rooms>
            <div class="rooms__head">
                <h2 class="rooms__title">{words().rooms}</h2>
                <button
                    type="button"
                    class="button button--icon"
                    aria-label=words().jump_to_room
                    title=words().jump_to_room_title
                    on:click=act(move |_| app.intend(Intent::Open(Panel::Switcher)))
                >
                    <Glyph icon=Icon::Plus />
                </button>
            </div>
            <ul class="rooms__list">
                {list(
                    channels,
                    |channel| Key::Text(channel.to_string()),
                    |channel| view! { <RoomLink channel /> },
                )}
            </ul>
        </nav>
    }
}

#[component]
fn RoomLink(channel: ChannelName) -> impl IntoView {
    let app = use_app();
    let room = app.room(&channel);
    let here = channel.clone();
    let is_here = memo(move || app.current.get().as_ref() == Some(&here));
    let title = rooms::title(&channel).to_owned();
    let count = memo(move || room.unread.get().count);
    let has_mention = memo(move || room.unread.get().mentions > 0);
    let (close, close_label) = (channel.clone(), sentences().leave(&title));
    view! {
        <li class="room-item">
            <a
                class="nav-item"
                class:nav-item--unread=live(move || { count.get() > 0 })
                href=Route::of_room(&channel)
                data-channel=channel.to_string()
                aria-current=live(move || is_here.get().then_some("page"))
                on:click=act(move |_| app.intend(Intent::ClosePanel))
            >
                <span class="nav-item__hash" aria-hidden="true">"#"</span>
                <span class="nav-item__label">{title}</span>
                {shown(move || { room.failed.get() > 0 }, move || view! {
                    <span class="nav-item__failed" title=words().message_failed_here>
                        <Glyph icon=Icon::Alert />
                        <span class="visually-hidden">{words().message_failed_here}</span>
                    </span> })}
                {shown(move || { count.get() > 0 }, move || view! {
                    <span class="count" class:count--mention=live(move || has_mention.get())>
                        {live(move || sentences().badge(count.get()))}
                        <span class="visually-hidden">{live(move || if has_mention.get() { words().unread_mention_suffix } else { words().unread_suffix })}</span>
                    </span> })}
            </a>
            {(!rooms::is_lobby(&channel))
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button--icon room-item__close"
                            aria-label=close_label
                            on:click=act(move |_| app.intend(Intent::Close(close.clone())))
                        >
                            <Glyph icon=Icon::Close />
                        </button>
                    }
                })}
        </li>
    }
}
