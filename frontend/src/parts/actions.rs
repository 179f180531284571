//! The buttons of a message: react, edit, delete.

use std::sync::Arc;

use leptos::prelude::*;
use shared::session::Delivery;

use crate::core::intent::RoomIntent;
use crate::core::texts::words;
use crate::core::timeline::{Body, Entry};
use crate::state::{Room, Spot, focus, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, memo, shown};

/// The emoji that the button reacts with.
const QUICK_EMOJI: &str = "👍";

/// The buttons of a message. The caller renders them while the pointer or the keyboard focus is in the message.
#[component]
pub(super) fn Actions(room: Room, entry: Memo<Arc<Entry>>) -> impl IntoView {
    let app = use_app();
    let is_logged = memo(move || {
        entry.with(|entry| {
            matches!(entry.delivery, Delivery::Accepted { .. }) && entry.body != Body::Retracted
        })
    });
    let is_own_chat = memo(move || entry.with(|entry| entry.mine && matches!(entry.body, Body::Chat { .. })));
    let react = move |_| {
        let entry = entry.get_untracked();
        let on = !entry.reactions.iter().any(|reaction| reaction.mine && reaction.emoji == QUICK_EMOJI);
        app.in_room(room, RoomIntent::React { of: entry.id, emoji: QUICK_EMOJI.to_owned(), on });
    };
    let edit = move |_| {
        app.in_room(room, RoomIntent::Edit(entry.get_untracked().id));
        focus(Spot::Composer);
    };
    let delete = move |_| app.in_room(room, RoomIntent::Retract(entry.get_untracked().id));
    view! {
        {shown(move || is_logged.get(), move || view! {
            <div class="message__actions">
                <button type="button" class="action" aria-label=words().react_thumbs_up title=words().react on:click=act(react)>
                    <Glyph icon=Icon::React />
                </button>
                {shown(move || is_own_chat.get(), move || view! {
                    <button type="button" class="action" aria-label=words().edit title=words().edit on:click=act(edit)>
                        <Glyph icon=Icon::Edit />
                    </button>
                    <button
                        type="button"
                        class="action"
                        aria-label=words().delete
                        title=words().delete
                        on:click=act(delete)
                    >
                        <Glyph icon=Icon::Trash />
                    </button> })}
            </div> })}
    }
}
