//! The app as views see it: values to read, and one way to change them, [`AppState::intend`].

use std::rc::Rc;

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::session::Status;

use super::room::Room;
use super::rows;
use super::timer::Timer;
use super::value::{Core, Triggers, Value};
use super::{tabs, visits};
use crate::browser::storage::Store;
use crate::browser::{clock, dates, desktop, locks, visibility};
use crate::core::effect::{Changed, Effect, Parts};
use crate::core::intent::{Attention, Intent, Panel, RoomIntent};
use crate::core::notifications::Notification;
use crate::core::room::ReadingPlace;
use crate::core::rooms::Rooms;
use crate::core::route::Route;
use crate::core::toasts::Toast;
use crate::core::wire::WireLog;
use crate::core::{App, Me, Surroundings};
use crate::link::driver::{Batch, Driver};

/// The app's state. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct AppState {
    core: Core,
    driver: Driver,
    timer: Timer,
    triggers: Triggers,
    /// The owner of the values of rooms: they outlive the view in which a room was opened.
    owner: StoredValue<Owner>,
    /// A handle for each room since the page was opened.
    handles: StoredValue<Vec<Room>>,
    pub(crate) me: Value<Me>,
    pub(crate) status: Value<Status>,
    pub(crate) rooms: Value<Rooms>,
    pub(crate) route: Value<Route>,
    /// The room on the screen.
    pub(crate) current: Value<Option<ChannelName>>,
    /// The notifications, newest first.
    pub(crate) bell: Value<Vec<Notification>>,
    pub(crate) toasts: Value<Vec<Toast>>,
    pub(crate) panel: Value<Option<Panel>>,
    pub(crate) wire_is_open: Value<bool>,
    /// The current day, counted from 1970, for labels such as "Today".
    pub(crate) today: Value<i64>,
    /// The number of all unread messages.
    pub(crate) unread_total: Value<usize>,
    wire: RwSignal<WireLog>,
}

/// Returns the state, from the context that the app provides.
pub(crate) fn use_app() -> AppState {
    expect_context()
}

impl AppState {
    /// Makes the state as this browser remembers it, and connects if there is a name.
    pub(crate) fn start() -> Self {
        let surroundings = Surroundings {
            storage: Rc::new(Store::Local),
            tab_storage: Rc::new(Store::Tab),
            has_locks: locks::are_there(),
            day_of: dates::day_of,
            seed: clock::seed(),
        };
        let core = Core::new(App::new(surroundings, visits::route(), clock::now()));
        let this = StoredValue::new(None::<Self>);
        let driver = Driver::new(move |batch| {
            if let Some(this) = this.get_value() {
                Self::hear(this, batch);
            }
        });
        let triggers = Triggers::new();
        macro_rules! value {
            ($part:ident, $read:expr) => {
                Value::new(core, triggers, Parts::$part, $read)
            };
        }
        let state = Self {
            core,
            driver,
            timer: Timer::new(),
            triggers,
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            handles: StoredValue::new(Vec::new()),
            me: value!(ME, |app| app.me().clone()),
            status: value!(STATUS, |app| app.status().clone()),
            rooms: value!(ROOMS, |app| app.order().clone()),
            route: value!(ROUTE, |app| app.route().clone()),
            current: value!(ROUTE, |app| app.current().cloned()),
            bell: value!(BELL, |app| app.bell().items().cloned().collect()),
            toasts: value!(TOASTS, |app| app.toasts().shown().to_vec()),
            panel: value!(PANEL, App::panel),
            wire_is_open: value!(PANEL, App::wire_is_open),
            today: value!(TODAY, App::today),
            unread_total: value!(UNREAD_TOTAL, App::unread_total),
            wire: RwSignal::new(WireLog::default()),
        };
        this.set_value(Some(state));
        state.run();
        visits::listen(state);
        state.intend(Intent::Start);
        tabs::begin(state);
        state
    }

    /// Passes a wish of the user or a report of the browser to the app's logic.
    pub(crate) fn intend(self, intent: Intent) {
        self.intend_with(intent, visibility::attention());
    }

    /// The same for an attention that the browser does not report yet.
    pub(super) fn intend_with(self, intent: Intent, attention: Attention) {
        self.core.with(|app| app.intend(intent, attention, clock::now()));
        self.run();
    }

    /// Passes a wish of the user in a room to the app's logic.
    pub(crate) fn in_room(self, room: Room, intent: RoomIntent) {
        self.intend(Intent::Room(room.channel(), intent));
    }

    /// Whether the server can be reached.
    pub(crate) fn is_online(self) -> bool {
        self.status.with(|status| matches!(status, Status::Online { .. }))
    }

    /// Returns the handle of a room.
    pub(crate) fn room(self, channel: &ChannelName) -> Room {
        self.known_room(channel).unwrap_or_else(|| {
            let room = self.owner.with_value(|owner| owner.with(|| Room::new(self.core, channel)));
            self.handles.update_value(|handles| handles.push(room));
            self.draw(room);
            room
        })
    }

    fn known_room(self, channel: &ChannelName) -> Option<Room> {
        self.handles.with_value(|handles| handles.iter().copied().find(|room| room.is_of(channel)))
    }

    /// Returns the message that the reader looked at in a room, if they were not at its end.
    pub(crate) fn place(self, room: Room) -> Option<ReadingPlace> {
        self.core.with(|app| app.room(&room.channel()).and_then(|room| room.place()))
    }

    /// Whether a room has an own message to edit.
    pub(crate) fn has_own_chat(self, room: Room) -> bool {
        self.core.with(|app| app.room(&room.channel()).is_some_and(|room| room.has_own_chat()))
    }

    /// Reads the log of the traffic. No logic depends on it.
    pub(crate) fn with_wire<T>(self, read: impl FnOnce(&WireLog) -> T) -> T {
        self.wire.with(read)
    }

    /// Changes the log of the traffic.
    pub(crate) fn change_wire(self, change: impl FnOnce(&mut WireLog)) {
        self.wire.update(change);
    }

    /// Reads from the app's logic once.
    pub(super) fn read<T>(self, read: impl FnOnce(&App) -> T) -> T {
        self.core.with(|app| read(app))
    }

    fn hear(self, batch: Batch) {
        if !batch.frames.is_empty() {
            self.wire.update(|wire| batch.frames.into_iter().for_each(|frame| wire.add(frame)));
        }
        let (attention, now) = (visibility::attention(), clock::now());
        self.core.with(|app| batch.events.into_iter().for_each(|event| app.hear(event, attention, now)));
        self.run();
    }

    /// Runs the effects.
    fn run(self) {
        while let Some(effect) = self.core.with(App::poll_effect) {
            match effect {
                Effect::Begin(config) => self.driver.begin(config),
                Effect::Session(input) => self.driver.input(input),
                Effect::Changed(Changed::App(parts)) => {
                    if parts.has(Parts::PANEL) {
                        let is_open = self.core.with(|app| app.wire_is_open());
                        self.wire.update_untracked(|wire| wire.set_open(is_open));
                    }
                    self.triggers.notify(parts);
                }
                Effect::Changed(Changed::Room(channel, parts)) => {
                    if let Some(room) = self.known_room(&channel) {
                        room.notify(parts);
                        if parts.has(Parts::ROWS) || parts.has(Parts::VIEW) {
                            self.draw(room);
                        }
                    }
                }
                Effect::Notify(notification) => self.notify(&notification),
                Effect::Navigate(route) => visits::go_to(&route),
            }
        }
        let deadline = self.core.with(|app| app.poll_timeout());
        self.timer.set(deadline, move || self.intend(Intent::Elapsed));
    }

    fn notify(self, notification: &Notification) {
        let channel = notification.source.as_ref().map(|(channel, _)| channel.clone());
        desktop::show(notification, move || {
            if let Some(channel) = channel {
                self.intend(Intent::GoTo(channel));
            }
        });
    }

    /// Draws the rows of a room, and the rest of them in the next frames.
    fn draw(self, room: Room) {
        let channel = room.channel();
        let is_all = rows::update(room.cells, |is_drawn| {
            self.core.with(|app| app.draw(&channel, clock::now(), is_drawn))
        });
        if !is_all && room.begins_frame() {
            request_animation_frame(move || {
                room.ends_frame();
                self.draw(room);
            });
        }
    }
}
