//! What later messages say about earlier ones.
//!
//! An edit may be known before the message it is about: history is loaded from its end. So what is said is kept, and
//! an entry is made anew from all of it. Anybody may say things about a message as often as they like: of what a user
//! says about it only the newest of each kind is kept.

use shared::ids::{MessageId, Offset, UserId};
use shared::protocol::{Message, Payload};
use shared::sorted::SortedMap;

use super::entry::{Body, Entry, Reaction};

/// Maximum size of all that is kept, in bytes. Above it, what is about messages that are not loaded is forgotten.
const KEPT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Maximum number of reactions that are kept about one message. Those of further users and with further emojis are
/// ignored.
const REACTIONS_KEPT_MAX: usize = 5_000;

/// Maximum number of different emojis that are shown on a message: those that were used first.
const EMOJIS_SHOWN_MAX: usize = 20;

/// What is kept for an amendment besides its texts, in bytes, roughly.
const AMENDMENT_BYTES: usize = 128;

/// What an amendment changes. Of those of one user that change the same, the newest holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Edit,
    Retract,
    /// A reaction with this emoji.
    Reaction(String),
}

#[derive(Debug, Clone)]
struct Amendment {
    /// Where the user first said so.
    first: Offset,
    newest: Offset,
    /// The new text of an edit.
    text: String,
    /// Whether a reaction is there.
    on: bool,
}

/// What is known to have been said about one message: reactions with the same emoji one after the other.
type About = SortedMap<(Change, UserId), Amendment>;

/// All that is known to have been said about messages of one channel.
#[derive(Debug, Default)]
pub(super) struct Amendments {
    by_message: SortedMap<MessageId, About>,
    bytes: usize,
}

impl Amendments {
    /// Keeps what `message` says about another. Returns which, if that may change how it is shown.
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

    /// Brings `entry` up to date. Only its own sender may edit or retract it.
    pub(super) fn apply(&self, entry: &mut Entry, me: Option<&UserId>) {
        let Some(about) = self.by_message.get(&entry.id) else { return };
        let mut shown = Shown::default();
        for ((change, user), amendment) in about.iter() {
            let own = *user == entry.from.user;
            match (change, &mut entry.body) {
                (Change::Edit, Body::Chat { text, edited, .. }) if own => {
                    text.clone_from(&amendment.text);
                    *edited = true;
                }
                (Change::Retract, body) if own => *body = Body::Retracted,
                (Change::Reaction(emoji), _) => shown.react(emoji, user, amendment, me),
                (Change::Edit | Change::Retract, _) => {}
            }
        }
        entry.reactions = if entry.body == Body::Retracted { Vec::new() } else { shown.finish() };
    }

    /// How many amendments are kept.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.by_message.iter().map(|(_, about)| about.len()).sum()
    }

    /// Keeps the amendments within their limit.
    pub(super) fn bound(&mut self, is_loaded: impl Fn(&MessageId) -> bool) {
        if self.bytes > KEPT_BYTES_MAX {
            self.by_message.retain(|id, _| is_loaded(id));
            let all = self.by_message.iter().flat_map(|(_, about)| about.iter());
            self.bytes = all.map(|((change, _), amendment)| bytes_of(change, amendment)).sum();
        }
    }
}

fn bytes_of(change: &Change, amendment: &Amendment) -> usize {
    let emoji = if let Change::Reaction(emoji) = change { emoji.len() } else { 0 };
    AMENDMENT_BYTES + emoji + amendment.text.len()
}

/// The reactions that are shown, in the order in which their emojis were first used. An emoji keeps its place when
/// somebody takes theirs back.
#[derive(Default)]
struct Shown {
    reactions: Vec<(Offset, Reaction)>,
    /// The reactions with the emoji that is looked at: those with the same come one after the other.
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
