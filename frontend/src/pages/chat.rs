//! A room: what was said, a field to say more, and who is here.

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::protocol::Refusal;

use crate::parts::{Composer, Roster, Timeline};
use crate::state::{Room, use_tidings};
use crate::ui::live::{act, part};

/// The room of `channel`.
#[component]
pub(crate) fn Chat(channel: ChannelName) -> impl IntoView {
    let room = use_tidings().room(&channel);
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

/// A room that the server does not let one into.
#[component]
fn Closed(room: Room, refusal: Refusal) -> impl IntoView {
    let tidings = use_tidings();
    view! {
        <div class="empty empty--page" role="alert">
            <strong class="empty__title">"This room is closed to you"</strong>
            <span>{refusal.message}</span>
            <span class="empty__actions">
                <button type="button" class="button" on:click=act(move |_| room.join(tidings))>"Try again"</button>
                <button type="button" class="button" on:click=act(move |_| tidings.close(&room.channel()))>
                    "Close the room"
                </button>
            </span>
        </div>
    }
}
