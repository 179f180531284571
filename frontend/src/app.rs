//! The root of the app: the welcome screen, then the shell around the pages.

use leptos::prelude::*;

use crate::core::intent::Panel;
use crate::core::texts::{sentences, words};
use crate::pages::{Chat, Push};
use crate::parts::{
    Help, Notifications, Profile, Sidebar, Switcher, ToastList, Topbar, Welcome, Wire, listen_to_shortcuts,
};
use crate::state::{AppState, Spot, focus, use_app};
use crate::ui::live::{act, either, live, memo, part};

/// Renders the app.
#[component]
pub(crate) fn App() -> impl IntoView {
    let app = AppState::start();
    provide_context(app);
    listen_to_shortcuts(app);
    let title = memo(move || sentences().tab_title(app.unread_total.get()));
    Effect::new(move |_| title.with(|title| document().set_title(title)));
    let is_named = memo(move || app.me.with(|me| me.name.is_some()));
    view! {
        {either(move || is_named.get(), || view! { <Shell /> }, || view! { <Welcome /> })}
        <ToastList />
    }
}

#[component]
fn Shell() -> impl IntoView {
    let app = use_app();
    let current = memo(move || app.current.get());
    // The drawer covers the rest. While it is open, the keyboard focus must stay in it.
    let is_behind = move || app.panel.get() == Some(Panel::Menu);
    view! {
        <a class="skip" href="#main" on:click=act(skip)>{words().skip_to_conversation}</a>
        <div class="shell" class:shell--wire=live(move || app.wire_is_open.get())>
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
    focus(Spot::Main);
}
