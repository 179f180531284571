//! The one thing that all components have from the context.

use leptos::prelude::*;
use shared::ids::{ChannelName, DisplayName, MessageId, UserId};
use shared::protocol::{Payload, Sender};
use shared::session::{Credential, Input, SessionConfig, Status};

use super::room::Room;
use super::store::Store;
use crate::model::notifications::Bell;
use crate::model::rooms::Rooms;
use crate::model::route::Route;
use crate::model::toasts::Toasts;
use crate::model::unread::Unread;
use crate::model::unsent::{Unsent, UnsentMessage};
use crate::model::wire::WireLog;
use crate::net::driver::Driver;

/// Who the reader is, as far as is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Me {
    /// What they chose to be called.
    pub(crate) name: Option<DisplayName>,
    /// Who the server takes them for.
    pub(crate) user: Option<UserId>,
}

/// What is open above the page. One thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panel {
    Bell,
    Profile,
    Roster,
    Menu,
    Switcher,
    Help,
}

/// The page's state. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Tidings {
    driver: Driver,
    /// What owns the rooms' signals: they outlive the view in which a room was opened.
    owner: StoredValue<Owner>,
    open: StoredValue<Vec<Room>>,
    unsent: StoredValue<Unsent>,
    pub(crate) me: RwSignal<Me>,
    pub(crate) status: RwSignal<Status>,
    pub(crate) rooms: RwSignal<Rooms>,
    pub(crate) route: RwSignal<Route>,
    pub(crate) bell: RwSignal<Bell>,
    pub(crate) toasts: RwSignal<Toasts>,
    pub(crate) wire: RwSignal<WireLog>,
    pub(crate) wire_is_open: RwSignal<bool>,
    pub(crate) panel: RwSignal<Option<Panel>>,
}

/// The state, from the context that the app provides.
pub(crate) fn use_tidings() -> Tidings {
    expect_context()
}

impl Tidings {
    /// The state as this browser remembers it, not yet connected.
    pub(crate) fn new() -> Self {
        let name = DisplayName::parse(&Store::Local.get("name")).ok();
        let user = UserId::parse(&Store::Local.get("user")).ok();
        let token = Some(Store::Local.get("token")).filter(|token| !token.is_empty());
        let config = SessionConfig { credential: Credential::Guest(token), name: name.clone() };
        let tidings = StoredValue::new(None::<Self>);
        let driver = Driver::new(config, move |batch| {
            if let Some(tidings) = tidings.get_value() {
                Self::apply(tidings, batch);
            }
        });
        let rooms = Rooms::restore(&Store::Local.get("rooms"));
        let this = Self {
            driver,
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            open: StoredValue::new(rooms.iter().map(Room::new).collect()),
            unsent: StoredValue::new(Unsent::restore(&Store::Tab.get("unsent"))),
            me: RwSignal::new(Me { name, user }),
            status: RwSignal::new(Status::Stopped),
            rooms: RwSignal::new(rooms),
            route: RwSignal::new(Route::parse(&location_fragment())),
            bell: RwSignal::new(Bell::default()),
            toasts: RwSignal::new(Toasts::default()),
            wire: RwSignal::new(WireLog::default()),
            wire_is_open: RwSignal::new(false),
            panel: RwSignal::new(None),
        };
        tidings.set_value(Some(this));
        this.follow_route();
        this
    }

    /// Connects, once there is a name.
    pub(crate) fn start(self) {
        self.open.get_value().into_iter().for_each(|room| room.join(self));
        let unsent: Vec<UnsentMessage> = self.unsent.with_value(|unsent| unsent.iter().cloned().collect());
        for UnsentMessage { channel, message_id, payload } in unsent {
            self.room(&channel).write(self, message_id, payload);
        }
        self.input(Input::Start);
    }

    /// Tells the session something.
    pub(crate) fn input(self, input: Input) {
        self.driver.input(input);
    }

    /// A new id for a message.
    pub(crate) fn new_message_id(self) -> MessageId {
        self.driver.new_message_id()
    }

    /// Who the server takes the reader for.
    pub(crate) fn user(self) -> Option<UserId> {
        self.me.with_untracked(|me| me.user.clone())
    }

    /// The reader as the sender of a message. Before the first connection the server has given no id yet.
    pub(crate) fn me_as_sender(self) -> Option<Sender> {
        let Me { name, user } = self.me.get_untracked();
        let user = user.or_else(|| UserId::parse("me").ok())?;
        Some(Sender { user, name: name? })
    }

    /// Takes a name, the first or another.
    pub(crate) fn set_name(self, name: DisplayName) {
        let is_first = self.me.with_untracked(|me| me.name.is_none());
        Store::Local.set("name", name.as_str());
        self.me.update(|me| me.name = Some(name.clone()));
        self.input(Input::Rename(name));
        if is_first {
            self.start();
        }
    }

    /// The room of a channel; a new handle where it has none.
    pub(crate) fn room(self, channel: &ChannelName) -> Room {
        self.known_room(channel).unwrap_or_else(|| {
            let room = self.owner.with_value(|owner| owner.with(|| Room::new(channel)));
            self.open.update_value(|open| open.push(room));
            room
        })
    }

    /// The room of a channel, where it has one.
    pub(crate) fn known_room(self, channel: &ChannelName) -> Option<Room> {
        self.open.with_value(|open| open.iter().copied().find(|room| room.channel() == *channel))
    }

    /// All rooms there have been since the page was opened.
    pub(crate) fn known_rooms(self) -> Vec<Room> {
        self.open.get_value()
    }

    /// The room on the screen. Reading it in a view follows the address.
    pub(crate) fn current(self) -> Option<ChannelName> {
        match self.route.get() {
            Route::Push => None,
            Route::Room(channel) => channel.or_else(|| self.rooms.with(|rooms| rooms.iter().next().cloned())),
        }
    }

    /// Goes to a room, and opens it where it is not.
    pub(crate) fn go_to(self, channel: &ChannelName) {
        let _ = location().set_hash(&Route::of_room(channel));
        self.panel.set(None);
    }

    /// Closes a room.
    pub(crate) fn close(self, channel: &ChannelName) {
        if self.rooms.try_update(|rooms| rooms.close(channel)) != Some(true) {
            return;
        }
        self.store_rooms();
        self.room(channel).leave(self);
        if untrack(|| self.current()).as_ref() == Some(channel) {
            let _ = location().set_hash("#/");
        }
    }

    /// Follows the address: what is on the screen, and which room is read.
    fn follow_route(self) {
        drop(window_event_listener_untyped("hashchange", move |_| {
            self.settle_marks();
            self.route.set(Route::parse(&location_fragment()));
            self.arrive_at_route();
        }));
        self.arrive_at_route();
    }

    fn arrive_at_route(self) {
        let Some(channel) = untrack(|| self.current()) else { return };
        let room = self.room(&channel);
        if self.rooms.with_untracked(|rooms| rooms.iter().all(|known| *known != channel)) {
            self.rooms.update(|rooms| {
                rooms.open(channel);
            });
            self.store_rooms();
            if self.me.with_untracked(|me| me.name.is_some()) {
                room.join(self);
            }
        }
        room.enter();
    }

    fn store_rooms(self) {
        Store::Local.set("rooms", &self.rooms.with_untracked(Rooms::store));
    }

    /// Keeps how far the rooms have been read.
    pub(crate) fn settle_marks(self) {
        self.known_rooms().into_iter().for_each(Room::store_mark);
    }

    /// All that is unread. What a room holds counts there alone, also where it rang the bell.
    pub(crate) fn unread_total(self) -> usize {
        let rooms =
            self.rooms.with(|rooms| rooms.iter().map(|channel| self.room(channel)).collect::<Vec<_>>());
        let in_rooms: usize = rooms.iter().map(|room| room.unread.with(Unread::count)).sum();
        in_rooms + self.bell.with(Bell::unread_outside_rooms)
    }

    /// Remembers a message until the log has it.
    pub(crate) fn remember_unsent(self, channel: ChannelName, message_id: MessageId, payload: &Payload) {
        let message = UnsentMessage { channel, message_id, payload: payload.clone() };
        self.change_unsent(|unsent| unsent.add(message));
    }

    /// The log has it, or it is given up.
    pub(crate) fn forget_unsent(self, message_id: MessageId) {
        self.change_unsent(|unsent| unsent.remove(message_id));
    }

    fn change_unsent(self, change: impl FnOnce(&mut Unsent) -> bool) {
        if self.unsent.try_update_value(change) == Some(true) {
            Store::Tab.set("unsent", &self.unsent.with_value(Unsent::store));
        }
    }

    /// Opens a panel, or closes it where it is open.
    pub(crate) fn toggle(self, panel: Panel) {
        self.panel.update(|open| *open = if *open == Some(panel) { None } else { Some(panel) });
    }

    /// Says that something went well.
    pub(crate) fn say_copied(self, copied: bool) {
        self.toasts.update(|toasts| {
            if copied {
                toasts.add_success("Copied");
            } else {
                toasts.add_error("Not copied", "This browser keeps its clipboard closed.".to_owned());
            }
        });
    }
}

fn location_fragment() -> String {
    location().hash().unwrap_or_default()
}
