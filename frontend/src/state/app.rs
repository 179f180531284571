//! The app as views see it: read-only signals, and one way to change them, [`AppState::intend`].

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::session::Status;

use super::room::Room;
use super::rows;
use super::timer::Timer;
use super::value::Value;
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
    core: StoredValue<Rc<RefCell<App>>, LocalStorage>,
    driver: Driver,
    timer: Timer,
    /// The owner of the signals of rooms: they outlive the view in which a room was opened.
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
    pub(crate) wire: Value<WireLog>,
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
            storage: Rc::new(Store::Local),
            tab_storage: Rc::new(Store::Tab),
            has_locks: locks::are_there(),
            day_of: dates::day_of,
            seed: clock::seed(),
        };
        let core = App::new(surroundings, visits::route(), clock::now());
        let this = StoredValue::new(None::<Self>);
        let driver = Driver::new(move |batch| {
            if let Some(this) = this.get_value() {
                Self::hear(this, batch);
            }
        });
        let state = Self {
            core: StoredValue::new_local(Rc::new(RefCell::new(core))),
            driver,
            timer: Timer::new(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            handles: StoredValue::new(Vec::new()),
            me: Value::new(Me::default()),
            status: Value::new(Status::Stopped),
            rooms: Value::new(Rooms::restore("")),
            route: Value::new(Route::Room(None)),
            current: Value::new(None),
            bell: Value::new(Vec::new()),
            toasts: Value::new(Vec::new()),
            panel: Value::new(None),
            wire: Value::new(WireLog::default()),
            wire_is_open: Value::new(false),
            today: Value::new(0),
            unread_total: Value::new(0),
        };
        this.set_value(Some(state));
        state.read_app(Parts::ALL);
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
        self.with_core(|core| core.intend(intent, attention, clock::now()));
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
        let known = |handles: &Vec<Room>| handles.iter().copied().find(|room| room.is_of(channel));
        self.handles.with_value(known).unwrap_or_else(|| {
            let room = self.owner.with_value(|owner| owner.with(|| Room::new(channel)));
            self.handles.update_value(|handles| handles.push(room));
            self.read_room(room, Parts::ALL);
            room
        })
    }

    /// Changes the log of the traffic, which no logic depends on.
    pub(crate) fn change_wire(self, change: impl FnOnce(&mut WireLog)) {
        self.wire.update(change);
    }

    pub(super) fn with_core<T>(self, run: impl FnOnce(&mut App) -> T) -> T {
        // The core calls nothing outside of it, so it is never borrowed twice.
        self.core.with_value(|core| run(&mut core.borrow_mut()))
    }

    fn hear(self, batch: Batch) {
        if !batch.frames.is_empty() {
            self.wire.update(|wire| batch.frames.into_iter().for_each(|frame| wire.add(frame)));
        }
        let (attention, now) = (visibility::attention(), clock::now());
        self.with_core(|core| batch.events.into_iter().for_each(|event| core.hear(event, attention, now)));
        self.run();
    }

    /// Runs the effects.
    fn run(self) {
        while let Some(effect) = self.with_core(App::poll_effect) {
            match effect {
                Effect::Begin(config) => self.driver.begin(config),
                Effect::Session(input) => self.driver.input(input),
                Effect::Changed(Changed::App(parts)) => self.read_app(parts),
                Effect::Changed(Changed::Room(channel, parts)) => {
                    let known = self
                        .handles
                        .with_value(|handles| handles.iter().copied().find(|room| room.is_of(&channel)));
                    if let Some(room) = known {
                        self.read_room(room, parts);
                    }
                    if parts.has(Parts::UNREAD) {
                        self.read_unread_total();
                    }
                }
                Effect::Notify(notification) => self.notify(&notification),
                Effect::Navigate(route) => visits::go_to(&route),
            }
        }
        let deadline = self.with_core(|core| core.poll_timeout());
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

    fn read_app(self, parts: Parts) {
        self.copy(parts, Parts::ME, |core| core.me().clone(), self.me);
        self.copy(parts, Parts::STATUS, |core| core.status().clone(), self.status);
        self.copy(parts, Parts::ROOMS, |core| core.order().clone(), self.rooms);
        self.copy(parts, Parts::ROUTE, |core| core.route().clone(), self.route);
        self.copy(parts, Parts::BELL, |core| core.bell().items().cloned().collect(), self.bell);
        self.copy(parts, Parts::TOASTS, |core| core.toasts().shown().to_vec(), self.toasts);
        self.copy(parts, Parts::PANEL, App::panel, self.panel);
        self.copy(parts, Parts::PANEL, App::wire_is_open, self.wire_is_open);
        self.copy(parts, Parts::TODAY, App::today, self.today);
        if parts.has(Parts::ROUTE) || parts.has(Parts::ROOMS) {
            let current = self.with_core(|core| core.current().cloned());
            if self.current.with_untracked(|before| *before != current) {
                self.current.set(current);
            }
        }
        if parts.has(Parts::BELL) || parts.has(Parts::ROOMS) {
            self.read_unread_total();
        }
    }

    fn copy<T: Send + Sync + 'static>(
        self,
        changed: Parts,
        part: Parts,
        read: impl FnOnce(&App) -> T,
        signal: Value<T>,
    ) {
        if changed.has(part) {
            signal.set(self.with_core(|core| read(core)));
        }
    }

    fn read_unread_total(self) {
        let total = self.with_core(|core| core.unread_total());
        if total != self.unread_total.get_untracked() {
            self.unread_total.set(total);
        }
    }

    fn read_room(self, room: Room, parts: Parts) {
        let channel = room.channel();
        // A signal that is set runs nothing at once, so the core may be borrowed meanwhile.
        self.with_core(|core| room.read(core.room(&channel), parts));
        if parts.has(Parts::ROWS) || parts.has(Parts::VIEW) {
            self.draw(room);
        }
    }

    /// Draws the rows of a room, and the rest of them in the next frames.
    fn draw(self, room: Room) {
        let channel = room.channel();
        let is_all = rows::update(room.cells, |is_drawn| {
            self.with_core(|core| core.draw(&channel, clock::now(), is_drawn))
        });
        if !is_all && room.begins_frame() {
            request_animation_frame(move || {
                room.ends_frame();
                self.draw(room);
            });
        }
    }

    /// Returns the message that the reader looked at in a room, if they were not at its end.
    pub(crate) fn place(self, room: Room) -> Option<ReadingPlace> {
        self.with_core(|core| core.room(&room.channel()).and_then(|room| room.place()))
    }

    /// Whether a room has an own message to edit.
    pub(crate) fn has_own_chat(self, room: Room) -> bool {
        self.with_core(|core| core.room(&room.channel()).is_some_and(|room| room.has_own_chat()))
    }
}
