//! What the reader does in a room: writes, edits, tries again.

use leptos::prelude::*;
use shared::ids::MessageId;
use shared::protocol::{ErrorCode, Payload, SignalKind};
use shared::session::{Delivery, Input};

use super::room::{Editing, Room};
use super::tidings::Tidings;
use crate::browser::clock;
use crate::browser::storage::Store;
use crate::core::composer::{Draft, TypingThrottle};
use crate::core::timeline::{Body, Entry};

impl Room {
    /// Writes a message: it is on the page before any server knows of it.
    pub(crate) fn publish(self, tidings: Tidings, payload: Payload) {
        let message_id = tidings.new_message_id();
        self.write(tidings, message_id, payload);
        self.throttle.update_value(TypingThrottle::reset);
        self.follow();
    }

    /// Sends what says something about an earlier message.
    pub(crate) fn publish_quietly(self, tidings: Tidings, payload: Payload) {
        let (channel, message_id) = (self.channel(), tidings.new_message_id());
        tidings.remember_unsent(channel.clone(), message_id, &payload);
        tidings.input(Input::Publish { channel, message_id, payload });
    }

    /// Sends the draft. Returns whether there was one that can be sent.
    pub(crate) fn send_draft(self, tidings: Tidings) -> bool {
        let text = self.draft.get_untracked().trim().to_owned();
        if !Draft::of(&text).is_sendable() {
            return false;
        }
        if let Some(Editing { of, draft_before }) = self.editing.get_untracked() {
            self.editing.set(None);
            self.set_draft(draft_before);
            self.publish_quietly(tidings, Payload::Edit { of, text });
            return true;
        }
        self.set_draft(String::new());
        self.publish(tidings, Payload::chat(text));
        true
    }

    /// Puts a message into the field, to be written anew.
    pub(crate) fn edit(self, entry: &Entry) {
        let Body::Chat { text, .. } = &entry.body else { return };
        self.stop_editing();
        self.editing.set(Some(Editing { of: entry.id, draft_before: self.draft.get_untracked() }));
        self.draft.set(text.clone());
    }

    /// The same for the last own one. Returns whether there is one.
    pub(crate) fn edit_last(self) -> bool {
        let last = self.timeline.with_value(|timeline| timeline.last_own_chat().cloned());
        last.map(|entry| self.edit(&entry)).is_some()
    }

    /// Leaves the message as it was. Returns whether one was being edited.
    pub(crate) fn stop_editing(self) -> bool {
        let Some(Editing { draft_before, .. }) = self.editing.get_untracked() else { return false };
        self.editing.set(None);
        self.draft.set(draft_before);
        true
    }

    /// Keeps what is being written; of an edit only while the page is open.
    pub(crate) fn set_draft(self, text: String) {
        if self.editing.with_untracked(Option::is_none) {
            Store::Local.set(&format!("draft.{}", self.channel()), &text);
        }
        self.draft.set(text);
    }

    /// A key was pressed in the draft.
    pub(crate) fn note_typing(self, tidings: Tidings) {
        if self.throttle.try_update_value(|throttle| throttle.press(clock::now().0)) == Some(true) {
            tidings.input(Input::Signal { channel: self.channel(), kind: SignalKind::Typing });
        }
    }

    /// Adds an own message with its id, and asks for it to be sent.
    pub(crate) fn write(self, tidings: Tidings, message_id: MessageId, payload: Payload) {
        if let Some(from) = tidings.me_as_sender() {
            self.timeline.update_value(|timeline| timeline.write(message_id, &payload, from, clock::now()));
        }
        tidings.remember_unsent(self.channel(), message_id, &payload);
        self.draw();
        tidings.input(Input::Publish { channel: self.channel(), message_id, payload });
    }

    /// Tries a failed message again.
    pub(crate) fn retry(self, tidings: Tidings, message_id: MessageId) {
        let entry = self.timeline.with_value(|timeline| timeline.entry(message_id).cloned());
        let refused_here = entry.as_ref().is_some_and(|entry| match &entry.delivery {
            Delivery::Failed { refusal } => refusal.code == ErrorCode::OutboxFull,
            Delivery::Local | Delivery::Accepted { .. } => false,
        });
        match entry.map(|entry| entry.body.clone()) {
            // The session has never taken it in.
            Some(Body::Chat { text, reply_to, .. }) if refused_here => {
                self.write(tidings, message_id, Payload::Chat { text, reply_to });
            }
            _ => tidings.input(Input::Retry { message_id }),
        }
    }

    /// Forgets a failed message.
    pub(crate) fn discard(self, tidings: Tidings, message_id: MessageId) {
        tidings.input(Input::Discard { message_id });
        tidings.forget_unsent(message_id);
        self.timeline.update_value(|timeline| timeline.discard(message_id));
        self.draw();
    }
}
