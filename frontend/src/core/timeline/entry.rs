//! One message as the app shows it.

use shared::ids::{MessageId, Offset, UserId};
use shared::protocol::{Level, Message, Payload, Sender};
use shared::session::Delivery;
use shared::time::Timestamp;

/// The position of an entry. Messages of the log come first. Messages that are not in the log yet follow, in the order in
/// which they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// At this offset in the log.
    At(Offset),
    /// Not in the log yet: the n-th message that was written here.
    Unsent(u64),
}

/// A message, with the effect of all later messages about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: MessageId,
    pub(crate) place: Place,
    pub(crate) at: Timestamp,
    /// The day of `at` in the reader's time zone, counted from 1970.
    pub(crate) day: i64,
    pub(crate) from: Sender,
    pub(crate) mine: bool,
    /// Whether the text mentions the reader.
    pub(crate) mentions_me: bool,
    pub(crate) body: Body,
    pub(crate) delivery: Delivery,
    pub(crate) reactions: Vec<Reaction>,
}

/// The current content of an entry.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// A text. `edited` if the text was changed.
    Chat { text: String, edited: bool, reply_to: Option<MessageId> },
    /// A card.
    Notice(Notice),
    /// Deleted by its sender.
    Retracted,
    /// A payload of the application, which this app cannot show.
    Custom { name: String },
    /// A type of payload of a later version.
    Unsupported { kind: String },
}

/// The content of a notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) title: String,
    pub(crate) body: String,
    pub(crate) level: Level,
    pub(crate) link: Option<String>,
}

/// One emoji under a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reaction {
    pub(crate) emoji: String,
    /// The users who reacted with it.
    pub(crate) users: Vec<UserId>,
    /// Whether the reader is one of them.
    pub(crate) mine: bool,
}

impl Body {
    /// Returns the content that a payload shows by itself, or `None` if it only changes an earlier message.
    pub(crate) fn of(payload: &Payload) -> Option<Self> {
        match payload {
            Payload::Chat { text, reply_to } => {
                Some(Self::Chat { text: text.clone(), edited: false, reply_to: *reply_to })
            }
            Payload::Notification { title, body, level, link } => Some(Self::Notice(Notice {
                title: title.clone(),
                body: body.clone(),
                level: level.shown(),
                link: link.clone(),
            })),
            Payload::Custom { name, .. } => Some(Self::Custom { name: name.clone() }),
            Payload::Unknown { kind } => Some(Self::Unsupported { kind: kind.clone() }),
            Payload::Edit { .. } | Payload::Retract { .. } | Payload::Reaction { .. } => None,
        }
    }

    /// Whether neighbours of one sender are shown as one group.
    fn groups(&self) -> bool {
        !matches!(self, Self::Notice(_))
    }
}

/// Maximum time between two messages of one group, in milliseconds.
const GROUP_MS_MAX: u64 = 5 * 60 * 1000;

/// Memory of an entry besides its texts, in bytes, roughly.
const ENTRY_BYTES: usize = 512;

impl Entry {
    /// Returns the entry of a message in the log.
    pub(super) fn logged(message: &Message, body: Body, day: i64, mine: bool, mentions_me: bool) -> Self {
        Self {
            id: message.id,
            place: Place::At(message.offset),
            at: message.at,
            day,
            from: message.from.clone(),
            mine,
            mentions_me,
            body,
            delivery: Delivery::Accepted { offset: message.offset },
            reactions: Vec::new(),
        }
    }

    /// Whether this entry continues the group of `before`, so that the sender need not be shown again.
    pub(super) fn continues(&self, before: &Self) -> bool {
        before.from.user == self.from.user
            && before.mine == self.mine
            && before.from.name == self.from.name
            && before.day == self.day
            && self.at.0.saturating_sub(before.at.0) <= GROUP_MS_MAX
            && self.body.groups()
            && before.body.groups()
    }

    /// Whether it counts as unread until the reader has seen it: a message of somebody else that still has content.
    pub(super) fn counts(&self) -> bool {
        !self.mine && self.body != Body::Retracted
    }

    /// Returns the memory that it takes, in bytes, roughly.
    pub(super) fn bytes(&self) -> usize {
        let texts = match &self.body {
            Body::Chat { text, .. } => text.len(),
            Body::Notice(notice) => {
                notice.title.len() + notice.body.len() + notice.link.as_ref().map_or(0, String::len)
            }
            Body::Retracted => 0,
            Body::Custom { name } => name.len(),
            Body::Unsupported { kind } => kind.len(),
        };
        let reaction = |reaction: &Reaction| {
            let users = reaction.users.iter().map(|user| size_of::<UserId>() + user.as_str().len());
            size_of::<Reaction>() + reaction.emoji.len() + users.sum::<usize>()
        };
        ENTRY_BYTES + texts + self.reactions.iter().map(reaction).sum::<usize>()
    }

    /// Returns its offset, or `None` if it is not in the log yet.
    pub(crate) fn offset(&self) -> Option<Offset> {
        match self.place {
            Place::At(offset) => Some(offset),
            Place::Unsent(_) => None,
        }
    }
}
