//! One message of a room.

use std::sync::Arc;

use leptos::prelude::*;
use shared::session::Delivery;
use shared::time::Timestamp;

use super::actions::Actions;
use super::avatar::Avatar;
use super::notice::NoticeText;
use super::text::Text;
use crate::core::intent::RoomIntent;
use crate::core::rich::is_emoji_only;
use crate::core::texts::{sentences, words};
use crate::core::timeline::{Body, Entry, Reaction};
use crate::state::{Room, time_label, times, use_app};
use crate::ui::icon::{Glyph, Icon};
use crate::ui::live::{act, live, memo, part, shown};

/// Renders author, content, reactions, and for an own message its delivery state.
#[component]
pub(crate) fn Message(room: Room, entry: Memo<Arc<Entry>>, grouped: Memo<bool>) -> impl IntoView {
    let first = entry.get_untracked();
    let (id, mine, from) = (first.id, first.mine, first.from.clone());
    let mentions_me = memo(move || entry.with(|entry| entry.mentions_me));
    // The time of an own message changes when the log has it.
    let at = memo(move || entry.with(|entry| entry.at));
    // The buttons are most of a row's elements and few rows are ever hovered, so render them at the first hover or focus.
    let is_near = RwSignal::new(false);
    let body = memo(move || entry.with(|entry| entry.body.clone()));
    let reactions = memo(move || entry.with(|entry| entry.reactions.clone()));
    let delivery = memo(move || entry.with(|entry| entry.delivery.clone()));
    view! {
        <li
            class="message"
            class:message--mine=mine
            class:message--grouped=live(move || grouped.get())
            class:message--mention=live(move || mentions_me.get())
            data-testid="message"
            on:mouseenter=act(move |_| is_near.set(true))
            on:focusin=act(move |_| is_near.set(true))
            tabindex="-1"
            data-message-id=id.to_string()
            data-delivery=live(move || delivery.with(delivery_name))
        >
            <Avatar user=from.user.clone() name=from.name.to_string() />
            <div class="message__main">
                <div class="message__head">
                    <span class="message__author" data-testid="message-author">{from.name.to_string()}</span>
                    <Time at />
                </div>
                <div class="message__line">
                    {part(move || view! { <Content room body=body.get() /> })}
                    {mine.then(|| view! { <Progress delivery /> })}
                </div>
                <Reactions room id reactions />
                {mine.then(|| view! { <Failure room id delivery /> })}
            </div>
            {shown(move || is_near.get(), move || view! { <Actions room entry /> })}
        </li>
    }
}

/// The time of a message. The tooltip and the attribute have the date too.
#[component]
fn Time(at: Memo<Timestamp>) -> impl IntoView {
    let exact = memo(move || times(at.get()));
    view! {
        <time
            class="message__time"
            aria-hidden="true"
            datetime=live(move || exact.with(|exact| exact.datetime.clone()))
            title=live(move || exact.with(|exact| exact.full.clone()))
        >
            {live(move || time_label(at.get()))}
        </time>
    }
}

fn delivery_name(delivery: &Delivery) -> &'static str {
    match delivery {
        Delivery::Local => "local",
        Delivery::Accepted { .. } => "accepted",
        Delivery::Failed { .. } => "failed",
    }
}

#[component]
fn Content(room: Room, body: Body) -> impl IntoView {
    match body {
        Body::Chat { text, edited, .. } => {
            let is_large = is_emoji_only(&text);
            view! {
                <div class="message__text" class:message__text--emoji=is_large dir="auto" data-testid="message-text">
                    <Text text room=Some(room) is_edited=edited />
                </div>
            }
            .into_any()
        }
        Body::Notice(notice) => {
            let class = format!("message__text notice notice--{}", notice.level.as_str());
            view! { <div class=class data-testid="message-text"><NoticeText notice /></div> }.into_any()
        }
        Body::Retracted => view! {
            <p class="message__text message__text--quiet" data-testid="message-text">{words().message_deleted}</p>
        }
        .into_any(),
        Body::Custom { name } => view! {
            <p class="message__text message__text--quiet" data-testid="message-text">
                {sentences().custom(&name)}
            </p>
        }
        .into_any(),
        Body::Unsupported { kind } => view! {
            <p class="message__text message__text--quiet" data-testid="message-text">
                {sentences().unsupported(&kind)}
            </p>
        }
        .into_any(),
    }
}

/// The delivery state of an own message. The style sheet shows "sending" only after a delay.
#[component]
fn Progress(delivery: Memo<Delivery>) -> impl IntoView {
    part(move || {
        let (icon, label) = match delivery.get() {
            Delivery::Local => (Icon::Clock, words().sending),
            Delivery::Accepted { .. } => (Icon::Check, words().sent),
            Delivery::Failed { .. } => (Icon::Alert, words().not_sent),
        };
        view! { <span class="message__progress" role="img" aria-label=label title=label><Glyph icon /></span> }
    })
}

#[component]
fn Failure(room: Room, id: shared::ids::MessageId, delivery: Memo<Delivery>) -> impl IntoView {
    let app = use_app();
    part(move || {
        let Delivery::Failed { refusal } = delivery.get() else { return None };
        Some(view! {
            <div class="message__failure" role="alert">
                <span>{sentences().not_sent(&refusal)}</span>
                <button
                    type="button"
                    class="button button--small"
                    on:click=act(move |_| app.in_room(room, RoomIntent::Retry(id)))
                >
                    {words().retry}
                </button>
                <button type="button" class="button button--small" on:click=act(move |_| app.in_room(room, RoomIntent::Discard(id)))>
                    {words().delete}
                </button>
            </div>
        })
    })
}

#[component]
fn Reactions(room: Room, id: shared::ids::MessageId, reactions: Memo<Vec<Reaction>>) -> impl IntoView {
    let app = use_app();
    let chip = move |Reaction { emoji, users, mine }: Reaction| {
        let label = sentences().reaction(&emoji, users.len(), mine);
        let toggle = RoomIntent::React { of: id, emoji: emoji.clone(), on: !mine };
        view! {
            <button
                type="button"
                class="reaction"
                aria-label=label
                aria-pressed=mine.to_string()
                on:click=act(move |_| app.in_room(room, toggle.clone()))
            >
                <span>{emoji}</span>
                <span>{users.len()}</span>
            </button>
        }
    };
    part(move || {
        let reactions = reactions.get();
        (!reactions.is_empty())
            .then(|| view! { <div class="reactions">{reactions.into_iter().map(chip).collect_view()}</div> })
    })
}
