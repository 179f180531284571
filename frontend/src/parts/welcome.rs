//! The first thing a new visitor sees: what this is, and a name to choose.

use leptos::prelude::*;
use shared::ids::DisplayName;
use shared::limits::NAME_CHARS_MAX;

use crate::state::use_tidings;
use crate::ui::icon::Logo;
use crate::ui::live::{act, live};

/// Asks for a name.
#[component]
pub(crate) fn Welcome() -> impl IntoView {
    let tidings = use_tidings();
    let typed = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match DisplayName::parse(&typed.get_untracked()) {
            Ok(name) => tidings.set_name(name),
            Err(error) => problem.set(Some(format!("That does not work: {error}."))),
        }
    };
    view! {
        <main class="welcome">
            <form class="welcome__card" data-testid="welcome" on:submit=act(submit) novalidate>
                <Logo />
                <h1 class="welcome__title">"Welcome to Tidings"</h1>
                <p class="welcome__text">"Talk, and hear at once what is new. What should others call you?"</p>
                <label class="field">
                    <span class="field__label">"Your name"</span>
                    <input
                        class="input"
                        name="name"
                        autocomplete="nickname"
                        autofocus
                        required
                        maxlength=NAME_CHARS_MAX.to_string()
                        placeholder="Ada Lovelace"
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
                <button type="submit" class="button button--primary button--wide">"Start talking"</button>
                <p class="welcome__note">"No account. You stay the same guest in this browser."</p>
            </form>
        </main>
    }
}
