//! The app as views see it: values to read, and one way to change them, [`AppState::intend`].

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::session::Status;

use super::engine::Engine;
use super::room::Room;
use super::value::Value;
use super::{tabs, window_events};
use crate::browser::storage::Store;
use crate::browser::{clock, dates, locks};
use crate::core::effect::Parts;
use crate::core::intent::{Intent, Panel, RoomIntent};
use crate::core::notifications::Notification;
use crate::core::room::ReadingPlace;
use crate::core::rooms::Rooms;
use crate::core::route::Route;
use crate::core::toasts::Toast;
use crate::core::wire::WireLog;
use crate::core::{App, Me, Surroundings};

/// The app's state. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct AppState {
    engine: Engine,
    pub(crate) me: Value<Me>,
    pub(crate) status: Value<Status>,
    pub(crate) rooms: Value<Rooms>,
    pub(crate) route: Value<Route>,
    /// The room on the screen.
    pub(crate) current: Value<Option<ChannelName>>,
    /// The notifications, newest first.
    pub(crate) bell: Value<Vec<Notification>>,
    /// The number of unread notifications.
    pub(crate) bell_unread: Value<usize>,
    pub(crate) toasts: Value<Vec<Toast>>,
    pub(crate) panel: Value<Option<Panel>>,
    pub(crate) wire_is_open: Value<bool>,
    /// The current day, counted from 1970, for labels such as "Today".
    pub(crate) today: Value<i64>,
    /// The number of all unread messages.
    pub(crate) unread_total: Value<usize>,
}

/// Returns the state, from the context that the app provides.
pub(crate) fn use_app() -> AppState {
    expect_context()
}

impl AppState {
    /// Makes the state as this browser remembers it, and connects if there is a name.
    pub(crate) fn start() -> Self {
        let surroundings = Surroundings {
            stored: Store::Local.all(),
            stored_in_tab: Store::Tab.all(),
            has_locks: locks::are_there(),
            day_of: dates::day_of,
            seed: clock::seed(),
        };
        let engine = Engine::new(App::new(surroundings, window_events::route(), clock::now()));
        window_events::listen(engine);
        engine.intend(Intent::Start);
        tabs::begin(engine);
        macro_rules! value {
            ($part:ident, $read:expr) => {
                Value::new(engine.core, engine.triggers, Parts::$part, $read)
            };
        }
        Self {
            engine,
            me: value!(ME, |app| app.me().clone()),
            status: value!(STATUS, |app| app.status().clone()),
            rooms: value!(ROOMS, |app| app.order().clone()),
            route: value!(ROUTE, |app| app.route().clone()),
            current: value!(ROUTE, |app| app.current().cloned()),
            bell: value!(BELL, |app| app.bell().items().cloned().collect()),
            bell_unread: value!(BELL, |app| app.bell().unread()),
            toasts: value!(TOASTS, |app| app.toasts().shown().to_vec()),
            panel: value!(PANEL, App::panel),
            wire_is_open: value!(PANEL, App::wire_is_open),
            today: value!(TODAY, App::today),
            unread_total: value!(UNREAD_TOTAL, App::unread_total),
        }
    }

    /// Passes an action of the user to the app's logic.
    pub(crate) fn intend(self, intent: Intent) {
        self.engine.intend(intent);
    }

    /// Passes an action of the user in a room to the app's logic.
    pub(crate) fn in_room(self, room: Room, intent: RoomIntent) {
        self.intend(Intent::Room(room.channel(), intent));
    }

    /// Whether the server can be reached.
    pub(crate) fn is_online(self) -> bool {
        self.status.with(|status| matches!(status, Status::Online { .. }))
    }

    /// Returns the handle of a room.
    pub(crate) fn room(self, channel: &ChannelName) -> Room {
        self.engine.room(channel)
    }

    /// Returns the message that the reader looked at in a room, if they were not at its end.
    pub(crate) fn place(self, room: Room) -> Option<ReadingPlace> {
        self.engine.read(|app| app.room(&room.channel()).and_then(|room| room.place()))
    }

    /// Whether a room has an own message to edit.
    pub(crate) fn has_own_chat(self, room: Room) -> bool {
        self.engine.read(|app| app.room(&room.channel()).is_some_and(|room| room.has_own_chat()))
    }

    /// Reads the log of the traffic.
    pub(crate) fn with_wire<T>(self, read: impl FnOnce(&WireLog) -> T) -> T {
        self.engine.wire.with(read)
    }

    /// Stops adding frames to the log of the traffic, or continues.
    pub(crate) fn toggle_wire_pause(self) {
        self.engine.wire.update(WireLog::toggle_pause);
    }

    /// Removes all frames from the log of the traffic.
    pub(crate) fn clear_wire(self) {
        self.engine.wire.update(WireLog::clear);
    }
}
