//! One message as the page shows it.

use shared::ids::{MessageId, Offset, UserId};
use shared::protocol::{Level, Message, Payload, Sender};
use shared::session::Delivery;
use shared::time::Timestamp;

/// Where an entry stands. What the log has comes first; what it has not yet stands below, as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Place {
    /// In the log.
    At(Offset),
    /// Not yet: the n-th that was written here.
    Unsent(u64),
}

/// A message, with all that later messages have said about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) id: MessageId,
    pub(crate) place: Place,
    pub(crate) at: Timestamp,
    /// The day of `at` on the reader's calendar.
    pub(crate) day: i64,
    pub(crate) from: Sender,
    pub(crate) mine: bool,
    pub(crate) body: Body,
    pub(crate) delivery: Delivery,
    pub(crate) reactions: Vec<Reaction>,
}

/// What an entry says now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    /// A text; `edited` where it once read otherwise.
    Chat { text: String, edited: bool, reply_to: Option<MessageId> },
    /// A card.
    Notice(Notice),
    /// Taken back by its sender.
    Retracted,
    /// Something that this page cannot show.
    Custom { name: String },
    /// A type of payload that only a later version of the page knows.
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
    /// Who reacted so.
    pub(crate) users: Vec<UserId>,
    /// Whether the reader is one of them.
    pub(crate) mine: bool,
}

impl Body {
    /// What a payload shows by itself; nothing where it only says something about an earlier message.
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

    /// Whether neighbours of the same sender are drawn as one group.
    fn groups(&self) -> bool {
        !matches!(self, Self::Notice(_))
    }
}

/// Two messages of one sender further apart than this, in milliseconds, stand in groups of their own.
const GROUP_MS_MAX: u64 = 5 * 60 * 1000;

impl Entry {
    /// The entry of a message in the log.
    pub(crate) fn logged(message: &Message, body: Body, day: i64, mine: bool) -> Self {
        Self {
            id: message.id,
            place: Place::At(message.offset),
            at: message.at,
            day,
            from: message.from.clone(),
            mine,
            body,
            delivery: Delivery::Accepted { offset: message.offset },
            reactions: Vec::new(),
        }
    }

    /// Whether this entry goes on what `before` began, so that the sender need not be shown again.
    pub(crate) fn continues(&self, before: &Self) -> bool {
        before.from.user == self.from.user
            && before.mine == self.mine
            && before.from.name == self.from.name
            && before.day == self.day
            && self.at.0.saturating_sub(before.at.0) <= GROUP_MS_MAX
            && self.body.groups()
            && before.body.groups()
    }

    /// Its offset, where the log has it.
    pub(crate) fn offset(&self) -> Option<Offset> {
        match self.place {
            Place::At(offset) => Some(offset),
            Place::Unsent(_) => None,
        }
    }
}
