//! The logic of the app: events of the session and actions of the user come in, effects go out. It has no signal, no DOM, no
//! clock and no IO.

mod alerts;
mod hear;
mod inbox;
mod intend;
mod open_rooms;
mod tabs;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use shared::ids::{ChannelName, DisplayName, MessageId, UserId};
use shared::session::Status;
use shared::time::Timestamp;

use super::context::{Context, Me, Surroundings};
use super::day::Day;
use super::effect::{Changed, Effect, Parts};
use super::intent::Panel;
use super::notifications::Bell;
use super::room::Room;
use super::rooms::Rooms;
use super::route::Route;
use super::storage::key;
use super::timeline::Row;
use super::toasts::Toasts;
use inbox::Inbox;

/// The app. The caller runs all effects of [`poll_effect`](Self::poll_effect) after each [`hear`](Self::hear) and
/// [`intend`](Self::intend), and calls `intend` with [`Elapsed`](super::intent::Intent::Elapsed) at the time of
/// [`poll_timeout`](Self::poll_timeout).
pub(crate) struct App {
    context: Context,
    /// The open rooms, in order.
    order: Rooms,
    /// The open rooms.
    rooms: Vec<Room>,
    route: Route,
    bell: Bell,
    inbox: Inbox,
    /// The notifications of the operating system, each with its number in the bell and its tag.
    notified: VecDeque<(u64, String)>,
    panel: Option<Panel>,
    wire_is_open: bool,
    /// The current day in the reader's time zone, and when the next one begins.
    today: Day,
    has_started: bool,
}

impl App {
    /// Makes the app as the browser remembers it, not yet connected.
    pub(crate) fn new(surroundings: Surroundings, route: Route, now: Timestamp) -> Self {
        let day_of = surroundings.day_of;
        let mut context = Context::new(surroundings, now);
        let name = DisplayName::parse(context.storage.get(key::NAME)).ok();
        let user = UserId::parse(context.storage.get(key::USER)).ok();
        context.me = Me { name, user };
        let order = Rooms::restore(context.storage.get(key::ROOMS));
        let rooms = order.iter().map(|channel| Room::new(channel, &context)).collect();
        let mut app = Self {
            context,
            order,
            rooms,
            route: Route::Room(None),
            bell: Bell::default(),
            inbox: Inbox::default(),
            notified: VecDeque::new(),
            panel: None,
            wire_is_open: false,
            today: Day::of(now, day_of),
            has_started: false,
        };
        app.arrive(route);
        app
    }

    /// Returns the next effect, or `None` if there is nothing left to do now.
    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        if self.context.effects.is_empty() {
            self.settle();
        }
        self.context.next_write().map(Effect::Store).or_else(|| self.context.effects.pop_front())
    }

    /// Returns the time of the next [`Elapsed`](super::intent::Intent::Elapsed).
    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        let current = self.current();
        let rooms = self.rooms.iter().filter_map(|room| room.poll_timeout(Some(room.channel()) == current));
        rooms.chain(self.context.toasts.expires_at()).chain([self.today.ends]).min()
    }

    /// Updates computed values, and adds an effect for each change.
    fn settle(&mut self) {
        let current = self.current().cloned();
        for room in &mut self.rooms {
            let is_shown = current.as_ref() == Some(room.channel());
            let parts = room.settle(&mut self.context, is_shown);
            if room.take_read().is_some_and(|read| self.bell.read_to(room.channel(), read)) {
                self.context.changed.add(Parts::BELL);
            }
            if parts.has(Parts::UNREAD) {
                self.context.changed.add(Parts::UNREAD_TOTAL);
            }
            if parts != Parts::NONE {
                let changed = Changed::Room(room.channel().clone(), parts);
                self.context.effects.push_back(Effect::Changed(changed));
            }
        }
        while let Some(input) = self.context.history.next(current.as_ref()) {
            self.context.input(input);
        }
        if self.context.changed.has(Parts::BELL) {
            self.dismiss_read();
            self.withdraw_read();
        }
        let mut parts = std::mem::take(&mut self.context.changed);
        if parts.has(Parts::ROOMS) || parts.has(Parts::BELL) {
            parts.add(Parts::UNREAD_TOTAL);
        }
        // The address may name no room, and then the first room is on the screen.
        if parts.has(Parts::ROOMS) {
            parts.add(Parts::ROUTE);
        }
        if parts != Parts::NONE {
            self.context.effects.push_back(Effect::Changed(Changed::App(parts)));
        }
    }

    /// Returns the reader.
    pub(crate) fn me(&self) -> &Me {
        &self.context.me
    }

    /// Returns the state of the connection.
    pub(crate) fn status(&self) -> &Status {
        &self.context.status
    }

    /// Returns the open rooms, in order.
    pub(crate) fn order(&self) -> &Rooms {
        &self.order
    }

    /// Returns the address of the page.
    pub(crate) fn route(&self) -> &Route {
        &self.route
    }

    /// Returns the notifications.
    pub(crate) fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Returns the toasts.
    pub(crate) fn toasts(&self) -> &Toasts {
        &self.context.toasts
    }

    /// Returns the open panel.
    pub(crate) fn panel(&self) -> Option<Panel> {
        self.panel
    }

    /// Whether the panel that shows the traffic is open.
    pub(crate) fn wire_is_open(&self) -> bool {
        self.wire_is_open
    }

    /// Returns the current day in the reader's time zone, counted from 1970.
    pub(crate) fn today(&self) -> i64 {
        self.today.number
    }

    /// Returns an open room.
    pub(crate) fn room(&self, channel: &ChannelName) -> Option<&Room> {
        self.rooms.iter().find(|room| room.channel() == channel)
    }

    fn room_mut(&mut self, channel: &ChannelName) -> Option<(&mut Room, &mut Context)> {
        let room = self.rooms.iter_mut().find(|room| room.channel() == channel)?;
        Some((room, &mut self.context))
    }

    /// Returns the room on the screen.
    pub(crate) fn current(&self) -> Option<&ChannelName> {
        match &self.route {
            Route::Push => None,
            Route::Room(Some(channel)) => Some(channel),
            Route::Room(None) | Route::Inbox => self.order.iter().next(),
        }
    }

    /// Returns the number of all unread messages. What is in a room counts there only, also if it is a notification.
    pub(crate) fn unread_total(&self) -> usize {
        let in_rooms: usize = self.rooms.iter().map(|room| room.unread().count).sum();
        in_rooms + self.bell.unread_outside_rooms()
    }

    /// Whether an unsent message would be lost with this page.
    pub(crate) fn is_at_risk(&self) -> bool {
        self.context.is_at_risk()
    }

    /// Returns the tabs with unsent messages.
    pub(crate) fn tabs(&self) -> Vec<super::unsent::TabId> {
        self.context.tabs()
    }

    /// Returns the rows of a room to draw now, and whether these are all rows in view. `is_drawn` says which messages are on
    /// the screen already.
    pub(crate) fn draw(
        &mut self,
        channel: &ChannelName,
        now: Timestamp,
        is_drawn: impl Fn(MessageId) -> bool,
    ) -> (Vec<Row>, bool) {
        match self.room_mut(channel) {
            Some((room, _)) => room.draw(now, is_drawn),
            None => (Vec::new(), true),
        }
    }
}
