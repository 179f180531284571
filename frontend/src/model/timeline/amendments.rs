//! What later messages say about earlier ones.
//!
//! An edit may be known before the message it is about: history is loaded from its end. So what is said is kept, and
//! an entry is made anew from all of it, in the order of the log.

use shared::ids::{MessageId, Offset, UserId};
use shared::protocol::{Message, Payload};
use shared::sorted::SortedMap;

use super::entry::{Body, Entry, Reaction};

/// Most amendments that are kept. When more come, those about messages that are not loaded are forgotten.
const AMENDMENTS_MAX: usize = 10_000;

#[derive(Debug, Clone)]
struct Amendment {
    offset: Offset,
    user: UserId,
    change: Change,
}

#[derive(Debug, Clone)]
enum Change {
    Edit(String),
    Retract,
    Reaction { emoji: String, on: bool },
}

/// All that is known to have been said about messages of one channel.
#[derive(Debug, Default)]
pub(super) struct Amendments {
    by_message: SortedMap<MessageId, Vec<Amendment>>,
    count: usize,
}

impl Amendments {
    /// Keeps what `message` says about another. Returns which, if it does and has not been heard before.
    pub(super) fn add(&mut self, message: &Message) -> Option<MessageId> {
        let (of, change) = match &message.payload {
            Payload::Edit { of, text } => (*of, Change::Edit(text.clone())),
            Payload::Retract { of } => (*of, Change::Retract),
            Payload::Reaction { of, emoji, on } => (*of, Change::Reaction { emoji: emoji.clone(), on: *on }),
            Payload::Chat { .. }
            | Payload::Notification { .. }
            | Payload::Custom { .. }
            | Payload::Unknown { .. } => return None,
        };
        let list = self.by_message.or_default(of);
        let index = list.binary_search_by_key(&message.offset, |amendment| amendment.offset).err()?;
        list.insert(index, Amendment { offset: message.offset, user: message.from.user.clone(), change });
        self.count += 1;
        Some(of)
    }

    /// Brings `entry` up to date. Only its own sender may edit or retract it.
    pub(super) fn apply(&self, entry: &mut Entry, me: Option<&UserId>) {
        let Some(list) = self.by_message.get(&entry.id) else { return };
        let mut reactions: Vec<Reaction> = Vec::new();
        for amendment in list {
            let own = amendment.user == entry.from.user;
            match (&amendment.change, &mut entry.body) {
                (Change::Edit(new), Body::Chat { text, edited, .. }) if own => {
                    text.clone_from(new);
                    *edited = true;
                }
                (Change::Retract, body) if own => *body = Body::Retracted,
                (Change::Reaction { emoji, on }, _) => react(&mut reactions, emoji, &amendment.user, *on),
                (Change::Edit(_) | Change::Retract, _) => {}
            }
        }
        if entry.body == Body::Retracted {
            reactions.clear();
        }
        for reaction in &mut reactions {
            reaction.mine = me.is_some_and(|me| reaction.users.contains(me));
        }
        entry.reactions = reactions;
    }

    /// Keeps the number of amendments within its limit.
    pub(super) fn bound(&mut self, is_loaded: impl Fn(&MessageId) -> bool) {
        if self.count > AMENDMENTS_MAX {
            self.by_message.retain(|id, _| is_loaded(id));
            self.count = self.by_message.iter().map(|(_, list)| list.len()).sum();
        }
    }
}

fn react(reactions: &mut Vec<Reaction>, emoji: &str, user: &UserId, on: bool) {
    let index = reactions.iter().position(|reaction| reaction.emoji == emoji);
    match (index.and_then(|index| reactions.get_mut(index)), on) {
        (Some(reaction), true) if !reaction.users.contains(user) => reaction.users.push(user.clone()),
        (Some(reaction), false) => {
            reaction.users.retain(|other| other != user);
            reactions.retain(|reaction| !reaction.users.is_empty());
        }
        (None, true) => {
            reactions.push(Reaction { emoji: emoji.to_owned(), users: vec![user.clone()], mine: false });
        }
        (Some(_), true) | (None, false) => {}
    }
}
