//! The room switcher: a field that jumps to a room, or opens one.

use leptos::prelude::*;
use shared::ids::ChannelName;
use web_sys::KeyboardEvent;

use super::dialog::{Dialog, Modality};
use crate::core::intent::{Intent, Panel};
use crate::core::rooms::{self, parse_room};
use crate::core::texts::{sentences, words};
use crate::state::use_app;
use crate::ui::live::{act, act_on_key, live, memo, part};

/// The room switcher.
#[component]
pub(crate) fn Switcher() -> impl IntoView {
    view! {
        <Dialog
            panel=Panel::Switcher
            modality=Modality::Modal
            label=words().jump_to_room
            class="switcher"
        >
            <Field />
        </Dialog>
    }
}

#[component]
fn Field() -> impl IntoView {
    let app = use_app();
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let offers = memo(move || app.rooms.with(|rooms| rooms::offers(rooms, &typed.get())));
    let problem = move || {
        let typed = typed.get();
        let wrong = !typed.trim().is_empty() && offers.with(Vec::is_empty);
        wrong.then(|| parse_room(&typed).err().map(|_| words().room_name_invalid)).flatten()
    };
    let step = move |by: isize| {
        let count = offers.with_untracked(Vec::len);
        chosen.update(|at| *at = at.saturating_add_signed(by).min(count.saturating_sub(1)));
    };
    let on_key = move |event: KeyboardEvent| match event.key().as_str() {
        "ArrowDown" => {
            event.prevent_default();
            step(1);
        }
        "ArrowUp" => {
            event.prevent_default();
            step(-1);
        }
        _ => {}
    };
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if let Some(channel) = offers.with_untracked(|offers| offers.get(chosen.get_untracked()).cloned()) {
            app.intend(Intent::GoTo(channel.clone()));
        }
    };
    let row = move |(index, channel): (usize, ChannelName)| {
        let is_open = app.rooms.with_untracked(|rooms| rooms.iter().any(|room| *room == channel));
        let there = channel.clone();
        view! {
            <li
                id=format!("offer-{index}")
                class="switcher__offer"
                role="option"
                aria-selected=live(move || (chosen.get() == index).to_string())
                on:mousemove=act(move |_| {
                    if chosen.get_untracked() != index {
                        chosen.set(index);
                    }
                })
                on:click=act(move |_| app.intend(Intent::GoTo(there.clone())))
            >
                <span>{sentences().room(rooms::title(&channel))}</span>
                <span class="switcher__hint">{(!is_open).then(|| words().join_or_create)}</span>
            </li>
        }
    };
    view! {
        <form class="switcher__form" on:submit=act(submit)>
            <input
                class="input"
                aria-label=words().room
                placeholder=words().room_placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                autofocus
                role="combobox"
                aria-expanded="true"
                aria-controls="offers"
                aria-activedescendant=live(move || format!("offer-{}", chosen.get()))
                prop:value=typed
                on:keydown=act_on_key(on_key)
                on:input:target=move |event| {
                    chosen.set(0);
                    typed.set(event.target().value());
                }
            />
            <ul id="offers" class="switcher__offers" role="listbox" aria-label=words().rooms>
                {part(move || offers.get().into_iter().enumerate().map(row).collect_view())}
            </ul>
            <p class="field__problem" role="alert">{live(problem)}</p>
        </form>
    }
}
