//! The badge with the state of the connection.

use std::time::Duration;

use leptos::prelude::*;
use shared::session::Status;

use crate::core::intent::Intent;
use crate::core::status;
use crate::core::texts::{sentences, words};
use crate::state::{now as now_is, use_app};
use crate::ui::live::{act, live, memo, part};

/// Interval of the countdown's updates, in milliseconds. It shows whole seconds.
const TICK_MS: u64 = 250;

/// Renders the badge. While the connection is lost, it has a button to retry.
#[component]
pub(crate) fn Connection() -> impl IntoView {
    let app = use_app();
    let status = app.status;
    let now = RwSignal::new(now_is());
    let is_waiting = memo(move || status.with(|status| matches!(status, Status::Waiting { .. })));
    Effect::new(move |_| {
        if is_waiting.get() {
            now.set(now_is());
            let ticking = set_interval_with_handle(move || now.set(now_is()), Duration::from_millis(TICK_MS));
            on_cleanup(move || {
                if let Ok(ticking) = ticking {
                    ticking.clear();
                }
            });
        }
    });
    let label = memo(move || status.with(|status| status::label(status, now.get())));
    let number = move || match status.get() {
        Status::Online { connection } => Some(connection.to_string()),
        _ => None,
    };
    let reason = move || match status.get() {
        Status::Ended { reason, .. } => Some(reason),
        _ => None,
    };
    let retry = move || match status.get() {
        Status::Waiting { .. } => Some(words().retry_now),
        Status::Ended { .. } => Some(words().reconnect),
        _ => None,
    };
    view! {
        <div
            class="connection"
            data-testid="connection"
            data-state=live(move || status.with(status::name))
            title=live(move || number().map(|number| sentences().connection(&number)).or_else(reason))
        >
            <span class="connection__dot" aria-hidden="true"></span>
            <span class="connection__label" aria-hidden="true">{label}</span>
            <span class="connection__reason">{live(reason)}</span>
            {part(move || {
                retry().map(|text| {
                    view! {
                        <button
                            type="button"
                            class="button button--small"
                            on:click=act(move |_| app.intend(Intent::ConnectNow))
                        >
                            {text}
                        </button>
                    }
                })
            })}
            <span class="visually-hidden" role="status">{live(move || status.with(status::announcement))}</span>
        </div>
    }
}
