//! What the app's logic asks of the layer above: run it in the order in which it comes.

use shared::ids::ChannelName;
use shared::session::{Input, SessionConfig};

use super::notifications::Notification;
use super::route::Route;
use super::storage::Write;

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Effect {
    /// Begin a new session.
    Begin(SessionConfig),
    /// Pass an input to the session.
    Session(Input),
    /// Read these values again, because they have changed.
    Changed(Changed),
    /// Show a notification of the operating system, if the user allows it.
    Notify(Notification),
    /// Remove the notification of the operating system with this tag, if it is still shown.
    Withdraw(String),
    /// Store a text. If that fails, report [`NotStored`](super::intent::Intent::NotStored).
    Store(Write),
    /// Change the address of the page.
    Navigate(Route),
}

/// Values that have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Changed {
    /// Values of the whole app.
    App(Parts),
    /// Values of one room. A room that does not exist any more has default values.
    Room(ChannelName, Parts),
}

/// A set of values. The app and a room have separate ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Parts(u16);

impl Parts {
    /// Number of values that the app or a room has, at most.
    pub(crate) const COUNT: usize = 9;

    /// No value.
    pub(crate) const NONE: Self = Self(0);

    // Of the app.
    /// The reader's name and id.
    pub(crate) const ME: Self = Self(1);
    /// The state of the connection.
    pub(crate) const STATUS: Self = Self(1 << 1);
    /// The open rooms.
    pub(crate) const ROOMS: Self = Self(1 << 2);
    /// The address, and the room on the screen.
    pub(crate) const ROUTE: Self = Self(1 << 3);
    /// The notifications.
    pub(crate) const BELL: Self = Self(1 << 4);
    /// The toasts.
    pub(crate) const TOASTS: Self = Self(1 << 5);
    /// The open panel, and whether the wire panel is open.
    pub(crate) const PANEL: Self = Self(1 << 6);
    /// The current day, for labels such as "Today".
    pub(crate) const TODAY: Self = Self(1 << 7);
    /// The number of all unread messages.
    pub(crate) const UNREAD_TOTAL: Self = Self(1 << 8);

    // Of a room.
    /// The rows on the screen.
    pub(crate) const ROWS: Self = Self(1);
    /// The part of the timeline that the reader looks at.
    pub(crate) const VIEW: Self = Self(1 << 1);
    /// The number of unread messages.
    pub(crate) const UNREAD: Self = Self(1 << 2);
    /// Whether messages can be loaded.
    pub(crate) const HISTORY: Self = Self(1 << 3);
    /// Why the server refuses the room.
    pub(crate) const TROUBLE: Self = Self(1 << 4);
    /// The members.
    pub(crate) const ROSTER: Self = Self(1 << 5);
    /// Who is typing.
    pub(crate) const TYPING: Self = Self(1 << 6);
    /// The number of messages that could not be sent.
    pub(crate) const FAILED: Self = Self(1 << 7);
    /// The text in the field.
    pub(crate) const DRAFT: Self = Self(1 << 8);
    /// All values.
    pub(crate) const ALL: Self = Self(u16::MAX);

    /// Adds the values of `other`.
    pub(crate) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Returns the index of a single value, below [`COUNT`](Self::COUNT).
    pub(crate) fn index(self) -> usize {
        usize::try_from(self.0.trailing_zeros()).unwrap_or(0).min(Self::COUNT - 1)
    }

    /// Whether it has the value with this index.
    pub(crate) fn has_index(self, index: usize) -> bool {
        self.0 >> index & 1 == 1
    }

    /// Whether it has any value of `other`.
    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}
