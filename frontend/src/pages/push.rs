//! The push page: sends to a room, a user or a connection with the HTTP API.

use leptos::prelude::*;
use shared::protocol::Level;

use crate::core::curl;
use crate::core::push_form::{Outcome, PushEdit, PushForm, Target};
use crate::core::texts::{sentences, words};
use crate::parts::Copyable;
use crate::state::PushState;
use crate::ui::live::{act, live, memo, part, shown};

/// The push page.
#[component]
pub(crate) fn Push() -> impl IntoView {
    let push = PushState::new();
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        push.send();
    };
    view! {
        <main id="main" class="push">
            <div class="push__page">
                <p class="push__intro">
                    {words().push_intro}
                </p>
                <form class="push__form" on:submit=act(submit) novalidate>
                    <Key push />
                    <Recipient push />
                    <Content push />
                    <div class="push__actions">
                        <button
                            type="submit"
                            class="button button--primary"
                            disabled=live(move || push.is_sending())
                        >
                            {live(move || if push.is_sending() { words().push_sending } else { words().push_send })}
                        </button>
                        <Result push />
                    </div>
                </form>
                <Curl push />
            </div>
        </main>
    }
}

#[component]
fn Key(push: PushState) -> impl IntoView {
    let is_shown = RwSignal::new(false);
    view! {
        <div class="field">
            <label class="field__label" for="push-key">{words().api_key}</label>
            <div class="push__key">
                <input
                    id="push-key"
                    class="input"
                    type=live(move || if is_shown.get() { "text" } else { "password" })
                    autocomplete="off"
                    spellcheck="false"
                    prop:value=live(move || push.key())
                    on:input:target=move |event| {
                        push.set_key(&event.target().value());
                    }
                />
                <button
                    type="button"
                    class="button"
                    aria-pressed=live(move || is_shown.get().to_string())
                    on:click=act(move |_| is_shown.update(|shown| *shown = !*shown))
                >
                    {live(move || if is_shown.get() { words().hide } else { words().show })}
                </button>
            </div>
            <span class="field__hint">{words().api_key_hint}</span>
        </div>
    }
}

#[component]
fn Recipient(push: PushState) -> impl IntoView {
    let option = move |target: Target| {
        view! {
            <label class="choice">
                <input
                    type="radio"
                    name="target"
                    value=target.as_str()
                    prop:checked=live(move || push.with_form(|form| form.target == target))
                    on:change=act(move |_| push.edit(PushEdit::Target(target)))
                />
                <span class="choice__label">{target.label()}</span>
            </label>
        }
    };
    view! {
        <fieldset class="field">
            <legend class="field__label">{words().push_to}</legend>
            <div class="choices">{Target::ALL.map(option).collect_view()}</div>
            <input
                class="input"
                aria-label=words().recipient
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=live(move || push.with_form(|form| form.target.example()))
                prop:value=live(move || push.with_form(|form| form.to.clone()))
                on:input:target=move |event| push.edit(PushEdit::To(event.target().value()))
            />
        </fieldset>
    }
}

#[component]
fn Content(push: PushState) -> impl IntoView {
    let notifies = memo(move || push.with_form(|form| form.notifies));
    view! {
        <label class="field">
            <span class="field__label">{words().push_type}</span>
            <select
                class="input"
                on:change:target=move |event| {
                    push.edit(PushEdit::Notifies(event.target().value() == "notification"));
                }
            >
                <option value="notification">{words().notification}</option>
                <option value="chat">{words().chat_message}</option>
            </select>
        </label>
        {shown(move || notifies.get(), move || view! {
            <div class="push__pair">
                <label class="field">
                    <span class="field__label">{words().title}</span>
                    <input
                        class="input"
                        placeholder=words().title_example
                        prop:value=live(move || push.with_form(|form| form.title.clone()))
                        on:input:target=move |event| push.edit(PushEdit::Title(event.target().value()))
                    />
                </label>
                <label class="field">
                    <span class="field__label">{words().level}</span>
                    <select
                        class="input"
                        on:change:target=move |event| {
                            let value = event.target().value();
                            let chosen = Level::ALL.iter().copied().find(|level| level.as_str() == value);
                            push.edit(PushEdit::Level(chosen.unwrap_or_default()));
                        }
                    >
                        {Level::ALL.iter().map(|level| view! { <option value=level.as_str()>{sentences().level(*level)}</option> }).collect_view()}
                    </select>
                </label>
            </div> })}
        <label class="field">
            <span class="field__label">{words().text}</span>
            <textarea
                class="input push__text"
                rows="3"
                prop:value=live(move || push.with_form(|form| form.text.clone()))
                on:input:target=move |event| push.edit(PushEdit::Text(event.target().value()))
            ></textarea>
        </label>
        {shown(move || notifies.get(), move || view! {
            <label class="field">
                <span class="field__label">{words().link}</span>
                <input
                    class="input"
                    type="url"
                    placeholder="https://example.org/builds/7"
                    prop:value=live(move || push.with_form(|form| form.link.clone()))
                    on:input:target=move |event| push.edit(PushEdit::Link(event.target().value()))
                />
            </label> })}
    }
}

#[component]
fn Result(push: PushState) -> impl IntoView {
    view! {
        <p class="push__result" role="status">
            {part(move || match push.outcome() {
                None => ().into_any(),
                Some(Outcome::Done(text)) => view! { <span class="push__done">{text}</span> }.into_any(),
                Some(Outcome::Refused(text)) => view! { <span class="push__refused">{text}</span> }.into_any(),
            })}
        </p>
    }
}

/// The same request as a curl command.
#[component]
fn Curl(push: PushState) -> impl IntoView {
    let command = Signal::derive(move || {
        let request = push.with_form(PushForm::preview);
        let origin = location().origin().unwrap_or_default();
        curl::post(&format!("{origin}{}", request.path), &request.body)
    });
    view! {
        <section class="push__line" aria-label=words().curl_title>
            <header class="push__line-head">
                <h2 class="field__label">{words().curl_title}</h2>
                <Copyable text=command label=words().copy />
            </header>
            <pre class="push__curl" tabindex="0">{command}</pre>
        </section>
    }
}
