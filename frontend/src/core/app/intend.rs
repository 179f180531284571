//! What the app does for the user, and with reports of the browser.

use shared::ids::DisplayName;
use shared::session::{Credential, Input, SessionConfig};
use shared::time::Timestamp;

use super::App;
use crate::core::day::Day;
use crate::core::effect::{Effect, Parts};
use crate::core::intent::{Attention, Intent, Panel, RoomIntent};
use crate::core::storage::key;
use crate::core::texts::words;

impl App {
    /// Handles an action of the user or a report of the browser.
    pub(crate) fn intend(&mut self, intent: Intent, attention: Attention, now: Timestamp) {
        self.context.now = now;
        self.context.attention = attention;
        match intent {
            Intent::Start => self.start(),
            Intent::SetName(name) => self.set_name(name),
            Intent::Arrive(route) => {
                self.store_all();
                self.arrive(route);
            }
            Intent::GoTo(channel) => self.go_to(channel),
            Intent::Close(channel) => self.close(&channel),
            Intent::Room(channel, intent) => {
                let next = self.room_mut(&channel).map(|(room, context)| room.intend(intent, context));
                self.send_again(next.unwrap_or_default());
            }
            Intent::Toggle(panel) => self.set_panel(Some(panel).filter(|_| self.panel != Some(panel))),
            Intent::Open(panel) => self.set_panel(Some(panel)),
            Intent::ClosePanel => self.set_panel(None),
            Intent::ToggleWire => self.toggle_wire(),
            Intent::Escape => self.escape(),
            Intent::ReadBell => self.read_bell(),
            Intent::ClearBell => {
                self.bell.clear(&mut self.context.storage);
                self.context.changed.add(Parts::BELL);
            }
            Intent::DismissToast(number) => {
                self.context.toasts.dismiss(number);
                self.context.changed.add(Parts::TOASTS);
            }
            Intent::HoldToast(number, hold, on) => self.context.toasts.hold(number, hold, on, now),
            Intent::Copied(true) => {
                self.context.toasts.add_success(words().copied, now);
                self.context.changed.add(Parts::TOASTS);
            }
            Intent::Copied(false) => {
                self.context.toast_error(words().not_copied, words().copying_blocked.to_owned());
            }
            Intent::ConnectNow => self.context.input(Input::ConnectNow),
            Intent::Elapsed => self.elapse(),
            Intent::AttentionChanged => self.attend(),
            Intent::Stored(key, text) => self.adopt(&key, text),
            Intent::NotStored(key) => self.was_not_stored(&key),
            Intent::StorageRead(texts) => self.context.storage_read(texts),
            Intent::OwnTab(tab) => {
                let messages = self.context.own_tab(tab);
                self.send_again(messages);
            }
            Intent::AdoptTab(tab) => {
                let messages = self.context.adopt_tab(&tab);
                self.send_again(messages);
            }
        }
    }

    /// Connects, if there is a name.
    fn start(&mut self) {
        if self.context.me.name.is_none() || self.has_started {
            return;
        }
        self.has_started = true;
        // The token is read now: if the name was asked for in two tabs, the second is the guest of the first.
        let token = Some(self.context.storage.get(key::TOKEN).to_owned()).filter(|token| !token.is_empty());
        let (credential, name) = (Credential::Guest(token), self.context.me.name.clone());
        self.context.effects.push_back(Effect::Begin(SessionConfig { credential, name }));
        // The room on the screen first.
        let current = self.current().cloned();
        let (shown, others): (Vec<_>, Vec<_>) =
            self.rooms.iter_mut().partition(|room| Some(room.channel()) == current.as_ref());
        shown.into_iter().chain(others).for_each(|room| room.join(&mut self.context));
        self.context.input(Input::Start);
        self.know_me();
        let messages = self.context.start_sending();
        self.send_again(messages);
    }

    fn set_name(&mut self, name: DisplayName) {
        self.context.storage.set(key::NAME, name.as_str());
        self.context.me.name = Some(name.clone());
        if self.has_started {
            self.context.input(Input::Rename(name));
            self.know_me();
        } else {
            self.start();
        }
    }

    /// Opens a panel or closes the open one. Before there is a name, there is nothing for it to show.
    pub(super) fn set_panel(&mut self, panel: Option<Panel>) {
        let panel = panel.filter(|_| self.context.me.name.is_some());
        if self.panel == panel {
            return;
        }
        self.panel = panel;
        self.context.changed.add(Parts::PANEL);
        if panel == Some(Panel::Bell) {
            // The list has them.
            self.context.toasts.dismiss_in_bell();
            self.context.changed.add(Parts::TOASTS);
            self.open_bell();
        }
    }

    fn toggle_wire(&mut self) {
        if self.context.me.name.is_some() {
            self.wire_is_open = !self.wire_is_open;
            self.context.changed.add(Parts::PANEL);
        }
    }

    fn escape(&mut self) {
        if self.panel.is_some() {
            self.set_panel(None);
        } else if self.wire_is_open {
            self.toggle_wire();
        } else if let Some(channel) = self.current().cloned()
            && let Some((room, context)) = self.room_mut(&channel)
        {
            room.intend(RoomIntent::Follow, context);
        }
    }

    fn attend(&mut self) {
        self.withdraw_read();
        let current = self.current().cloned();
        if !self.context.attention.is_visible() {
            return self.store_all();
        }
        if self.context.now >= self.today.ends {
            self.begin_day();
        }
        if let Some((room, _)) = current.and_then(|channel| self.room_mut(&channel)) {
            room.return_to();
        }
    }

    fn begin_day(&mut self) {
        self.today = Day::of(self.context.now, self.context.day_of);
        self.context.changed.add(Parts::TODAY);
    }

    fn elapse(&mut self) {
        self.rooms.iter_mut().for_each(|room| room.elapse(&mut self.context));
        if self.context.toasts.expire(self.context.now) {
            self.context.changed.add(Parts::TOASTS);
        }
        if self.context.now >= self.today.ends {
            self.begin_day();
        }
    }
}
