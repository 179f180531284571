//! One room as views see it.

use leptos::prelude::*;
use shared::ids::ChannelName;
use shared::presence::Roster;
use shared::protocol::Refusal;

use super::rows::Cell;
use super::value::Value;
use crate::core::effect::Parts;
use crate::core::room::{self, History, Typing};
use crate::core::timeline::{Unread, View};

/// The signals of one room. A handle: cheap to copy.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    channel: StoredValue<ChannelName>,
    /// Whether the next frame draws.
    frame: StoredValue<bool>,
    pub(crate) cells: Value<Vec<Cell>>,
    pub(crate) view: Value<View>,
    pub(crate) history: Value<History>,
    pub(crate) trouble: Value<Option<Refusal>>,
    pub(crate) roster: Value<Roster>,
    pub(crate) unread: Value<Unread>,
    pub(crate) typing: Value<Typing>,
    pub(crate) failed: Value<usize>,
    pub(crate) draft: Value<String>,
    /// Whether the field has the text of an earlier message.
    pub(crate) is_editing: Value<bool>,
}

impl Room {
    pub(super) fn new(channel: &ChannelName) -> Self {
        Self {
            channel: StoredValue::new(channel.clone()),
            frame: StoredValue::new(false),
            cells: Value::new(Vec::new()),
            view: Value::new(View::Following),
            history: Value::new(History::Unloaded),
            trouble: Value::new(None),
            roster: Value::new(Roster::default()),
            unread: Value::new(Unread::default()),
            typing: Value::new(Typing::default()),
            failed: Value::new(0),
            draft: Value::new(String::new()),
            is_editing: Value::new(false),
        }
    }

    /// Returns the channel.
    pub(crate) fn channel(self) -> ChannelName {
        self.channel.get_value()
    }

    /// Whether this is the room of `channel`.
    pub(super) fn is_of(self, channel: &ChannelName) -> bool {
        self.channel.with_value(|own| own == channel)
    }

    /// Sets the signals whose values have changed. A closed room has the values of a new one.
    pub(super) fn read(self, room: Option<&room::Room>, parts: Parts) {
        let set = |part: Parts, set: &dyn Fn()| {
            if parts.has(part) {
                set();
            }
        };
        set(Parts::VIEW, &|| self.view.set(room.map(|room| room.view()).unwrap_or_default()));
        set(Parts::HISTORY, &|| self.history.set(room.map_or(History::Unloaded, |room| room.history())));
        set(Parts::TROUBLE, &|| self.trouble.set(room.and_then(|room| room.trouble().cloned())));
        set(Parts::ROSTER, &|| self.roster.set(room.map(|room| room.roster().clone()).unwrap_or_default()));
        set(Parts::UNREAD, &|| self.unread.set(room.map(|room| room.unread()).unwrap_or_default()));
        set(Parts::TYPING, &|| self.typing.set(room.map(|room| room.typing().clone()).unwrap_or_default()));
        set(Parts::FAILED, &|| self.failed.set(room.map_or(0, |room| room.failed())));
        set(Parts::DRAFT, &|| {
            self.draft.set(room.map(|room| room.draft().to_owned()).unwrap_or_default());
            self.is_editing.set(room.is_some_and(|room| room.is_editing()));
        });
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
