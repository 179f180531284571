//! The first screen of a new visitor: what the app is, and the question for a name.

use leptos::prelude::*;
use shared::ids::DisplayName;

use crate::core::intent::Intent;
use crate::core::people;
use crate::core::texts::words;
use crate::state::use_app;
use crate::ui::icon::Logo;
use crate::ui::live::{act, live};

/// Asks for a name.
#[component]
pub(crate) fn Welcome() -> impl IntoView {
    let app = use_app();
    let typed = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match DisplayName::parse(&typed.get_untracked()) {
            Ok(name) => app.intend(Intent::SetName(name)),
            Err(_) => problem.set(Some(people::name_problem(&typed.get_untracked()))),
        }
    };
    view! {
        <main class="welcome">
            <form class="welcome__card" on:submit=act(submit) novalidate>
                <Logo />
                <h1 class="welcome__title">{words().welcome_title}</h1>
                <p class="welcome__text">{words().welcome_text}</p>
                <label class="field">
                    <span class="field__label">{words().your_name}</span>
                    <input
                        class="input"
                        name="name"
                        autocomplete="nickname"
                        autofocus
                        required
                        placeholder=words().name_example
                        aria-describedby="welcome-problem"
                        aria-invalid=live(move || problem.with(Option::is_some).to_string())
                        prop:value=typed
                        on:input:target=move |event| {
                            problem.set(None);
                            typed.set(event.target().value());
                        }
                    />
                </label>
                <p id="welcome-problem" class="field__problem" role="alert">{problem}</p>
                <button type="submit" class="button button--primary button--wide">{words().start}</button>
                <p class="welcome__note">{words().welcome_note}</p>
            </form>
        </main>
    }
}
