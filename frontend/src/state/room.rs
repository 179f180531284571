//! One room as views see it.

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::presence::Roster;
use shared::protocol::Refusal;

use super::rows::Cell;
use super::value::{Core, RoomValue, Triggers};
use crate::core::effect::Parts;
use crate::core::room::{History, Typing};
use crate::core::timeline::{Unread, View};

/// The values of one room. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    channel: StoredValue<ChannelName>,
    triggers: Triggers,
    /// Whether the next frame draws.
    frame: StoredValue<bool>,
    pub(super) cells: RwSignal<Vec<Cell>>,
    pub(crate) view: RoomValue<View>,
    pub(crate) history: RoomValue<History>,
    /// Whether messages between loaded ones could not be loaded.
    pub(crate) hole_is_refused: RoomValue<bool>,
    pub(crate) trouble: RoomValue<Option<Refusal>>,
    pub(crate) roster: RoomValue<Roster>,
    /// The number of members.
    pub(crate) members: RoomValue<usize>,
    pub(crate) unread: RoomValue<Unread>,
    pub(crate) typing: RoomValue<Typing>,
    pub(crate) failed: RoomValue<usize>,
    pub(crate) draft: RoomValue<String>,
    /// Whether the field has the text of an earlier message.
    pub(crate) is_editing: RoomValue<bool>,
}

impl Room {
    pub(super) fn new(core: Core, channel: &ChannelName) -> Self {
        let (channel, triggers) = (StoredValue::new(channel.clone()), Triggers::new());
        macro_rules! value {
            ($part:ident, $read:expr) => {
                RoomValue::new(core, channel, triggers, Parts::$part, |room| {
                    room.map($read).unwrap_or_default()
                })
            };
        }
        Self {
            channel,
            triggers,
            frame: StoredValue::new(false),
            cells: RwSignal::new(Vec::new()),
            view: value!(VIEW, |room| room.view()),
            history: value!(HISTORY, |room| room.history()),
            hole_is_refused: value!(HISTORY, |room| room.hole_is_refused()),
            trouble: value!(TROUBLE, |room| room.trouble().cloned()),
            roster: value!(ROSTER, |room| room.roster().clone()),
            members: value!(ROSTER, |room| room.roster().len()),
            unread: value!(UNREAD, |room| room.unread()),
            typing: value!(TYPING, |room| room.typing().clone()),
            failed: value!(FAILED, |room| room.failed()),
            draft: value!(DRAFT, |room| room.draft().to_owned()),
            is_editing: value!(DRAFT, |room| room.is_editing()),
        }
    }

    /// Returns the channel.
    pub(crate) fn channel(self) -> ChannelName {
        self.channel.get_value()
    }

    /// Returns the rows on the screen.
    pub(crate) fn rows(self) -> Vec<Cell> {
        self.cells.get()
    }

    /// Whether no row is on the screen.
    pub(crate) fn is_empty(self) -> bool {
        self.cells.with(Vec::is_empty)
    }

    /// Whether this is the room of `channel`.
    pub(super) fn is_of(self, channel: &ChannelName) -> bool {
        self.channel.with_value(|own| own == channel)
    }

    /// Runs what reads the changed values.
    pub(super) fn notify(self, parts: Parts) {
        self.triggers.notify(parts);
    }

    /// Notes that the next frame draws. Returns false if that was known.
    pub(super) fn begins_frame(self) -> bool {
        !self.frame.try_update_value(|frame| std::mem::replace(frame, true)).unwrap_or(true)
    }

    /// The frame is here.
    pub(super) fn ends_frame(self) {
        self.frame.set_value(false);
    }
}
