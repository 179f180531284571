use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use super::*;
use crate::core::storage::Area;

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

impl Shelf {
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

/// The unsent messages of one page. What it stores is written to the shelf after each step.
struct Page {
    unsent: Unsent,
    storage: Storage,
    shelf: Shelf,
}

impl Page {
    fn new(shelf: Shelf, outlives_tab: bool) -> Self {
        let storage = Storage::new(Area::Browser, Vec::new());
        Self { unsent: Unsent::new(outlives_tab), storage, shelf }
    }

    /// Reads the shelf, takes a step, and writes what has changed.
    fn step<T>(&mut self, step: impl FnOnce(&mut Unsent, &mut Storage) -> T) -> T {
        self.storage.reload(self.shelf.0.borrow().clone().into_iter().collect());
        let result = step(&mut self.unsent, &mut self.storage);
        while let Some(write) = self.storage.next_write() {
            if !self.shelf.set(&write.key, &write.text) {
                self.unsent.not_stored(&write.key, &mut self.storage);
            }
        }
        result
    }

    fn start(&mut self) -> Vec<UnsentMessage> {
        self.step(|unsent, keep| unsent.start(keep))
    }

    fn begin(&mut self, tab: TabId) -> Vec<UnsentMessage> {
        self.step(|unsent, keep| unsent.begin(tab, keep))
    }

    fn adopt(&mut self, tab: &TabId) -> Vec<UnsentMessage> {
        self.step(|unsent, keep| unsent.adopt(tab, keep))
    }

    /// Returns whether no message would be lost with the page.
    fn add(&mut self, message: &UnsentMessage) -> bool {
        self.step(|unsent, keep| unsent.add(message, keep));
        !self.is_at_risk()
    }

    fn remove(&mut self, id: MessageId) -> Vec<UnsentMessage> {
        self.step(|unsent, keep| unsent.remove(id, keep))
    }

    fn tabs(&mut self) -> Vec<TabId> {
        self.step(|_, keep| tabs(keep))
    }

    fn is_at_risk(&self) -> bool {
        self.unsent.is_at_risk()
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

/// The list of a page whose session has begun.
fn started(shelf: Shelf, outlives_tab: bool) -> Page {
    let mut unsent = Page::new(shelf, outlives_tab);
    assert_eq!(unsent.start(), []);
    unsent
}

#[test]
fn adopted_messages_wait_for_the_session() {
    let shelf = Shelf::open();
    let mut before = started(shelf.clone(), true);
    before.begin(tab(1));
    before.add(&message(1));
    let mut unsent = Page::new(shelf, true);
    assert_eq!(unsent.begin(tab(2)), []);
    assert_eq!(unsent.adopt(&tab(1)), []);
    assert_eq!(ids(&unsent.start()), [id(1)]);
}

fn ids(messages: &[UnsentMessage]) -> Vec<MessageId> {
    messages.iter().map(|message| message.message_id).collect()
}

fn opened(shelf: &Shelf, number: u64) -> Page {
    let mut unsent = started(shelf.clone(), true);
    assert_eq!(unsent.begin(tab(number)), []);
    unsent
}

#[test]
fn a_reload_finds_all_in_the_order_in_which_it_was_written() {
    let shelf = Shelf::open();
    let mut unsent = opened(&shelf, 1);
    (1..=12).for_each(|number| assert!(unsent.add(&message(number))));
    unsent.remove(id(3));
    let mut again = started(shelf.clone(), true);
    let found = again.begin(tab(1));
    assert_eq!(found, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12].map(message));
    again.add(&message(13));
    let third = started(shelf, true).begin(tab(1));
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
    let mut unsent = started(shelf.clone(), true);
    assert!(unsent.add(&message(2)) && !unsent.is_at_risk());
    assert_eq!(unsent.begin(tab(1)), [message(1)]);
    assert_eq!(started(shelf, true).begin(tab(1)), [message(1), message(2)]);
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
    assert_eq!(started(shelf, true).begin(tab(1)), [message(2), message(3)]);
}

#[test]
fn where_nothing_may_be_kept_nothing_is_and_the_rest_works() {
    let mut unsent = opened(&Shelf::with_room_for(0), 1);
    assert!(!unsent.add(&message(1)));
    assert_eq!(unsent.remove(id(1)), []);
    assert!(!unsent.is_at_risk());
}

#[test]
fn what_ends_with_the_tab_is_at_risk_until_it_is_sent() {
    let shelf = Shelf::open();
    let mut unsent = started(shelf.clone(), false);
    unsent.begin(tab(1));
    assert!(!unsent.is_at_risk());
    assert!(!unsent.add(&message(1)) && unsent.is_at_risk());
    // A reload keeps it all the same.
    let mut again = started(shelf, false);
    assert_eq!(again.begin(tab(1)), [message(1)]);
    assert!(again.is_at_risk());
    again.remove(id(1));
    assert!(!again.is_at_risk());
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
    let of_a_later_page = r#"{"channel":"room:x","message_id":"019b7e00-0000-7000-8000-000000000001","payload":{"type":"poll"}}"#;
    for (key, text) in [
        (tab(1).key(1), "nonsense"),
        (tab(1).key(3), of_a_later_page),
        ("unsent.x".to_owned(), "x"),
        ("unsent.0123.4".to_owned(), "x"),
        ("rooms".to_owned(), "room:a"),
    ] {
        shelf.set(&key, text);
    }
    let mut unsent = started(shelf.clone(), true);
    assert_eq!((unsent.tabs(), unsent.begin(tab(1))), (vec![tab(1)], vec![]));
    unsent.add(&message(2));
    assert_eq!(started(shelf.clone(), true).begin(tab(1)), [message(2)], "nor is it written over");
    assert_eq!(shelf.get(&tab(1).key(3)), of_a_later_page);
}

#[test]
fn a_tab_is_named_by_sixteen_digits() {
    assert_eq!(TabId::parse(&tab(u64::MAX).to_string()), Some(tab(u64::MAX)));
    assert_eq!(TabId::of_key(&tab(10).key(3)), Some(tab(10)));
    for text in ["", "12", "000000000000000g", "0000000000000000a"] {
        assert_eq!(TabId::parse(text), None, "{text}");
    }
}
