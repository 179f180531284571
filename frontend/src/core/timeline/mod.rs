//! A channel's messages as the page shows them: history, what arrives, and the own messages that are still on
//! their way, in one order and each once.

mod amendments;
mod entry;
mod rows;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(crate) use entry::{Body, Entry, Notice, Place, Reaction};
pub(crate) use rows::{Pace, Row, RowKey, View};
use shared::ids::{MessageId, Offset, UserId};
use shared::protocol::{Gap, GapReason, Message, Payload, Position, Sender};
use shared::session::Delivery;
use shared::sorted::SortedMap;
use shared::time::Timestamp;

use amendments::Amendments;

/// Most entries kept in memory. When more come while the newest are followed, the oldest go; they can be loaded again.
const ENTRIES_MAX: usize = 2_000;

/// How many are left when the oldest go.
const ENTRIES_KEPT: usize = 1_500;

/// How many go at a time: a reader who comes back from far up has many.
const ENTRIES_DROPPED_MAX: usize = 2_000;

/// How messages are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// At most this many are no longer kept. Offsets are not promised dense, so there may be fewer.
    UpTo(u64),
    /// Some are no longer kept.
    Some,
    /// The channel has been begun anew.
    Restarted,
}

/// A channel's messages.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// What day a moment falls on, on the reader's calendar.
    day_of: fn(Timestamp) -> i64,
    me: Option<UserId>,
    entries: SortedMap<Place, Arc<Entry>>,
    places: SortedMap<MessageId, Place>,
    amendments: Amendments,
    /// Where messages are missing, each by the last offset before what follows.
    losses: SortedMap<Offset, Loss>,
    /// What comes after this had not been read when the reader came.
    new_after: Option<Offset>,
    written: u64,
    epoch: Option<shared::ids::Epoch>,
    /// The oldest message of the pages of history that are loaded, whatever it is: not all messages are entries.
    loaded_from: Option<Offset>,
    /// Whether a page of history has shown something.
    has_history: bool,
}

/// What a page of history has added.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Loaded {
    /// Whether there is an entry that was not there before.
    pub(crate) has_shown: bool,
    /// Whether it is the first page that shows something.
    pub(crate) is_first: bool,
    /// Where the new entries of others stand.
    pub(crate) others: Vec<Offset>,
}

impl Timeline {
    /// A timeline without messages.
    pub(crate) fn new(day_of: fn(Timestamp) -> i64) -> Self {
        Self {
            day_of,
            me: None,
            entries: SortedMap::default(),
            places: SortedMap::default(),
            amendments: Amendments::default(),
            losses: SortedMap::default(),
            new_after: None,
            written: 0,
            epoch: None,
            loaded_from: None,
            has_history: false,
        }
    }

    /// Says who the reader is: their messages are drawn as their own.
    pub(crate) fn set_me(&mut self, me: UserId) {
        self.me = Some(me);
    }

    /// An entry by its message id.
    pub(crate) fn entry(&self, id: MessageId) -> Option<&Arc<Entry>> {
        self.entries.get(self.places.get(&id)?)
    }

    /// The oldest offset that is loaded, of an entry or of a message that is none. What is older is asked for with this.
    pub(crate) fn oldest(&self) -> Option<Offset> {
        let first = self.entries.iter().next().and_then(|(_, entry)| entry.offset());
        [first, self.loaded_from].into_iter().flatten().min()
    }

    /// The newest offset that is loaded.
    pub(crate) fn newest(&self) -> Option<Offset> {
        self.entries.range(..Place::Unsent(0)).next_back()?.1.offset()
    }

    /// The last own message that can be edited.
    pub(crate) fn last_own_chat(&self) -> Option<&Arc<Entry>> {
        let logged = self.entries.range(..Place::Unsent(0)).rev().map(|(_, entry)| entry);
        logged.into_iter().find(|entry| entry.mine && matches!(entry.body, Body::Chat { .. }))
    }

    /// How many own messages could not be sent.
    pub(crate) fn failed(&self) -> usize {
        let unsent = self.entries.range(Place::Unsent(0)..);
        unsent.filter(|(_, entry)| matches!(entry.delivery, Delivery::Failed { .. })).count()
    }

    /// Adds an own message, before any server knows of it.
    pub(crate) fn write(&mut self, id: MessageId, payload: &Payload, from: Sender, at: Timestamp) {
        let Some(body) = Body::of(payload) else { return };
        if self.places.get(&id).is_some() {
            return;
        }
        self.written += 1;
        let (place, day) = (Place::Unsent(self.written), (self.day_of)(at));
        let (delivery, reactions) = (Delivery::Local, Vec::new());
        self.insert(Entry { id, place, at, day, from, mine: true, body, delivery, reactions });
    }

    /// Takes a message of the log, from wherever it came. Returns whether it is a new entry.
    pub(crate) fn take(&mut self, message: &Message) -> bool {
        if let Some(of) = self.amendments.add(message) {
            self.refresh(of);
        }
        self.take_entry(message)
    }

    /// Takes a page of history. A message about which much is said is made anew once, and not for each of it.
    pub(crate) fn load(&mut self, messages: &[Message]) -> Loaded {
        let mut loaded = Loaded::default();
        let mut amended: Vec<MessageId> = Vec::new();
        for message in messages {
            if let Some(of) = self.amendments.add(message) {
                if !amended.contains(&of) {
                    amended.push(of);
                }
            } else if self.take_entry(message) {
                loaded.has_shown = true;
                if self.entry(message.id).is_some_and(|entry| !entry.mine) {
                    loaded.others.push(message.offset);
                }
            }
        }
        amended.into_iter().for_each(|of| self.refresh(of));
        loaded.is_first = loaded.has_shown && !self.has_history;
        self.has_history |= loaded.has_shown;
        let page_from = messages.iter().map(|message| message.offset).min();
        self.loaded_from = [self.loaded_from, page_from].into_iter().flatten().min();
        loaded
    }

    fn take_entry(&mut self, message: &Message) -> bool {
        let Some(body) = Body::of(&message.payload) else { return false };
        let known = self.places.get(&message.id).copied();
        if known == Some(Place::At(message.offset)) {
            return false;
        }
        let mine = known.is_some() || self.me.as_ref() == Some(&message.from.user);
        if let Some(place) = known {
            self.entries.remove(&place);
        }
        let mut entry = Entry::logged(message, body, (self.day_of)(message.at), mine);
        self.amendments.apply(&mut entry, self.me.as_ref());
        self.insert(entry);
        known.is_none()
    }

    /// Notes how far an own message has come.
    pub(crate) fn deliver(&mut self, id: MessageId, delivery: Delivery) {
        let Some(place) = self.places.get(&id).copied() else { return };
        let Some(mut entry) = self.entries.remove(&place) else { return };
        let changed = Arc::make_mut(&mut entry);
        match (&changed.delivery, &delivery) {
            // The message itself came first: it is in the log, and stays so.
            (Delivery::Accepted { .. }, _) => {}
            (_, Delivery::Accepted { offset }) => {
                changed.place = Place::At(*offset);
                changed.delivery = delivery;
            }
            (_, Delivery::Local | Delivery::Failed { .. }) => changed.delivery = delivery,
        }
        self.places.insert(id, entry.place);
        self.entries.insert(entry.place, entry);
    }

    /// Forgets an own message that could not be sent.
    pub(crate) fn discard(&mut self, id: MessageId) {
        if let Some(place @ Place::Unsent(_)) = self.places.get(&id).copied() {
            self.places.remove(&id);
            self.entries.remove(&place);
        }
    }

    /// A subscription begins at `position`; `gap` where something before it is lost.
    pub(crate) fn begin(&mut self, position: Position, gap: Option<Gap>) {
        let other_log = self.epoch.is_some_and(|epoch| epoch != position.epoch);
        self.epoch = Some(position.epoch);
        let Some(gap) = gap else {
            if other_log {
                self.forget_logged();
            }
            return;
        };
        let loss = match gap.reason {
            GapReason::Epoch | GapReason::Ahead => {
                self.forget_logged();
                Loss::Restarted
            }
            GapReason::Trimmed => match self.newest() {
                Some(newest) if gap.oldest.0 > newest.0 + 1 => Loss::UpTo(gap.oldest.0 - newest.0 - 1),
                _ => Loss::Some,
            },
            GapReason::Unknown => Loss::Some,
        };
        self.losses.insert(position.offset, loss);
    }

    /// Draws the line of what is new after `offset`.
    pub(crate) fn mark_new_after(&mut self, offset: Option<Offset>) {
        self.new_after = offset;
    }

    /// Drops the oldest entries where there are too many. Returns whether any went.
    pub(crate) fn bound(&mut self) -> bool {
        let places = &self.places;
        self.amendments.bound(|id| places.get(id).is_some());
        if self.entries.len() <= ENTRIES_MAX {
            return false;
        }
        for _ in 0..(self.entries.len() - ENTRIES_KEPT).min(ENTRIES_DROPPED_MAX) {
            let Some((_, entry)) = self.entries.pop_first() else { break };
            self.places.remove(&entry.id);
        }
        // What is older than the first that is left has to be asked for again.
        self.loaded_from = None;
        true
    }

    fn insert(&mut self, entry: Entry) {
        self.places.insert(entry.id, entry.place);
        self.entries.insert(entry.place, Arc::new(entry));
    }

    fn refresh(&mut self, id: MessageId) {
        let Some(entry) = self.places.get(&id).and_then(|place| self.entries.get_mut(place)) else { return };
        self.amendments.apply(Arc::make_mut(entry), self.me.as_ref());
    }

    /// Offsets of another log would be mixed up with the new ones.
    fn forget_logged(&mut self) {
        self.entries.retain(|place, _| matches!(place, Place::Unsent(_)));
        self.places.retain(|_, place| matches!(place, Place::Unsent(_)));
        self.losses.clear();
        self.new_after = None;
        self.loaded_from = None;
    }

    fn is_new(&self, place: Place) -> bool {
        matches!((self.new_after, place), (Some(read), Place::At(offset)) if offset > read)
    }

    fn lost_between(&self, before: Option<Place>, place: Place) -> Option<(Offset, Loss)> {
        let from = match before {
            Some(Place::At(offset)) => offset,
            Some(Place::Unsent(_)) => return None,
            None => Offset::START,
        };
        let found = match place {
            Place::At(offset) => self.losses.range(from..offset).next_back(),
            Place::Unsent(_) => self.losses.range(from..).next_back(),
        };
        found.map(|(offset, loss)| (*offset, *loss))
    }

    /// A loss below all that is loaded.
    fn lost_after(&self, last: Option<Place>) -> Option<(Offset, Loss)> {
        let from = match last {
            Some(Place::At(offset)) => offset,
            Some(Place::Unsent(_)) => return None,
            None => Offset::START,
        };
        self.losses.range(from..).next_back().map(|(offset, loss)| (*offset, *loss))
    }
}
