//! The reader's own panel: the name, and the ids that a push needs.

use leptos::prelude::*;
use shared::ids::DisplayName;
use shared::session::Status;

use super::copyable::Copyable;
use super::dialog::{Dialog, Modality};
use crate::core::intent::{Intent, Panel};
use crate::core::people;
use crate::core::texts::words;
use crate::state::use_app;
use crate::ui::live::{act, shown};

/// The panel that the reader's avatar in the top bar opens.
#[component]
pub(crate) fn Profile() -> impl IntoView {
    view! {
        <Dialog panel=Panel::Profile modality=Modality::Popover label=words().you class="profile">
            <NameForm />
            <Ids />
        </Dialog>
    }
}

#[component]
fn NameForm() -> impl IntoView {
    let app = use_app();
    let name = app.me.with_untracked(|me| me.name.as_ref().map(DisplayName::to_string));
    let typed = RwSignal::new(name.unwrap_or_default());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match DisplayName::parse(&typed.get_untracked()) {
            Ok(name) => {
                app.intend(Intent::SetName(name));
                app.intend(Intent::ClosePanel);
            }
            Err(_) => problem.set(Some(people::name_problem(&typed.get_untracked()))),
        }
    };
    view! {
        <form class="profile__form" on:submit=act(submit)>
            <label class="field">
                <span class="field__label">{words().name}</span>
                <input
                    class="input"
                    autocomplete="nickname"
                    prop:value=typed
                    on:input:target=move |event| {
                        problem.set(None);
                        typed.set(event.target().value());
                    }
                />
            </label>
            <button type="submit" class="button button--primary">{words().save}</button>
            <p class="field__problem" role="alert">{problem}</p>
        </form>
    }
}

#[component]
fn Ids() -> impl IntoView {
    let app = use_app();
    let user = Signal::derive(move || {
        app.me
            .with(|me| me.user.as_ref().map_or_else(|| words().user_unknown.to_owned(), ToString::to_string))
    });
    let connection = Signal::derive(move || match app.status.get() {
        Status::Online { connection } => connection.to_string(),
        _ => words().no_connection.to_owned(),
    });
    view! {
        <dl class="profile__ids">
            <div class="profile__id">
                <dt>{words().user}</dt>
                <dd>
                    <span data-testid="profile-user">{user}</span>
                    {shown(move || app.me.with(|me| me.user.is_some()), move || view! {
                        <Copyable text=user label=words().copy_user /> })}
                </dd>
            </div>
            <div class="profile__id">
                <dt>{words().connection}</dt>
                <dd>
                    <span>{connection}</span>
                    {shown(move || app.is_online(), move || view! {
                        <Copyable text=connection label=words().copy_connection /> })}
                </dd>
            </div>
        </dl>
        <p class="profile__note">{words().ids_hint} " " <a href="#/push" on:click=act(move |_| app.intend(Intent::ClosePanel))>{words().ids_try}</a></p>
    }
}
