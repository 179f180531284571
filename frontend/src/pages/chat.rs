//! A room: its messages, the composer and its members.

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::protocol::Refusal;

use crate::core::intent::{Intent, RoomIntent};
use crate::core::rooms;
use crate::core::texts::{sentences, words};
use crate::parts::{Composer, Roster, Timeline};
use crate::state::{Room, use_app};
use crate::ui::live::{act, part};

/// Renders the room of `channel`.
#[component]
pub(crate) fn Chat(channel: ChannelName) -> impl IntoView {
    let room = use_app().room(&channel);
    view! {
        <main id="main" class="chat">
            {part(move || match room.trouble.get() {
                Some(refusal) => view! { <Closed room refusal /> }.into_any(),
                None => view! { <Timeline room /> <Composer room /> }.into_any(),
            })}
        </main>
        <Roster room />
    }
}

/// Replaces a room that the server did not open.
#[component]
fn Closed(room: Room, refusal: Refusal) -> impl IntoView {
    let app = use_app();
    let (title, text) = sentences().room_refused(&refusal);
    let leave = sentences().leave(rooms::title(&room.channel()));
    view! {
        <div class="empty empty--page" role="alert">
            <strong class="empty__title">{title}</strong>
            <span>{text}</span>
            <span class="empty__actions">
                <button type="button" class="button" on:click=act(move |_| app.in_room(room, RoomIntent::Join))>{words().try_again}</button>
                {(!rooms::is_lobby(&room.channel())).then(|| view! {
                    <button type="button" class="button" on:click=act(move |_| app.intend(Intent::Close(room.channel())))>
                        {leave}
                    </button> })}
            </span>
        </div>
    }
}
