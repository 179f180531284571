//! The members of a room.

use leptos::prelude::*;
use shared::ids::{DisplayName, UserId};

use super::avatar::Avatar;
use crate::core::intent::{Intent, Panel};
use crate::core::people;
use crate::core::texts::{sentences, words};
use crate::state::{Room, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::key::Key;
use crate::ui::live::{act, list, live, memo, shown};

/// The right column. On a narrow screen it is a panel over the messages.
#[component]
pub(crate) fn Roster(room: Room) -> impl IntoView {
    let app = use_app();
    let is_open = move || app.panel.get() == Some(Panel::Roster);
    // The reader is first; the others are in order of their names.
    let members = memo(move || {
        let me = app.me.with(|me| me.user.clone());
        room.roster.with(|roster| people::in_order(roster, me.as_ref()))
    });
    view! {
        <aside
            class="roster"
            class:roster--open=live(is_open)
            aria-label=words().who_is_here
            data-panel=""
        >
            <header class="roster__head">
                <h2 class="roster__title">{live(move || sentences().members(members.with(Vec::len), app.is_online()))}</h2>
                <button
                    type="button"
                    class="button button--icon roster__close"
                    aria-label=words().close
                    on:click=act(move |_| app.intend(Intent::ClosePanel))
                >
                    <Glyph icon=Icon::Close />
                </button>
            </header>
            <ul class="roster__list" tabindex="0" aria-label=words().members>
                {list(
                    move || members.get(),
                    |(user, name)| Key::Text(format!("{user} {name}")),
                    |(user, name)| view! { <Member user name /> },
                )}
            </ul>
            {shown(move || members.with(Vec::is_empty), move || view! {
                <p class="roster__empty">{words().no_members}</p> })}
        </aside>
    }
}

#[component]
fn Member(user: UserId, name: DisplayName) -> impl IntoView {
    let is_me = use_app().me.with_untracked(|me| me.user.clone()).as_ref() == Some(&user);
    let title = user.to_string();
    view! {
        <li class="member" title=title>
            <Avatar user name=name.to_string() />
            <span class="member__name">{name.to_string()}</span>
            {is_me.then(|| view! { <span class="member__you">{words().you_mark}</span> })}
        </li>
    }
}
