//! The edits, retractions and reactions of messages.
//!
//! An edit may be loaded before the message that it edits, because history is loaded from its end. So amendments are kept,
//! and an entry is rebuilt from all of them. A user may amend a message without limit, so only the newest amendment of
//! each kind and user is kept.

use shared::ids::{MessageId, Offset, UserId};
use shared::protocol::{Message, Payload};
use shared::sorted::SortedMap;

use super::entry::{Body, Entry, Reaction};
use crate::core::mentions::mentions;

/// Maximum memory of the amendments, in bytes, roughly. Above it, first those of messages that are not loaded are dropped.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Maximum number of reactions that are kept for one message. Further users and emojis are ignored.
const REACTIONS_KEPT_MAX: usize = 5_000;

/// Maximum number of different emojis that are shown on a message: the first that were used.
const EMOJIS_SHOWN_MAX: usize = 20;

/// Memory of an amendment besides its texts, in bytes, roughly.
const AMENDMENT_BYTES: usize = 128;

/// What an amendment changes. The newest of one user for the same change is valid.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Edit,
    Retract,
    /// A reaction with this emoji.
    Reaction(String),
}

#[derive(Debug, Clone)]
struct Amendment {
    /// The offset of the user's first amendment with this change.
    first: Offset,
    newest: Offset,
    /// The new text of an edit.
    text: String,
    /// Whether the reaction is set.
    on: bool,
}

/// The amendments of one message. Reactions with the same emoji are neighbours.
type About = SortedMap<(Change, UserId), Amendment>;

/// The amendments of the messages of one channel.
#[derive(Debug, Default)]
pub(super) struct Amendments {
    by_message: SortedMap<MessageId, About>,
    bytes: usize,
}

impl Amendments {
    /// Adds `message` if it is an amendment. Returns the amended message if it may look different now.
    pub(super) fn add(&mut self, message: &Message) -> Option<MessageId> {
        let (of, change, text, on) = match &message.payload {
            Payload::Edit { of, text } => (*of, Change::Edit, text.as_str(), true),
            Payload::Retract { of } => (*of, Change::Retract, "", true),
            Payload::Reaction { of, emoji, on } => (*of, Change::Reaction(emoji.clone()), "", *on),
            Payload::Chat { .. }
            | Payload::Notification { .. }
            | Payload::Custom { .. }
            | Payload::Unknown { .. } => return None,
        };
        let about = self.by_message.or_default(of);
        let offset = message.offset;
        let key = (change, message.from.user.clone());
        if let Some(known) = about.get_mut(&key) {
            if offset > known.newest {
                self.bytes = (self.bytes + text.len()).saturating_sub(known.text.len());
                (known.newest, known.on, known.text) = (offset, on, text.to_owned());
            } else if offset < known.first {
                known.first = offset;
            } else {
                return None;
            }
            return Some(of);
        }
        if about.len() >= REACTIONS_KEPT_MAX && matches!(key.0, Change::Reaction(_)) {
            return None;
        }
        let amendment = Amendment { first: offset, newest: offset, text: text.to_owned(), on };
        self.bytes += bytes_of(&key.0, &amendment);
        about.insert(key, amendment);
        Some(of)
    }

    /// Updates `entry` for the reader `me`. Only its sender may edit or retract it.
    pub(super) fn apply(&self, entry: &mut Entry, me: Option<&UserId>, my_name: &str) {
        let Some(about) = self.by_message.get(&entry.id) else { return };
        let mut shown = Shown::default();
        for ((change, user), amendment) in about.iter() {
            let own = *user == entry.from.user;
            match (change, &mut entry.body) {
                (Change::Edit, Body::Chat { text, edited, .. }) if own => {
                    *edited = true;
                    // The same text mentions whom it mentioned, also if the reader has another name now.
                    if *text != amendment.text {
                        text.clone_from(&amendment.text);
                        entry.mentions_me = !entry.mine && mentions(text, my_name);
                    }
                }
                (Change::Retract, body) if own => *body = Body::Retracted,
                (Change::Reaction(emoji), _) => shown.react(emoji, user, amendment, me),
                (Change::Edit | Change::Retract, _) => {}
            }
        }
        entry.reactions = if entry.body == Body::Retracted { Vec::new() } else { shown.finish() };
    }

    /// Returns the number of amendments.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.by_message.iter().map(|(_, about)| about.len()).sum()
    }

    /// Drops amendments above the limit: first those of messages that are not loaded, then those of the oldest messages.
    pub(super) fn bound(&mut self, is_loaded: impl Fn(&MessageId) -> bool) {
        if self.bytes <= KEPT_BYTES_MAX {
            return;
        }
        self.by_message.retain(|id, _| is_loaded(id));
        self.bytes = self.by_message.iter().map(|(_, about)| bytes_about(about)).sum();
        // Down to three quarters, so that the next message does not count everything again. Ids are in order of time.
        while self.bytes > KEPT_BYTES_MAX / 4 * 3
            && let Some((_, about)) = self.by_message.pop_first()
        {
            self.bytes = self.bytes.saturating_sub(bytes_about(&about));
        }
    }
}

fn bytes_about(about: &About) -> usize {
    about.iter().map(|((change, _), amendment)| bytes_of(change, amendment)).sum()
}

fn bytes_of(change: &Change, amendment: &Amendment) -> usize {
    let emoji = if let Change::Reaction(emoji) = change { emoji.len() } else { 0 };
    AMENDMENT_BYTES + emoji + amendment.text.len()
}

/// The reactions to show, in the order in which their emojis were first used. An emoji keeps its position if its first user
/// removes the reaction.
#[derive(Default)]
struct Shown {
    reactions: Vec<(Offset, Reaction)>,
    /// The reaction that is being collected.
    current: Option<(Offset, Reaction)>,
}

impl Shown {
    fn react(&mut self, emoji: &str, user: &UserId, amendment: &Amendment, me: Option<&UserId>) {
        if self.current.as_ref().is_none_or(|(_, reaction)| reaction.emoji != emoji) {
            self.end_current();
            let none_yet = Reaction { emoji: emoji.to_owned(), users: Vec::new(), mine: false };
            self.current = Some((amendment.first, none_yet));
        }
        if let Some((first, reaction)) = &mut self.current {
            *first = amendment.first.min(*first);
            if amendment.on {
                reaction.users.push(user.clone());
                reaction.mine |= me == Some(user);
            }
        }
    }

    fn end_current(&mut self) {
        if let Some((first, reaction)) =
            self.current.take().filter(|(_, reaction)| !reaction.users.is_empty())
        {
            let index = self.reactions.partition_point(|(other, _)| *other < first);
            self.reactions.insert(index, (first, reaction));
            self.reactions.truncate(EMOJIS_SHOWN_MAX);
        }
    }

    fn finish(mut self) -> Vec<Reaction> {
        self.end_current();
        self.reactions.into_iter().map(|(_, reaction)| reaction).collect()
    }
}
