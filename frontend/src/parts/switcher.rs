//! One field to go to a room, open or not.

use leptos::prelude::*;
use shared::ids::ChannelName;
use web_sys::KeyboardEvent;

use super::dialog::{Dialog, Manner};
use crate::core::rooms::{self, parse_room};
use crate::state::{Panel, use_tidings};
use crate::ui::live::{act, act_on_key, live, memo, part};

/// The room switcher.
#[component]
pub(crate) fn Switcher() -> impl IntoView {
    view! {
        <Dialog
            panel=Panel::Switcher
            manner=Manner::Modal
            label="Go to a room"
            class="switcher"
            testid="switcher"
        >
            <Field />
        </Dialog>
    }
}

#[component]
fn Field() -> impl IntoView {
    let tidings = use_tidings();
    let typed = RwSignal::new(String::new());
    let chosen = RwSignal::new(0_usize);
    let offers = memo(move || tidings.rooms.with(|rooms| rooms::offers(rooms, &typed.get())));
    let problem = move || {
        let typed = typed.get();
        let wrong = !typed.trim().is_empty() && offers.with(Vec::is_empty);
        wrong.then(|| parse_room(&typed).err().map(|error| error.to_string())).flatten()
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
            tidings.go_to(&channel);
        }
    };
    let row = move |(index, channel): (usize, ChannelName)| {
        let is_open = tidings.rooms.with_untracked(|rooms| rooms.iter().any(|room| *room == channel));
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
                on:click=act(move |_| tidings.go_to(&there))
            >
                <span>{format!("#{}", rooms::title(&channel))}</span>
                <span class="switcher__hint">{if is_open { "Go" } else { "Open" }}</span>
            </li>
        }
    };
    view! {
        <form class="switcher__form" on:submit=act(submit)>
            <input
                class="input"
                data-testid="open-room-name"
                aria-label="Room"
                placeholder="A room’s name, such as design"
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
            <ul id="offers" class="switcher__offers" role="listbox" aria-label="Rooms">
                {part(move || offers.get().into_iter().enumerate().map(row).collect_view())}
            </ul>
            <p class="field__problem" role="alert">{live(problem)}</p>
        </form>
    }
}
