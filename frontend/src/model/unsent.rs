//! The own messages that no server has acknowledged, and where the browser keeps them: what was written survives a
//! reload, a closed tab and a crash, and is sent once.
//!
//! > **Whoever holds a tab's lock owns the messages that are kept under it, and nobody else touches them.**
//!
//! A living tab holds its own lock, and those of tabs that are gone whose messages it has taken over. So messages are
//! never moved or copied from tab to tab: they stay under the key that they were written to until the log has them.
//! They are sent again with the same ids: the log recognises those it has.

use std::collections::VecDeque;
use std::fmt;

use shared::ids::{ChannelName, MessageId};
use shared::json::{Fields, Unreadable, Writer};
use shared::limits::OUTBOX_MESSAGES_MAX;
use shared::protocol::Payload;

/// What all keys of messages begin with.
const PREFIX: &str = "unsent.";

/// One message.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UnsentMessage {
    pub(crate) channel: ChannelName,
    pub(crate) message_id: MessageId,
    pub(crate) payload: Payload,
}

impl UnsentMessage {
    fn parse(text: &str) -> Result<Self, Unreadable> {
        let mut fields = Fields::parse(text)?;
        Ok(Self {
            channel: fields.take("channel")?,
            message_id: fields.take("message_id")?,
            payload: fields.take("payload")?,
        })
    }

    fn to_json(&self) -> String {
        let mut to = Writer::new("channel", self.channel.as_str());
        to.text("message_id", &self.message_id.to_string());
        to.raw("payload", &self.payload.to_json());
        to.finish()
    }
}

/// A tab of the browser, the same over reloads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TabId(String);

impl TabId {
    /// A new tab. The `seed` has to be one that no other tab has.
    pub(crate) fn new(seed: u64) -> Self {
        Self(format!("{seed:016x}"))
    }

    /// Reads what a tab has noted of itself.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_id = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| Self(text.to_owned()))
    }

    /// The tab that a message kept under `key` was written in.
    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::parse(key.strip_prefix(PREFIX)?.split_once('.')?.0)
    }

    fn key(&self, number: u64) -> String {
        format!("{PREFIX}{self}.{number}")
    }
}

impl fmt::Display for TabId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place that keeps texts under keys, over visits.
pub(crate) trait Keep {
    /// All keys.
    fn keys(&self) -> Vec<String>;
    /// What is kept under `key`; empty where nothing is.
    fn get(&self, key: &str) -> String;
    /// Keeps `text`; an empty one is removed. Returns false where it cannot: the place is full, or forbidden.
    fn set(&self, key: &str, text: &str) -> bool;
}

/// The unsent messages of this page, in the order in which the session has them.
#[derive(Debug)]
pub(crate) struct Unsent<K> {
    keep: K,
    /// The tab that this page is; not known until its lock is held.
    tab: Option<TabId>,
    /// The number of the last message written in this tab.
    written: u64,
    entries: Vec<Entry>,
    /// Keys of messages taken over for which the session's outbox has no room yet.
    waiting: VecDeque<String>,
}

#[derive(Debug)]
struct Entry {
    message_id: MessageId,
    place: Place,
}

#[derive(Debug)]
enum Place {
    /// Under this key.
    Kept(String),
    /// Nowhere else: the n-th written in this tab, and what is to be kept.
    Memory { number: u64, text: String },
}

impl<K: Keep> Unsent<K> {
    /// None yet, to be kept in `keep`.
    pub(crate) fn new(keep: K) -> Self {
        Self { keep, tab: None, written: 0, entries: Vec::new(), waiting: VecDeque::new() }
    }

    /// This page is `tab`, whose lock it holds. Returns what was written in it before, to be sent.
    pub(crate) fn begin(&mut self, tab: TabId) -> Vec<UnsentMessage> {
        let numbers = self.numbers_of(&tab);
        let before = numbers.last().copied().unwrap_or(0);
        self.written += before;
        for entry in &mut self.entries {
            if let Place::Memory { number, .. } = &mut entry.place {
                *number += before;
            }
        }
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.tab = Some(tab);
        self.keep_all();
        self.next()
    }

    /// `tab` is gone, and this page holds its lock. Returns what was written there, to be sent.
    pub(crate) fn adopt(&mut self, tab: &TabId) -> Vec<UnsentMessage> {
        let numbers = self.numbers_of(tab);
        self.waiting.extend(numbers.into_iter().map(|number| tab.key(number)));
        self.next()
    }

    /// Adds one that was written here. Returns false where it is kept nowhere but in memory. One that is known is not
    /// added again, nor one for which the session has no room.
    pub(crate) fn add(&mut self, message: &UnsentMessage) -> bool {
        if self.knows(message.message_id) || self.entries.len() >= OUTBOX_MESSAGES_MAX {
            return true;
        }
        self.written += 1;
        let text = message.to_json();
        let place = Place::Memory { number: self.written, text };
        self.entries.push(Entry { message_id: message.message_id, place });
        self.keep_all();
        !self.is_at_risk()
    }

    /// Takes one out: the log has it, or it is given up. Returns those for which there is room now, to be sent.
    pub(crate) fn remove(&mut self, message_id: MessageId) -> Vec<UnsentMessage> {
        let Some(index) = self.entries.iter().position(|entry| entry.message_id == message_id) else {
            return Vec::new();
        };
        if let Place::Kept(key) = self.entries.remove(index).place {
            self.keep.set(&key, "");
        }
        self.keep_all();
        self.next()
    }

    /// Whether a message would be lost with this page.
    pub(crate) fn is_at_risk(&self) -> bool {
        // Until the tab is known, which takes some milliseconds, nothing is said of it.
        self.tab.is_some() && self.entries.iter().any(|entry| matches!(entry.place, Place::Memory { .. }))
    }

    /// The tabs under which messages are kept, this one or another.
    pub(crate) fn tabs(&self) -> Vec<TabId> {
        let mut tabs: Vec<TabId> = Vec::new();
        for tab in self.keep.keys().iter().filter_map(|key| TabId::of_key(key)) {
            if !tabs.contains(&tab) {
                tabs.push(tab);
            }
        }
        tabs
    }

    fn knows(&self, message_id: MessageId) -> bool {
        self.entries.iter().any(|entry| entry.message_id == message_id)
    }

    fn numbers_of(&self, tab: &TabId) -> Vec<u64> {
        let start = format!("{PREFIX}{tab}.");
        let keys = self.keep.keys();
        let mut numbers: Vec<u64> = Vec::new();
        for number in keys.iter().filter_map(|key| key.strip_prefix(&start)?.parse().ok()) {
            numbers.insert(numbers.partition_point(|before| *before <= number), number);
        }
        numbers
    }

    /// Keeps what is in memory alone, in order, as far as there is room.
    fn keep_all(&mut self) {
        let Some(tab) = &self.tab else { return };
        for entry in &mut self.entries {
            let Place::Memory { number, text } = &entry.place else { continue };
            let key = tab.key(*number);
            if !self.keep.set(&key, text) {
                return;
            }
            entry.place = Place::Kept(key);
        }
    }

    /// Loads what was taken over, as far as the session has room for it. What cannot be read is left where it is: a
    /// later version of the page may have written it.
    fn next(&mut self) -> Vec<UnsentMessage> {
        let mut messages = Vec::new();
        while self.entries.len() < OUTBOX_MESSAGES_MAX {
            let Some(key) = self.waiting.pop_front() else { break };
            let Ok(message) = UnsentMessage::parse(&self.keep.get(&key)) else { continue };
            if self.knows(message.message_id) {
                continue;
            }
            self.entries.push(Entry { message_id: message.message_id, place: Place::Kept(key) });
            messages.push(message);
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::BTreeMap;
    use std::rc::Rc;

    use super::*;

    /// What all tabs of one browser share.
    #[derive(Debug, Clone, Default)]
    struct Shelf(Rc<RefCell<BTreeMap<String, String>>>, Rc<Cell<usize>>);

    impl Shelf {
        fn with_room_for(texts: usize) -> Self {
            Self(Rc::default(), Rc::new(Cell::new(texts)))
        }

        fn open() -> Self {
            Self::with_room_for(usize::MAX)
        }
    }

    impl Keep for Shelf {
        fn keys(&self) -> Vec<String> {
            self.0.borrow().keys().cloned().collect()
        }

        fn get(&self, key: &str) -> String {
            self.0.borrow().get(key).cloned().unwrap_or_default()
        }

        fn set(&self, key: &str, text: &str) -> bool {
            let mut kept = self.0.borrow_mut();
            if text.is_empty() {
                kept.remove(key);
                return true;
            }
            let fits = kept.len() < self.1.get();
            if fits {
                kept.insert(key.to_owned(), text.to_owned());
            }
            fits
        }
    }

    fn tab(number: u64) -> TabId {
        TabId::new(number)
    }

    fn id(number: usize) -> MessageId {
        MessageId::new(u64::try_from(number).unwrap(), &[0; 10])
    }

    fn message(number: usize) -> UnsentMessage {
        let channel = ChannelName::parse("room:x").unwrap();
        UnsentMessage { channel, message_id: id(number), payload: Payload::chat(number.to_string()) }
    }

    fn ids(messages: &[UnsentMessage]) -> Vec<MessageId> {
        messages.iter().map(|message| message.message_id).collect()
    }

    fn opened(shelf: &Shelf, number: u64) -> Unsent<Shelf> {
        let mut unsent = Unsent::new(shelf.clone());
        assert_eq!(unsent.begin(tab(number)), []);
        unsent
    }

    #[test]
    fn a_reload_finds_all_in_the_order_in_which_it_was_written() {
        let shelf = Shelf::open();
        let mut unsent = opened(&shelf, 1);
        (1..=12).for_each(|number| assert!(unsent.add(&message(number))));
        unsent.remove(id(3));
        let mut again = Unsent::new(shelf.clone());
        let found = again.begin(tab(1));
        assert_eq!(found, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(message));
        again.add(&message(13));
        let third = Unsent::new(shelf).begin(tab(1));
        assert_eq!(ids(&third).last(), Some(&id(13)), "what is written after the reload comes after it");
    }

    #[test]
    fn what_the_log_has_is_kept_no_longer() {
        let shelf = Shelf::open();
        let mut unsent = opened(&shelf, 1);
        unsent.add(&message(1));
        unsent.add(&message(1));
        assert_eq!((shelf.keys().len(), unsent.tabs()), (1, vec![tab(1)]), "it is kept once");
        unsent.remove(id(1));
        unsent.remove(id(1));
        assert_eq!((shelf.keys().len(), unsent.tabs()), (0, vec![]));
    }

    #[test]
    fn another_tab_takes_over_without_moving_anything() {
        let shelf = Shelf::open();
        let (mut one, mut other) = (opened(&shelf, 1), opened(&shelf, 2));
        one.add(&message(1));
        other.add(&message(3));
        one.add(&message(2));
        drop(one);
        let before = shelf.keys();
        assert_eq!(other.adopt(&tab(1)), [message(1), message(2)]);
        assert_eq!(other.adopt(&tab(1)), [], "what is taken over is taken over once");
        assert_eq!(shelf.keys(), before);
        // Where this one goes as well, there are two tabs to take over from, as if they had gone at once.
        drop(other);
        let mut third = opened(&shelf, 3);
        assert_eq!(third.tabs(), [tab(1), tab(2)]);
        assert_eq!(third.adopt(&tab(2)), [message(3)]);
        assert_eq!(third.adopt(&tab(1)), [message(1), message(2)]);
        (1..=3).for_each(|number| drop(third.remove(id(number))));
        assert_eq!(third.tabs(), []);
    }

    #[test]
    fn what_is_written_before_the_tab_is_known_comes_after_what_is_kept() {
        let shelf = Shelf::open();
        opened(&shelf, 1).add(&message(1));
        let mut unsent = Unsent::new(shelf.clone());
        assert!(unsent.add(&message(2)) && !unsent.is_at_risk());
        assert_eq!(unsent.begin(tab(1)), [message(1)]);
        assert_eq!(Unsent::new(shelf).begin(tab(1)), [message(1), message(2)]);
    }

    #[test]
    fn a_full_place_is_told_and_used_as_soon_as_there_is_room() {
        let shelf = Shelf::with_room_for(2);
        let mut unsent = opened(&shelf, 1);
        assert!(unsent.add(&message(1)) && unsent.add(&message(2)));
        assert!(!unsent.add(&message(3)) && !unsent.add(&message(4)) && unsent.is_at_risk());
        unsent.remove(id(4));
        unsent.remove(id(1));
        assert!(!unsent.is_at_risk());
        assert_eq!(Unsent::new(shelf).begin(tab(1)), [message(2), message(3)]);
    }

    #[test]
    fn where_nothing_may_be_kept_nothing_is_and_the_rest_works() {
        let mut unsent = opened(&Shelf::with_room_for(0), 1);
        assert!(!unsent.add(&message(1)));
        assert_eq!(unsent.remove(id(1)), []);
        assert!(!unsent.is_at_risk());
    }

    #[test]
    fn more_than_the_session_takes_waits_its_turn() {
        let shelf = Shelf::open();
        for number in 1..=3 {
            shelf.set(&tab(7).key(number), &message(number as usize).to_json());
        }
        let mut unsent = opened(&shelf, 1);
        for number in 11..11 + OUTBOX_MESSAGES_MAX - 1 {
            unsent.add(&message(number));
        }
        assert_eq!(unsent.adopt(&tab(7)), [message(1)]);
        assert!(unsent.add(&message(5)), "one more is refused by the session, which tells its sender");
        assert_eq!(shelf.keys().len(), OUTBOX_MESSAGES_MAX + 2);
        assert_eq!(unsent.remove(id(11)), [message(2)]);
        assert_eq!(unsent.remove(id(1)), [message(3)]);
        assert_eq!(unsent.remove(id(2)), []);
    }

    #[test]
    fn what_cannot_be_read_holds_nothing_up() {
        let shelf = Shelf::open();
        for (key, text) in [
            (tab(1).key(1), "nonsense"),
            ("unsent.x".to_owned(), "x"),
            ("unsent.0123.4".to_owned(), "x"),
            ("rooms".to_owned(), "room:a"),
        ] {
            shelf.set(&key, text);
        }
        let mut unsent = Unsent::new(shelf.clone());
        assert_eq!((unsent.tabs(), unsent.begin(tab(1))), (vec![tab(1)], vec![]));
        unsent.add(&message(2));
        assert_eq!(Unsent::new(shelf).begin(tab(1)), [message(2)], "nor is it written over");
    }

    #[test]
    fn a_tab_is_named_by_sixteen_digits() {
        assert_eq!(TabId::parse(&tab(u64::MAX).to_string()), Some(tab(u64::MAX)));
        assert_eq!(TabId::of_key(&tab(10).key(3)), Some(tab(10)));
        for text in ["", "12", "000000000000000g", "0000000000000000a"] {
            assert_eq!(TabId::parse(text), None, "{text}");
        }
    }
}
