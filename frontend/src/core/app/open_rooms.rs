//! Which rooms are open, and which one is on the screen.

use shared::ids::{ChannelName, Offset};
use shared::session::Input;

use super::App;
use crate::core::effect::{Changed, Effect, Parts};
use crate::core::intent::Panel;
use crate::core::room::Room;
use crate::core::rooms::{Rooms, is_room};
use crate::core::route::Route;
use crate::core::storage::key;

impl App {
    /// The address of the page has changed.
    pub(super) fn arrive(&mut self, route: Route) {
        if self.route != route {
            self.context.changed.add(Parts::ROUTE);
        }
        // The inbox is behind the bell; it is not a room.
        if route == Route::Inbox && self.context.me.name.is_some() {
            self.set_panel(Some(Panel::Bell));
        }
        self.route = route;
        let Some(channel) = self.current().cloned() else { return };
        self.open(&channel);
        if let Some((room, _)) = self.room_mut(&channel) {
            room.enter();
        }
    }

    /// Goes to a room, or opens the bell for the inbox.
    pub(super) fn go_to(&mut self, channel: ChannelName) {
        if !is_room(&channel) {
            // The address may name the inbox already, and then it would not change.
            return self.set_panel(Some(Panel::Bell));
        }
        self.set_panel(None);
        self.context.effects.push_back(Effect::Navigate(Route::Room(Some(channel))));
    }

    /// Opens a room, if it is not open.
    pub(super) fn open(&mut self, channel: &ChannelName) {
        if !is_room(channel) {
            return;
        }
        self.change_rooms(|rooms| rooms.open(channel.clone()));
        self.add_room(channel);
    }

    fn add_room(&mut self, channel: &ChannelName) {
        if self.room(channel).is_some() {
            return;
        }
        let mut room = Room::new(channel, &self.context);
        if self.has_started {
            room.join(&mut self.context);
        }
        self.rooms.push(room);
    }

    /// Closes a room.
    pub(super) fn close(&mut self, channel: &ChannelName) {
        if !self.change_rooms(|rooms| rooms.close(channel)) {
            return;
        }
        let was_current = self.current() == Some(channel);
        self.remove_room(channel);
        if was_current {
            self.context.effects.push_back(Effect::Navigate(Route::Room(None)));
        }
    }

    fn remove_room(&mut self, channel: &ChannelName) {
        if let Some((room, context)) = self.room_mut(channel) {
            room.store(context);
        }
        self.rooms.retain(|room| room.channel() != channel);
        // Nobody can read them any more, so they must not wait for that.
        if self.bell.read_to(channel, Offset(u64::MAX)) {
            self.context.changed.add(Parts::BELL);
        }
        self.context.history.cancel(channel);
        self.context.input(Input::Unsubscribe { channel: channel.clone() });
        let changed = Changed::Room(channel.clone(), Parts::ALL);
        self.context.effects.push_back(Effect::Changed(changed));
    }

    /// Changes the open rooms, and the stored ones, which another tab may have changed meanwhile. Returns whether the open
    /// rooms have changed.
    fn change_rooms(&mut self, change: impl Fn(&mut Rooms) -> bool) -> bool {
        if !change(&mut self.order) {
            return false;
        }
        let mut stored = Rooms::restore(self.context.storage.get(key::ROOMS));
        change(&mut stored);
        self.context.storage.set(key::ROOMS, &stored.store());
        self.context.changed.add(Parts::ROOMS);
        true
    }

    /// Another tab has opened or closed rooms. The room on the screen stays.
    pub(super) fn adopt_rooms(&mut self, stored: &str) {
        let stored = Rooms::restore(stored);
        let added: Vec<_> = stored.iter().filter(|channel| !self.order.has(channel)).cloned().collect();
        let current = self.current().cloned();
        let is_gone = |channel: &&ChannelName| !stored.has(channel) && current.as_ref() != Some(*channel);
        let gone: Vec<_> = self.order.iter().filter(is_gone).cloned().collect();
        for channel in &gone {
            self.order.close(channel);
            self.remove_room(channel);
        }
        for channel in &added {
            self.order.open(channel.clone());
            self.add_room(channel);
        }
        self.context.changed.add(Parts::ROOMS);
    }
}
