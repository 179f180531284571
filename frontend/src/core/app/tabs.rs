//! What the tabs of one browser share: another tab has stored something.

use shared::ids::{ChannelName, DisplayName};
use shared::session::Input;

use super::App;
use crate::core::effect::Parts;
use crate::core::storage::key;

impl App {
    /// Takes over the `text` that another tab has stored under `key`.
    pub(super) fn adopt(&mut self, key: &str, text: String) {
        self.context.storage.adopt(key, text.clone());
        let of = |prefix| channel_of(prefix, key);
        if key == key::ROOMS {
            self.adopt_rooms(&text);
        } else if key == key::NAME {
            self.adopt_name(&text);
        } else if let Some((room, context)) = of(key::READ).and_then(|channel| self.room_mut(&channel)) {
            room.mark_was_stored(&text, context);
        } else if let Some((room, _)) = of(key::DRAFT).and_then(|channel| self.room_mut(&channel)) {
            room.adopt_draft(text);
        } else if let Some(channel) = of(key::BELL)
            && self.bell.adopt(&channel, &text)
        {
            self.context.changed.add(Parts::BELL);
        }
    }

    /// The browser could not store the text under `key`.
    pub(super) fn was_not_stored(&mut self, key: &str) {
        self.context.not_stored(key);
        if let Some((room, _)) = channel_of(key::DRAFT, key).and_then(|channel| self.room_mut(&channel)) {
            room.draft_was_not_stored();
        }
    }

    /// The tabs are one guest, so they have one name. A tab that has not started asks for a name itself.
    fn adopt_name(&mut self, text: &str) {
        let Ok(name) = DisplayName::parse(text) else { return };
        if self.has_started && self.context.me.name.as_ref() != Some(&name) {
            self.context.me.name = Some(name.clone());
            self.context.input(Input::Rename(name));
            self.know_me();
        }
    }

    /// Stores everything that is not stored yet: the page may be closed.
    pub(super) fn store_all(&mut self) {
        self.rooms.iter_mut().for_each(|room| room.store(&mut self.context));
    }
}

/// Returns the channel of a key with this prefix.
fn channel_of(prefix: &str, key: &str) -> Option<ChannelName> {
    ChannelName::parse(key.strip_prefix(prefix)?).ok()
}
