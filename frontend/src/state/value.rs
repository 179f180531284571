//! What views read: values of the app's logic, each with a trigger that runs when the value has changed.
//!
//! Views get no signals that they could set. The triggers have no type parameter, so the code of the reactive graph is
//! compiled once and not for each type of value.

use std::cell::RefCell;
use std::rc::Rc;

use leptos::prelude::*;
use shared::ids::ChannelName;

use crate::core::App;
use crate::core::effect::Parts;
use crate::core::room;

/// The app's logic. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(super) struct Core(StoredValue<Rc<RefCell<App>>, LocalStorage>);

impl Core {
    pub(super) fn new(app: App) -> Self {
        Self(StoredValue::new_local(Rc::new(RefCell::new(app))))
    }

    /// Calls the app's logic. It calls nothing of the browser, so no event can come in between and borrow it twice.
    pub(super) fn with<T>(self, run: impl FnOnce(&mut App) -> T) -> T {
        self.0.with_value(|app| run(&mut app.borrow_mut()))
    }
}

/// One trigger per value of the app or of a room.
#[derive(Clone, Copy)]
pub(super) struct Triggers([Trigger; Parts::COUNT]);

impl Triggers {
    pub(super) fn new() -> Self {
        let mut triggers = [Trigger::new(); Parts::COUNT];
        triggers.iter_mut().skip(1).for_each(|trigger| *trigger = Trigger::new());
        Self(triggers)
    }

    fn of(self, part: Parts) -> Trigger {
        self.0[part.index()]
    }

    /// Runs what reads the changed values.
    pub(super) fn notify(self, parts: Parts) {
        for (index, trigger) in self.0.into_iter().enumerate() {
            if parts.has_index(index) {
                trigger.notify();
            }
        }
    }
}

/// A value of the app.
pub(crate) struct Value<T: 'static> {
    core: Core,
    changed: Trigger,
    read: fn(&App) -> T,
}

impl<T> Clone for Value<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Value<T> {}

impl<T> Value<T> {
    pub(super) fn new(core: Core, triggers: Triggers, part: Parts, read: fn(&App) -> T) -> Self {
        Self { core, changed: triggers.of(part), read }
    }

    /// Returns the value. The caller runs again when it has changed.
    pub(crate) fn get(self) -> T {
        self.changed.track();
        self.get_untracked()
    }

    /// Returns the value once.
    pub(crate) fn get_untracked(self) -> T {
        self.core.with(|app| (self.read)(app))
    }

    /// Reads a copy of the value. The caller runs again when it has changed.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(&self.get())
    }

    /// Reads a copy of the value once.
    pub(crate) fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(&self.get_untracked())
    }
}

/// A value of a room. If the room is closed, it is the value of a new room.
pub(crate) struct RoomValue<T: 'static> {
    core: Core,
    channel: StoredValue<ChannelName>,
    changed: Trigger,
    read: fn(Option<&room::Room>) -> T,
}

impl<T> Clone for RoomValue<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for RoomValue<T> {}

impl<T> RoomValue<T> {
    pub(super) fn new(
        core: Core,
        channel: StoredValue<ChannelName>,
        triggers: Triggers,
        part: Parts,
        read: fn(Option<&room::Room>) -> T,
    ) -> Self {
        Self { core, channel, changed: triggers.of(part), read }
    }

    /// Returns the value. The caller runs again when it has changed.
    pub(crate) fn get(self) -> T {
        self.changed.track();
        self.get_untracked()
    }

    /// Returns the value once.
    pub(crate) fn get_untracked(self) -> T {
        self.channel.with_value(|channel| self.core.with(|app| (self.read)(app.room(channel))))
    }

    /// Reads a copy of the value. The caller runs again when it has changed.
    pub(crate) fn with<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(&self.get())
    }

    /// Reads a copy of the value once.
    pub(crate) fn with_untracked<U>(self, read: impl FnOnce(&T) -> U) -> U {
        read(&self.get_untracked())
    }
}
