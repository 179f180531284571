//! The composer: the field for a message.

use leptos::prelude::*;
use web_sys::KeyboardEvent;

use crate::core::intent::RoomIntent;
use crate::core::room::Check;
use crate::core::rooms;
use crate::core::texts::{sentences, words};
use crate::state::{Room, Spot, focus, has_keyboard, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, act_on_key, live, memo, shown};

/// The field for a new message, and above it who is typing. It also works offline: messages wait in the outbox.
#[component]
pub(crate) fn Composer(room: Room) -> impl IntoView {
    let app = use_app();
    let check = memo(move || room.draft.with(|text| Check::of(text)));
    let send = move || app.in_room(room, RoomIntent::Send);
    // Focus the field when a room opens. Not on a touch screen, where focus opens the on-screen keyboard.
    if has_keyboard() {
        request_animation_frame(|| focus(Spot::Composer));
    }
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Enter" && !event.shift_key() {
            event.prevent_default();
            send();
        } else if event.key() == "ArrowUp"
            && !event.alt_key()
            && room.draft.with_untracked(String::is_empty)
            && app.has_own_chat(room)
        {
            event.prevent_default();
            app.in_room(room, RoomIntent::EditLast);
        } else if event.key() == "Escape" && room.is_editing.get_untracked() {
            app.in_room(room, RoomIntent::StopEditing);
            // One Escape ends one thing. Without this it would also close a panel.
            event.stop_propagation();
        }
    };
    let label = sentences().message_to(rooms::title(&room.channel()));
    let placeholder = label.clone();
    view! {
        <div class="composer">
            <p class="composer__typing" aria-live="polite">
                {live(move || room.typing.with(|typing| sentences().typing(&typing.names())))}
            </p>
            {shown(move || room.is_editing.get(), move || view! {
                <p class="composer__editing">
                    {words().editing}
                    <button type="button" class="button button--small" on:click=act(move |_| app.in_room(room, RoomIntent::StopEditing))>
                        {words().cancel}
                    </button>
                </p> })}
            <form
                class="composer__form"
                on:submit=act(move |event: web_sys::SubmitEvent| {
                    event.prevent_default();
                    send();
                })
            >
                // The field grows with its text: CSS renders an invisible copy of `data-text`, which sets the height.
                <div class="composer__grow" data-text=live(move || room.draft.get())>
                    <textarea
                        class="composer__text"
                        rows="1"
                        dir="auto"
                        aria-label=label
                        placeholder=placeholder
                        aria-describedby="composer-count"
                        prop:value=live(move || room.draft.get())
                        on:keydown=act_on_key(on_key)
                        on:input:target=move |event| {
                            app.in_room(room, RoomIntent::Type(event.target().value()));
                        }
                    ></textarea>
                </div>
                <button
                    type="submit"
                    class="composer__send"
                    aria-label=words().send
                    title=words().send_title
                    disabled=live(move || !check.get().is_sendable())
                >
                    <Glyph icon=Icon::Send />
                </button>
            </form>
            <p
                id="composer-count"
                class="composer__count"
                class:composer__count--over=live(move || matches!(check.get(), Check::TooLong(_)))
            >
                {live(move || check.get().count())}
            </p>
        </div>
    }
}
