//! Who one is: the name to change, and the ids that others need to push to this page.

use leptos::prelude::*;
use shared::ids::DisplayName;
use shared::session::Status;

use super::copyable::Copyable;
use super::dialog::{Dialog, Manner};
use crate::state::{Panel, use_tidings};
use crate::ui::live::act;

/// The panel behind the own avatar.
#[component]
pub(crate) fn Profile() -> impl IntoView {
    view! {
        <Dialog panel=Panel::Profile manner=Manner::Popover label="You" class="profile" testid="profile-panel">
            <NameForm />
            <Ids />
        </Dialog>
    }
}

#[component]
fn NameForm() -> impl IntoView {
    let tidings = use_tidings();
    let name = tidings.me.with_untracked(|me| me.name.as_ref().map(DisplayName::to_string));
    let typed = RwSignal::new(name.unwrap_or_default());
    let problem = RwSignal::new(None::<String>);
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match DisplayName::parse(&typed.get_untracked()) {
            Ok(name) => {
                tidings.set_name(name);
                tidings.panel.set(None);
            }
            Err(error) => problem.set(Some(format!("That does not work: {error}."))),
        }
    };
    view! {
        <form class="profile__form" on:submit=act(submit)>
            <label class="field">
                <span class="field__label">"Name"</span>
                <input
                    class="input"
                    data-testid="profile-name"
                    autocomplete="nickname"
                    prop:value=typed
                    on:input:target=move |event| {
                        problem.set(None);
                        typed.set(event.target().value());
                    }
                />
            </label>
            <button type="submit" class="button button--primary" data-testid="profile-save">"Save"</button>
            <p class="field__problem" role="alert">{problem}</p>
        </form>
    }
}

#[component]
fn Ids() -> impl IntoView {
    let tidings = use_tidings();
    let user = Signal::derive(move || {
        tidings.me.with(|me| me.user.as_ref().map_or_else(|| "not known yet".to_owned(), ToString::to_string))
    });
    let connection = Signal::derive(move || match tidings.status.get() {
        Status::Online { connection } => connection.to_string(),
        _ => "none right now".to_owned(),
    });
    view! {
        <dl class="profile__ids">
            <div class="profile__id">
                <dt>"User"</dt>
                <dd>
                    <span data-testid="profile-user">{user}</span>
                    <Copyable text=user label="Copy the user id" />
                </dd>
            </div>
            <div class="profile__id">
                <dt>"Connection"</dt>
                <dd>
                    <span data-testid="profile-connection">{connection}</span>
                    <Copyable text=connection label="Copy the connection number" />
                </dd>
            </div>
        </dl>
        <p class="profile__note">"A back end pushes to you with one of these. Try it on the " <a href="#/push" on:click=act(move |_| tidings.panel.set(None))>"Push page"</a>"."</p>
    }
}
