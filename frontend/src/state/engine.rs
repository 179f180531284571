//! Runs the app's logic: what the session, the user and the browser report goes in, and the effects that come out are run.

use leptos::prelude::*;
use shared::ids::ChannelName;

use super::room::Room;
use super::rows;
use super::timer::Timer;
use super::value::{Core, Triggers};
use crate::browser::desktop::Desktop;
use crate::browser::storage::Store;
use crate::browser::{address, clock, visibility};
use crate::core::App;
use crate::core::effect::{Changed, Effect, Parts};
use crate::core::intent::{Attention, Intent, Panel};
use crate::core::notifications::Notification;
use crate::core::storage::{Area, Write};
use crate::core::wire::WireLog;
use crate::link::driver::{Batch, Driver};

/// The app's logic with all that its effects need. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Engine {
    pub(super) core: Core,
    pub(super) triggers: Triggers,
    driver: Driver,
    timer: Timer,
    desktop: Desktop,
    /// The owner of the values of rooms: they outlive the view in which a room was opened.
    owner: StoredValue<Owner>,
    /// A handle for each room since the page was opened.
    rooms: StoredValue<Vec<Room>>,
    /// Whether the browser's storage is being used. Firefox runs other events during that time. Their effects wait, so that
    /// effects run in order.
    waits_for_storage: StoredValue<bool>,
    /// The log of the traffic. No logic depends on it.
    pub(super) wire: RwSignal<WireLog>,
}

impl Engine {
    pub(super) fn new(app: App) -> Self {
        let this = StoredValue::new(None::<Self>);
        let driver = Driver::new(move |batch| {
            if let Some(this) = this.get_value() {
                Self::apply_batch(this, batch);
            }
        });
        let engine = Self {
            core: Core::new(app),
            triggers: Triggers::new(),
            driver,
            timer: Timer::new(),
            desktop: Desktop::new(),
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            rooms: StoredValue::new(Vec::new()),
            waits_for_storage: StoredValue::new(false),
            wire: RwSignal::new(WireLog::default()),
        };
        this.set_value(Some(engine));
        engine.run();
        engine
    }

    /// Passes an action of the user or a report of the browser to the app's logic.
    pub(super) fn intend(self, intent: Intent) {
        self.intend_with(intent, visibility::attention());
    }

    /// The same for an attention that the browser does not report yet.
    pub(super) fn intend_with(self, intent: Intent, attention: Attention) {
        if intent.needs_fresh_storage() {
            self.read_storage();
        }
        self.core.with(|app| app.intend(intent, attention, clock::now()));
        self.run();
    }

    /// Reads from the app's logic once.
    pub(super) fn read<T>(self, read: impl FnOnce(&App) -> T) -> T {
        self.core.with(|app| read(app))
    }

    /// Returns the handle of a room.
    pub(super) fn room(self, channel: &ChannelName) -> Room {
        self.known_room(channel).unwrap_or_else(|| {
            let room = self.owner.with_value(|owner| owner.with(|| Room::new(self.core, channel)));
            self.rooms.update_value(|rooms| rooms.push(room));
            self.draw(room);
            room
        })
    }

    fn known_room(self, channel: &ChannelName) -> Option<Room> {
        self.rooms.with_value(|rooms| rooms.iter().copied().find(|room| room.is_of(channel)))
    }

    fn apply_batch(self, batch: Batch) {
        if !batch.frames.is_empty() {
            self.wire.update(|wire| batch.frames.into_iter().for_each(|frame| wire.add(frame)));
        }
        let (attention, now) = (visibility::attention(), clock::now());
        self.core.with(|app| batch.events.into_iter().for_each(|event| app.hear(event, attention, now)));
        self.run();
    }

    /// Runs the effects. In the middle of a call, the outer one runs them.
    fn run(self) {
        if self.waits_for_storage.get_value() {
            return;
        }
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
                Effect::Withdraw(tag) => self.desktop.withdraw(&tag),
                Effect::Store(write) => self.store(write),
                Effect::Navigate(route) => address::set(&route.to_fragment()),
            }
        }
        let deadline = self.core.with(|app| app.poll_timeout());
        self.timer.set(deadline, move || self.intend(Intent::Elapsed));
    }

    fn store(self, write: Write) {
        let store = match write.area {
            Area::Browser => Store::Local,
            Area::Tab => Store::Tab,
        };
        if !self.use_storage(|| store.set(&write.key, &write.text)) {
            self.intend(Intent::NotStored(write.key));
        }
    }

    /// Passes the texts that the browser keeps now to the app's logic.
    pub(super) fn read_storage(self) {
        if self.waits_for_storage.get_value() {
            return;
        }
        let texts = self.use_storage(|| Store::Local.all());
        self.intend(Intent::StorageRead(texts));
    }

    fn use_storage<T>(self, run: impl FnOnce() -> T) -> T {
        self.waits_for_storage.set_value(true);
        let result = run();
        self.waits_for_storage.set_value(false);
        result
    }

    fn notify(self, notification: &Notification) {
        let channel = notification.source.as_ref().map(|(channel, _)| channel.clone());
        self.desktop.show(notification, move || {
            self.intend(channel.map_or(Intent::Open(Panel::Bell), Intent::GoTo));
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
