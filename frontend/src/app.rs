//! The whole page: the welcome, and then the shell around rooms and pages.

use leptos::prelude::*;

use crate::core::unread::tab_title;
use crate::link::driver::is_hidden;
use crate::pages::{Chat, Push};
use crate::parts::{
    Help, Notifications, Profile, Sidebar, Switcher, ToastList, Topbar, Welcome, Wire, listen_to_shortcuts,
};
use crate::state::{Panel, Tidings};
use crate::ui::live::{act, either, live, memo, part};

/// The page.
#[component]
pub(crate) fn App() -> impl IntoView {
    let tidings = Tidings::new();
    provide_context(tidings);
    listen_to_shortcuts(tidings);
    listen_to_visits(tidings);
    let title = memo(move || tab_title(tidings.unread_total()));
    Effect::new(move |_| title.with(|title| document().set_title(title)));
    let is_named = memo(move || tidings.me.with(|me| me.name.is_some()));
    if is_named.get_untracked() {
        tidings.start();
    }
    view! {
        {either(move || is_named.get(), || view! { <Shell /> }, || view! { <Welcome /> })}
        <ToastList />
    }
}

/// When the reader comes back to the page, the room on it is read; when they go, it is noted how far.
fn listen_to_visits(tidings: Tidings) {
    drop(window_event_listener_untyped("visibilitychange", move |_| {
        if is_hidden() {
            tidings.settle_marks();
        } else if let Some(channel) = untrack(|| tidings.current()) {
            tidings.room(&channel).return_to();
        }
    }));
    drop(window_event_listener_untyped("pagehide", move |_| tidings.settle_marks()));
}

#[component]
fn Shell() -> impl IntoView {
    let tidings = crate::state::use_tidings();
    let current = memo(move || tidings.current());
    // The drawer lies over the page: meanwhile the keyboard stays in it.
    let is_behind = move || tidings.panel.get() == Some(Panel::Menu);
    view! {
        <a class="skip" href="#main" on:click=act(skip)>"Skip to the conversation"</a>
        <div class="shell" class:shell--wire=live(move || tidings.wire_is_open.get())>
            <Sidebar />
            <div class="stage" inert=live(is_behind)>
                <Topbar />
                <div class="stage__content">
                    {part(move || match current.get() {
                        Some(channel) => view! { <Chat channel /> }.into_any(),
                        None => view! { <Push /> }.into_any(),
                    })}
                    <Wire />
                </div>
            </div>
        </div>
        <Notifications />
        <Profile />
        <Switcher />
        <Help />
    }
}

/// The fragment of the address is taken: it names the room. So the link moves the keyboard by itself.
fn skip(event: web_sys::MouseEvent) {
    event.prevent_default();
    crate::state::focus("[data-testid=composer], #main input");
}
