//! Which tab this page is, and whose unsent messages it sends: its own, and those of tabs that are gone.

use std::time::Duration;

use leptos::prelude::*;
use shared::ids::{ChannelName, MessageId};
use shared::protocol::Payload;
use shared::session::Status;

use super::tidings::Tidings;
use crate::browser::storage::Store;
use crate::browser::{clock, locks};
use crate::core::timeline::Body;
use crate::core::unsent::{TabId, Unsent, UnsentMessage};

/// How long a tab's lock has to be free until the tab counts as gone, in milliseconds: it may be loading anew.
const GONE_AFTER_MS: u64 = 3_000;

/// The unsent messages, and what is known of other tabs. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Outbox {
    unsent: StoredValue<Unsent<Store>>,
    /// The tabs whose locks this page holds or waits for.
    known_tabs: StoredValue<Vec<TabId>>,
    /// Whether the reader has been told that messages are at risk, and some still are.
    warned: StoredValue<bool>,
}

impl Outbox {
    pub(super) fn new() -> Self {
        // Without https there are no locks, and tabs cannot tell who else lives: then each keeps its own, and it ends
        // with the tab.
        let has_locks = locks::are_there();
        let keep = if has_locks { Store::Local } else { Store::Tab };
        Self {
            unsent: StoredValue::new(Unsent::new(keep, has_locks)),
            known_tabs: StoredValue::new(Vec::new()),
            warned: StoredValue::new(false),
        }
    }
}

impl Tidings {
    /// Finds out which tab this is, sends what was written in it before, and what tabs have left that are gone.
    pub(super) fn begin_unsent(self) {
        let noted = TabId::parse(&Store::Tab.get("tab"));
        if !locks::are_there() {
            return self.begin_as(noted.unwrap_or_else(new_tab));
        }
        // Whoever opens a new tab after an earlier one need not wait for its messages. Where several tabs come back
        // at once, each finds its own.
        let wait_ms = if noted.is_some() { GONE_AFTER_MS } else { 0 };
        let go_on = move |tab: TabId| {
            self.begin_as(tab);
            self.look_for_others(wait_ms);
            drop(window_event_listener(leptos::ev::storage, move |event| {
                if let Some(tab) = event.key().and_then(|key| Store::own_key(&key).and_then(TabId::of_key)) {
                    self.watch(tab);
                }
            }));
        };
        let take_new = move || {
            let tab = new_tab();
            locks::take(&lock_name(&tab), move || go_on(tab));
        };
        let Some(noted) = noted else { return take_new() };
        locks::try_take(&lock_name(&noted.clone()), move |is_held| {
            // A tab that was duplicated has what the first one noted, and that one lives.
            if is_held { go_on(noted) } else { take_new() }
        });
    }

    /// Notes a tab. Returns whether it is new.
    fn get_to_know(self, tab: &TabId) -> bool {
        let is_new = self.outbox.known_tabs.with_value(|known| !known.contains(tab));
        if is_new {
            self.outbox.known_tabs.update_value(|known| known.push(tab.clone()));
        }
        is_new
    }

    fn begin_as(self, tab: TabId) {
        Store::Tab.set("tab", &tab.to_string());
        self.get_to_know(&tab);
        let messages = self.outbox.unsent.try_update_value(|unsent| unsent.begin(tab));
        self.send_again(messages.unwrap_or_default());
    }

    /// Takes over from tabs that have been gone for `wait_ms`, and waits for the others to go.
    fn look_for_others(self, wait_ms: u64) {
        for tab in self.outbox.unsent.with_value(Unsent::tabs) {
            if wait_ms > 0 {
                self.watch(tab);
            } else if self.get_to_know(&tab) {
                self.take_over(tab);
            }
        }
    }

    /// Waits until `tab` is gone, to take over from it.
    fn watch(self, tab: TabId) {
        if !self.get_to_know(&tab) {
            return;
        }
        locks::when_free(&lock_name(&tab), move || {
            set_timeout(move || self.take_over(tab), Duration::from_millis(GONE_AFTER_MS));
        });
    }

    fn take_over(self, tab: TabId) {
        locks::try_take(&lock_name(&tab.clone()), move |is_held| {
            if is_held {
                let messages = self.outbox.unsent.try_update_value(|unsent| unsent.adopt(&tab));
                return self.send_again(messages.unwrap_or_default());
            }
            // It has come back, or another was quicker.
            self.outbox.known_tabs.update_value(|known| known.retain(|other| *other != tab));
            if self.outbox.unsent.with_value(Unsent::tabs).contains(&tab) {
                self.watch(tab);
            }
        });
    }

    /// Sends what an earlier page has not. Whose token that page had does not matter: it was the same person's
    /// browser, and the sender of a message is who brings it into the log.
    fn send_again(self, messages: Vec<UnsentMessage>) {
        for UnsentMessage { channel, message_id, payload } in messages {
            // What is shown has to be found, also where its room has been closed meanwhile.
            if Body::of(&payload).is_some() {
                self.open(&channel);
            }
            self.room(&channel).write(self, message_id, payload);
        }
    }

    /// Remembers a message until the log has it.
    pub(crate) fn remember_unsent(self, channel: ChannelName, message_id: MessageId, payload: &Payload) {
        let message = UnsentMessage { channel, message_id, payload: payload.clone() };
        let is_kept = self.outbox.unsent.try_update_value(|unsent| unsent.add(&message)) != Some(false);
        // While there is a connection, it is in the log before anybody has read this.
        let is_online = self.status.with_untracked(|status| matches!(status, Status::Online { .. }));
        if !is_kept && !is_online && !self.outbox.warned.get_value() {
            self.outbox.warned.set_value(true);
            let why = if locks::are_there() {
                "This browser has no room to keep it."
            } else {
                "This address is not secure (no https), so the browser keeps it for this tab alone."
            };
            let body = format!("{why} Leave this page open until the message is sent.");
            self.toasts.update(|toasts| toasts.add_error("Only on this page so far", body));
        }
    }

    /// The log has it, or it is given up.
    pub(crate) fn forget_unsent(self, message_id: MessageId) {
        let next = self.outbox.unsent.try_update_value(|unsent| unsent.remove(message_id));
        self.outbox
            .warned
            .update_value(|warned| *warned &= self.outbox.unsent.with_value(Unsent::is_at_risk));
        self.send_again(next.unwrap_or_default());
    }

    /// Has the browser ask before a page is left whose messages are kept nowhere else.
    pub(super) fn guard_unsent(self) {
        drop(window_event_listener(leptos::ev::beforeunload, move |event| {
            if self.outbox.unsent.with_value(Unsent::is_at_risk) {
                event.prevent_default();
            }
        }));
    }
}

fn new_tab() -> TabId {
    TabId::new(clock::seed())
}

fn lock_name(tab: &TabId) -> String {
    format!("tab.{tab}")
}
