//! Which tab this page is, and which other tabs are gone. A page holds its tab's lock. Whoever holds the lock of a tab sends
//! the unsent messages of that tab.

use std::time::Duration;

use leptos::prelude::*;
use web_sys::StorageEvent;

use super::engine::Engine;
use crate::browser::listen::listen_for_good;
use crate::browser::storage::Store;
use crate::browser::{clock, locks};
use crate::core::intent::Intent;
use crate::core::unsent::TabId;

/// A tab counts as gone if its lock is free for so long, in milliseconds: it may be reloading.
const GONE_AFTER_MS: u64 = 3_000;

/// The tabs whose locks this page holds or waits for.
#[derive(Clone, Copy)]
struct Tabs {
    engine: Engine,
    known: StoredValue<Vec<TabId>>,
}

/// Finds out which tab this is, and takes over from tabs that are gone.
pub(super) fn begin(engine: Engine) {
    let tabs = Tabs { engine, known: StoredValue::new(Vec::new()) };
    let noted = TabId::parse(&Store::Tab.get("tab"));
    if !locks::are_there() {
        return tabs.own(noted.unwrap_or_else(new_tab));
    }
    // A new tab takes over at once. If several tabs are restored at the same time, each waits, so that each finds its own.
    let wait_ms = if noted.is_some() { GONE_AFTER_MS } else { 0 };
    let go_on = move |tab: TabId| {
        tabs.own(tab);
        tabs.look_for_others(wait_ms);
        listen_for_good("storage", move |event: StorageEvent| {
            if let Some(tab) = event.key().and_then(|key| Store::own_key(&key).and_then(TabId::of_key)) {
                tabs.watch(tab);
            }
        });
    };
    let begin_as_new_tab = move || {
        let tab = new_tab();
        locks::acquire(&lock_name(&tab), move || go_on(tab));
    };
    let Some(noted) = noted else { return begin_as_new_tab() };
    locks::try_acquire(&lock_name(&noted.clone()), move |is_held| {
        // A duplicated tab has the note of the first one, which is still open.
        if is_held { go_on(noted) } else { begin_as_new_tab() }
    });
}

impl Tabs {
    /// Notes a tab. Returns whether it is new.
    fn note(self, tab: &TabId) -> bool {
        let is_new = self.known.with_value(|known| !known.contains(tab));
        if is_new {
            self.known.update_value(|known| known.push(tab.clone()));
        }
        is_new
    }

    fn own(self, tab: TabId) {
        Store::Tab.set("tab", &tab.to_string());
        self.note(&tab);
        self.engine.intend(Intent::OwnTab(tab));
    }

    /// Takes over from tabs that have been gone for `wait_ms`, and waits for the others to go.
    fn look_for_others(self, wait_ms: u64) {
        for tab in self.engine.read(|core| core.tabs()) {
            if wait_ms > 0 {
                self.watch(tab);
            } else if self.note(&tab) {
                self.adopt_if_closed(tab);
            }
        }
    }

    /// Adopts the messages of `tab` when it is gone.
    fn watch(self, tab: TabId) {
        if !self.note(&tab) {
            return;
        }
        locks::when_free(&lock_name(&tab), move || {
            set_timeout(move || self.adopt_if_closed(tab), Duration::from_millis(GONE_AFTER_MS));
        });
    }

    fn adopt_if_closed(self, tab: TabId) {
        locks::try_acquire(&lock_name(&tab.clone()), move |is_held| {
            if is_held {
                return self.engine.intend(Intent::AdoptTab(tab));
            }
            // The tab is open again, or another tab has taken it over.
            self.known.update_value(|known| known.retain(|other| *other != tab));
            if self.engine.read(|core| core.tabs()).contains(&tab) {
                self.watch(tab);
            }
        });
    }
}

fn new_tab() -> TabId {
    TabId::new(clock::seed())
}

fn lock_name(tab: &TabId) -> String {
    format!("tab.{tab}")
}
