//! What the user wants, and what the browser reports.

use shared::ids::{ChannelName, DisplayName, MessageId};

use super::route::Route;
use super::toasts::Hold;
use super::unsent::TabId;

/// An action of the user, or a report of the browser.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Intent {
    /// The app has started. If a name is known, it connects.
    Start,
    /// Use this name, the first or another.
    SetName(DisplayName),
    /// The address of the page has changed.
    Arrive(Route),
    /// Go to a room.
    GoTo(ChannelName),
    /// Close a room.
    Close(ChannelName),
    /// Something in a room.
    Room(ChannelName, RoomIntent),
    /// Open a panel, or close it if it is open.
    Toggle(Panel),
    /// Open a panel.
    Open(Panel),
    /// Close the open panel.
    ClosePanel,
    /// Open or close the panel that shows the traffic.
    ToggleWire,
    /// Close the uppermost thing that is open; if nothing is, go to the newest message.
    Escape,
    /// Mark all notifications as read.
    ReadBell,
    /// Remove all notifications.
    ClearBell,
    /// Remove a toast.
    DismissToast(u64),
    /// Keep a toast while the pointer or the keyboard is in it. With `false`, no longer.
    HoldToast(u64, Hold, bool),
    /// A text was copied, or the browser refused it.
    Copied(bool),
    /// Connect now instead of waiting.
    ConnectNow,
    /// The time that `poll_timeout` returned has come.
    Elapsed,
    /// The user has left the page or has come back. The attention says which.
    AttentionChanged,
    /// Another tab has stored a text under this key. If it is empty, it has removed the key.
    Stored(String, String),
    /// The browser could not store the text under this key.
    NotStored(String),
    /// These are all texts that the browser keeps over visits.
    StorageRead(Vec<(String, String)>),
    /// This page is this tab: it holds the tab's lock.
    OwnTab(TabId),
    /// This tab is gone, and this page holds its lock.
    AdoptTab(TabId),
}

impl Intent {
    /// Whether this may change what another tab has changed a moment ago, before its event has arrived here. Then
    /// [`StorageRead`](Self::StorageRead) has to come first.
    pub(crate) fn needs_fresh_storage(&self) -> bool {
        matches!(
            self,
            Self::Arrive(_) | Self::Close(_) | Self::AttentionChanged | Self::OwnTab(_) | Self::AdoptTab(_)
        )
    }
}

/// Something that the user wants in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoomIntent {
    /// Subscribe again after a refusal.
    Join,
    /// The text in the field has changed.
    Type(String),
    /// Send the text in the field.
    Send,
    /// Put an own message into the field, to edit it.
    Edit(MessageId),
    /// The same for the last own message.
    EditLast,
    /// Leave the message as it was.
    StopEditing,
    /// Delete an own message.
    Retract(MessageId),
    /// Add or remove a reaction.
    React { of: MessageId, emoji: String, on: bool },
    /// Send a failed message again.
    Retry(MessageId),
    /// Remove a failed message.
    Discard(MessageId),
    /// Go to the newest message and follow.
    Follow,
    /// The user has scrolled up from the end.
    LeaveEnd,
    /// The user has reached the lower end of the rows.
    ReachBottom,
    /// The user wants older messages.
    Older,
    /// The user wants the messages of a hole that could not be loaded.
    RetryHole,
    /// The user looks at this message, so many pixels below the upper edge.
    Place(MessageId, i32),
}

/// What is open above the page. One at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Panel {
    Bell,
    Profile,
    Roster,
    Menu,
    Switcher,
    Help,
}

/// Whether the user looks at the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attention {
    /// The page is visible and has the keyboard focus.
    Focused,
    /// The page is visible, and another window has the focus.
    Visible,
    /// The page is in the background.
    Hidden,
}

impl Attention {
    /// Whether the user can see the page.
    pub(crate) fn is_visible(self) -> bool {
        self != Self::Hidden
    }
}
