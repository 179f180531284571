//! The root of the app: the welcome screen, then the shell around the pages.

use leptos::prelude::*;
use web_sys::Event;

use crate::browser::listen::listen_for_good;
use crate::core::texts::{sentences, words};
use crate::link::driver::is_hidden;
use crate::pages::{Chat, Push};
use crate::parts::{
    Help, Notifications, Profile, Sidebar, Switcher, ToastList, Topbar, Welcome, Wire, listen_to_shortcuts,
};
use crate::state::{Panel, Tidings};
use crate::ui::live::{act, either, live, memo, part};

/// Renders the app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let tidings = Tidings::new();
    provide_context(tidings);
    listen_to_shortcuts(tidings);
    listen_to_visits(tidings);
    let title = memo(move || sentences().tab_title(tidings.unread_total()));
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

/// Marks the current room as read when the reader returns to the tab, and stores the read marks when they leave it.
fn listen_to_visits(tidings: Tidings) {
    listen_for_good("visibilitychange", move |_: Event| {
        if is_hidden() {
            tidings.settle_marks();
        } else if let Some(channel) = untrack(|| tidings.current()) {
            tidings.room(&channel).return_to();
        }
    });
    listen_for_good("pagehide", move |_: Event| tidings.settle_marks());
}

#[component]
fn Shell() -> impl IntoView {
    let tidings = crate::state::use_tidings();
    let current = memo(move || tidings.current());
    // The drawer covers the rest. While it is open, the keyboard focus must stay in it.
    let is_behind = move || tidings.panel.get() == Some(Panel::Menu);
    view! {
        <a class="skip" href="#main" on:click=act(skip)>{words().skip_to_conversation}</a>
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

/// Focuses the conversation. The address cannot do it, because its fragment names the room.
fn skip(event: web_sys::MouseEvent) {
    event.prevent_default();
    crate::state::focus("[data-testid=composer], #main input");
}
