//! The one thing that all components have from the context.

use leptos::prelude::*;
use shared::ids::{ChannelName, DisplayName, MessageId, UserId};
use shared::protocol::Sender;
use shared::session::{Credential, Input, SessionConfig, Status};

use super::room::Room;
use super::unsent::Outbox;
use crate::browser::storage::Store;
use crate::core::notifications::Bell;
use crate::core::paging::Paging;
use crate::core::rooms::Rooms;
use crate::core::route::Route;
use crate::core::toasts::Toasts;
use crate::core::unread::Unread;
use crate::core::wire::WireLog;
use crate::link::driver::Driver;

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
    /// A handle for each room there has been since the page was opened.
    handles: StoredValue<Vec<Room>>,
    pub(super) outbox: Outbox,
    /// The request for earlier notifications of the inbox.
    pub(super) inbox_paging: StoredValue<Paging>,
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
        let tidings = StoredValue::new(None::<Self>);
        let driver = Driver::new(move |batch| {
            if let Some(tidings) = tidings.get_value() {
                Self::apply(tidings, batch);
            }
        });
        let rooms = Rooms::restore(&Store::Local.get("rooms"));
        let this = Self {
            driver,
            owner: StoredValue::new(Owner::current().unwrap_or_default()),
            handles: StoredValue::new(rooms.iter().map(Room::new).collect()),
            outbox: Outbox::new(),
            inbox_paging: StoredValue::new(Paging::default()),
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
        // The token is read only now: where the name was asked for in two tabs, the second is the guest of the first.
        let token = Some(Store::Local.get("token")).filter(|token| !token.is_empty());
        let name = self.me.with_untracked(|me| me.name.clone());
        self.driver.begin(SessionConfig { credential: Credential::Guest(token), name });
        self.handles.get_value().into_iter().for_each(|room| room.join(self));
        self.begin_unsent();
        self.guard_unsent();
        self.input(Input::Start);
    }

    /// Tells the session something.
    pub(crate) fn input(self, input: Input) {
        self.driver.input(input);
    }

    /// Whether the server is heard.
    pub(crate) fn is_online(self) -> bool {
        self.status.with(|status| matches!(status, Status::Online { .. }))
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
        if is_first {
            self.start();
        } else {
            self.input(Input::Rename(name));
        }
    }

    /// The room of a channel; a new handle where it has none.
    pub(crate) fn room(self, channel: &ChannelName) -> Room {
        self.known_room(channel).unwrap_or_else(|| {
            let room = self.owner.with_value(|owner| owner.with(|| Room::new(channel)));
            self.handles.update_value(|handles| handles.push(room));
            room
        })
    }

    /// The room of a channel, where it has one.
    pub(crate) fn known_room(self, channel: &ChannelName) -> Option<Room> {
        self.handles.with_value(|handles| handles.iter().copied().find(|room| room.channel() == *channel))
    }

    /// All rooms there have been since the page was opened.
    pub(crate) fn known_rooms(self) -> Vec<Room> {
        self.handles.get_value()
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
        self.open(&channel);
        self.room(&channel).enter();
    }

    /// Opens a room, where it is not.
    pub(super) fn open(self, channel: &ChannelName) {
        if self.rooms.with_untracked(|rooms| rooms.iter().any(|known| known == channel)) {
            return;
        }
        let room = self.room(channel);
        self.rooms.update(|rooms| {
            rooms.open(channel.clone());
        });
        self.store_rooms();
        if self.me.with_untracked(|me| me.name.is_some()) {
            room.join(self);
        }
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
