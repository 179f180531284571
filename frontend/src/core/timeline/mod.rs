//! The messages of one channel: loaded history, live messages and own messages that are not in the log yet, in one order
//! and each once. What is not loaded between them is a [`Hole`].

mod amendments;
mod entry;
mod limits;
mod losses;
mod row;
mod rows;
mod segments;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

pub(crate) use entry::{Body, Entry, Notice, Place, Reaction};
pub(crate) use losses::Loss;
pub(crate) use row::{Row, RowKey};
pub(crate) use segments::Hole;
use shared::ids::{Epoch, MessageId, Offset, UserId};
use shared::protocol::{Gap, Message, Payload, Position, Sender};
use shared::session::Delivery;
use shared::sorted::SortedMap;
use shared::time::Timestamp;
pub(crate) use view::{Line, Pace, View};

use super::mentions::mentions;
use amendments::Amendments;
use losses::Losses;
use segments::Segments;

/// Messages are counted as unread up to this number. The app shows more as "99+".
pub(crate) const UNREAD_MAX: usize = 100;

/// The messages of a channel.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// Returns the day of a time in the reader's time zone, counted from 1970.
    day_of: fn(Timestamp) -> i64,
    me: Option<UserId>,
    my_name: String,
    entries: SortedMap<Place, Arc<Entry>>,
    places: SortedMap<MessageId, Place>,
    amendments: Amendments,
    losses: Losses,
    segments: Segments,
    /// Number of messages written here.
    written: u64,
    epoch: Option<Epoch>,
    /// Memory of the entries, in bytes, roughly.
    bytes: usize,
}

/// What is unread after a read position.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Unread {
    /// Messages of others that were not deleted, at most [`UNREAD_MAX`].
    pub(crate) count: usize,
    /// How many of these mention the reader.
    pub(crate) mentions: usize,
}

impl Timeline {
    /// Makes a timeline without messages.
    pub(crate) fn new(day_of: fn(Timestamp) -> i64) -> Self {
        Self {
            day_of,
            me: None,
            my_name: String::new(),
            entries: SortedMap::default(),
            places: SortedMap::default(),
            amendments: Amendments::default(),
            losses: Losses::default(),
            segments: Segments::default(),
            written: 0,
            epoch: None,
            bytes: 0,
        }
    }

    /// Sets the reader, whose messages are shown as their own.
    pub(crate) fn set_me(&mut self, me: &UserId, name: &str) {
        self.me = Some(me.clone());
        name.clone_into(&mut self.my_name);
    }

    /// Returns an entry by its message id.
    pub(crate) fn entry(&self, id: MessageId) -> Option<&Arc<Entry>> {
        self.entries.get(self.places.get(&id)?)
    }

    /// Returns the lowest loaded offset. Older messages are requested with it as `before`.
    pub(crate) fn oldest(&self) -> Option<Offset> {
        self.segments.oldest()
    }

    /// Returns the highest loaded offset.
    pub(crate) fn newest(&self) -> Option<Offset> {
        self.segments.newest()
    }

    /// Returns the lowest offset from which on everything up to the highest is loaded.
    pub(crate) fn newest_from(&self) -> Option<Offset> {
        self.segments.newest_from()
    }

    /// Whether all messages of the channel before the newest are loaded or lie in a hole: there is no older page.
    pub(crate) fn reaches_start(&self) -> bool {
        self.segments.oldest().is_some_and(|oldest| oldest <= Offset(1))
    }

    /// Returns the last own message that can be edited.
    pub(crate) fn last_own_chat(&self) -> Option<&Arc<Entry>> {
        let logged = self.entries.range(..Place::Unsent(0)).rev().map(|(_, entry)| entry);
        logged.into_iter().find(|entry| entry.mine && matches!(entry.body, Body::Chat { .. }))
    }

    /// Returns the number of own messages that could not be sent.
    pub(crate) fn failed(&self) -> usize {
        let unsent = self.entries.range(Place::Unsent(0)..);
        unsent.filter(|(_, entry)| matches!(entry.delivery, Delivery::Failed { .. })).count()
    }

    /// Returns what is unread after the offset `read`, as far as it is loaded.
    pub(crate) fn unread_after(&self, read: Offset) -> Unread {
        let mut unread = Unread::default();
        let after = Place::At(Offset(read.0.saturating_add(1)));
        for (_, entry) in
            self.entries.range(after..Place::Unsent(0)).rev().filter(|(_, entry)| entry.counts())
        {
            unread.count += 1;
            unread.mentions += usize::from(entry.mentions_me);
            if unread.count == UNREAD_MAX {
                break;
            }
        }
        unread
    }

    /// Whether all messages after the offset `read` are loaded.
    pub(crate) fn is_loaded_after(&self, read: Offset) -> bool {
        self.newest().is_some_and(|newest| self.segments.covers(read, newest))
    }

    /// Adds an own message, before the server knows it.
    pub(crate) fn write(&mut self, id: MessageId, payload: &Payload, from: Sender, at: Timestamp) {
        let Some(body) = Body::of(payload) else { return };
        if self.places.get(&id).is_some() {
            return;
        }
        self.written += 1;
        let (place, day) = (Place::Unsent(self.written), (self.day_of)(at));
        let (delivery, reactions) = (Delivery::Local, Vec::new());
        self.insert(Arc::new(Entry {
            id,
            place,
            at,
            day,
            from,
            mine: true,
            mentions_me: false,
            body,
            delivery,
            reactions,
        }));
    }

    /// Adds a live message. Returns whether it is a new entry.
    pub(crate) fn receive(&mut self, message: &Message) -> bool {
        self.segments.add(Offset(message.prev.0.saturating_add(1)), message.offset);
        if !self.is_void(message)
            && let Some(of) = self.amendments.add(message)
        {
            self.refresh(of);
        }
        self.add_entry(message)
    }

    /// Whether an amendment has no effect: only the sender of a message may edit or retract it.
    fn is_void(&self, message: &Message) -> bool {
        let (Payload::Edit { of, .. } | Payload::Retract { of }) = &message.payload else { return false };
        self.entry(*of).is_some_and(|entry| entry.from.user != message.from.user)
    }

    /// Adds the page of history that ends before the offset `before`; `more` if there are older messages. Returns whether
    /// it has a new entry.
    pub(crate) fn load(&mut self, before: Option<Offset>, messages: &[Message], more: bool) -> bool {
        // Above the newest known offset, messages may follow that are older than `before`. They are not in the page.
        let below = before.map(|before| Offset(before.0.saturating_sub(1)));
        let to = below.filter(|below| self.newest().is_none_or(|newest| *below <= newest));
        let from = if more { messages.first().map(|message| message.offset) } else { Some(Offset::START) };
        if let (Some(from), Some(to)) = (from, to.or(messages.last().map(|message| message.offset))) {
            if !more {
                self.note_loss(messages.first().map_or(Offset(to.0.saturating_add(1)), |first| first.offset));
            }
            self.segments.add(from, to);
        }
        let mut is_new = false;
        // An entry with many amendments in the page is rebuilt once.
        let mut amended: Vec<MessageId> = Vec::new();
        for message in messages {
            if self.is_void(message) {
                continue;
            }
            if let Some(of) = self.amendments.add(message) {
                if !amended.contains(&of) {
                    amended.push(of);
                }
            } else {
                is_new |= self.add_entry(message);
            }
        }
        amended.into_iter().for_each(|of| self.refresh(of));
        is_new
    }

    /// The server has no messages before `first`. If a hole ends there and there are entries above it, what was in the hole
    /// was dropped by the server since.
    fn note_loss(&mut self, first: Offset) {
        let above = self.entries.range(..Place::At(first)).next_back().and_then(|(_, entry)| entry.offset());
        let before = Offset(first.0.saturating_sub(1));
        if above.is_some_and(|above| !self.segments.covers(above, before)) {
            self.losses.add(before, Loss::Some);
        }
    }

    fn add_entry(&mut self, message: &Message) -> bool {
        let Some(body) = Body::of(&message.payload) else { return false };
        let known = self.entry(message.id);
        if known.is_some_and(|known| known.place == Place::At(message.offset) && known.at == message.at) {
            return false;
        }
        let mine = known.is_some_and(|known| known.mine) || self.me.as_ref() == Some(&message.from.user);
        let mentions_me = match &message.payload {
            Payload::Chat { text, .. } => !mine && mentions(text, &self.my_name),
            _ => false,
        };
        let is_new = known.is_none();
        self.remove(message.id);
        let mut entry = Entry::logged(message, body, (self.day_of)(message.at), mine, mentions_me);
        self.amendments.apply(&mut entry, self.me.as_ref(), &self.my_name);
        self.insert(Arc::new(entry));
        is_new
    }

    /// Sets how far an own message has come.
    pub(crate) fn deliver(&mut self, id: MessageId, delivery: Delivery) {
        let Some(mut entry) = self.remove(id) else { return };
        if let Delivery::Accepted { offset } = delivery
            && self.is_in_unloaded_history(offset)
        {
            // The log has had it since an earlier visit. Its page has it and its neighbours.
            return;
        }
        let changed = Arc::make_mut(&mut entry);
        match (&changed.delivery, &delivery) {
            // The copy from the log came first, and the message stays in the log.
            (Delivery::Accepted { .. }, _) => {}
            (_, Delivery::Accepted { offset }) => {
                changed.place = Place::At(*offset);
                changed.delivery = delivery;
            }
            (_, Delivery::Local | Delivery::Failed { .. }) => changed.delivery = delivery,
        }
        self.insert(entry);
    }

    fn is_in_unloaded_history(&self, offset: Offset) -> bool {
        let before = Offset(offset.0.saturating_sub(1));
        self.newest().is_some_and(|newest| offset <= newest) && !self.segments.covers(before, offset)
    }

    /// Removes an own message that could not be sent.
    pub(crate) fn discard(&mut self, id: MessageId) {
        if matches!(self.places.get(&id), Some(Place::Unsent(_))) {
            self.remove(id);
        }
    }

    /// Starts or continues a subscription after `position`. `gap` says what is lost before it. Returns whether the log is
    /// another, so that all earlier messages of it are gone.
    pub(crate) fn begin(&mut self, position: Position, gap: Option<Gap>) -> bool {
        let before = self.epoch.replace(position.epoch);
        let is_other_log = before.is_some_and(|epoch| epoch != position.epoch);
        let loss = gap.map(|gap| Loss::of(gap, self.newest()));
        let is_restarted = is_other_log || loss == Some(Loss::Restarted);
        if is_restarted {
            self.forget_logged();
        }
        if let Some(loss) = loss {
            self.losses.add(position.offset, loss);
        }
        if before.is_some() {
            self.segments.extend_to(position.offset);
        } else {
            self.segments.add(Offset(position.offset.0.saturating_add(1)), position.offset);
        }
        is_restarted
    }

    /// The subscription has ended: what arrives until the next one begins is unknown, so nothing that is loaded continues
    /// it. Own messages that are not in the log yet stay.
    pub(crate) fn forget_subscription(&mut self) {
        self.forget_logged();
        self.epoch = None;
    }

    fn insert(&mut self, entry: Arc<Entry>) {
        self.bytes += entry.bytes();
        self.places.insert(entry.id, entry.place);
        self.entries.insert(entry.place, entry);
    }

    fn remove(&mut self, id: MessageId) -> Option<Arc<Entry>> {
        let place = self.places.remove(&id)?;
        let entry = self.entries.remove(&place)?;
        self.bytes = self.bytes.saturating_sub(entry.bytes());
        Some(entry)
    }

    fn refresh(&mut self, id: MessageId) {
        let Some(entry) = self.places.get(&id).and_then(|place| self.entries.get_mut(place)) else { return };
        let before = entry.bytes();
        self.amendments.apply(Arc::make_mut(entry), self.me.as_ref(), &self.my_name);
        self.bytes = (self.bytes + entry.bytes()).saturating_sub(before);
    }

    /// The offsets of another log must not be mixed with those of this one.
    fn forget_logged(&mut self) {
        self.entries.retain(|place, _| matches!(place, Place::Unsent(_)));
        self.places.retain(|_, place| matches!(place, Place::Unsent(_)));
        self.bytes = self.entries.iter().map(|(_, entry)| entry.bytes()).sum();
        self.losses.clear();
        self.segments.clear();
        // An older copy of the log may not have them.
        self.amendments = Amendments::default();
    }
}
