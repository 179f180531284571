//! A browser with tabs, and a server with a log per channel. Everything happens when [`World::run`] is called.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use shared::ids::{ChannelName, ConnectionId, DisplayName, Epoch, MessageId, Offset, UserId};
use shared::protocol::{ErrorCode, Message, Payload, Position, Refusal, Sender};
use shared::session::{Delivery, Event, Input, Status};
use shared::time::Timestamp;

use crate::core::app::App;
use crate::core::context::Surroundings;
use crate::core::effect::Effect;
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::notifications::Notification;
use crate::core::room::Room;
use crate::core::route::Route;
use crate::core::storage::Storage;
use crate::core::timeline::{Body, Row};
use crate::core::unsent::TabId;

pub(super) const LOBBY: &str = "room:lobby";
pub(super) const DAY_MS: u64 = 24 * 60 * 60 * 1000;

pub(super) fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).unwrap()
}

pub(super) fn notification(title: &str) -> Payload {
    let level = shared::protocol::Level::Info;
    Payload::Notification { title: title.to_owned(), body: String::new(), level, link: None }
}

/// What the tabs of one browser share, and which tab has changed what.
#[derive(Default)]
struct Shelf {
    texts: RefCell<BTreeMap<String, String>>,
    changes: RefCell<Vec<(usize, String)>>,
    writes: RefCell<usize>,
}

/// The shared storage as one tab sees it.
struct View {
    shelf: Rc<Shelf>,
    tab: usize,
}

impl Storage for View {
    fn keys(&self) -> Vec<String> {
        self.shelf.texts.borrow().keys().cloned().collect()
    }

    fn get(&self, key: &str) -> String {
        self.shelf.texts.borrow().get(key).cloned().unwrap_or_default()
    }

    fn set(&self, key: &str, text: &str) -> bool {
        *self.shelf.writes.borrow_mut() += 1;
        let before = self.shelf.texts.borrow_mut().insert(key.to_owned(), text.to_owned());
        if text.is_empty() {
            self.shelf.texts.borrow_mut().remove(key);
        }
        if before.unwrap_or_default() != text {
            self.shelf.changes.borrow_mut().push((self.tab, key.to_owned()));
        }
        true
    }
}

/// One tab, or one that was closed.
pub(super) struct Tab {
    pub(super) app: App,
    pub(super) attention: Attention,
    /// Inputs for the session that the server has not seen.
    waiting: Vec<Input>,
    /// All inputs so far.
    pub(super) inputs: Vec<Input>,
    pub(super) notified: Vec<Notification>,
    subscribed: Vec<ChannelName>,
    is_open: bool,
}

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) tabs: Vec<Tab>,
    /// Whether the tabs are connected.
    pub(super) is_online: bool,
    /// Whether the server replies to requests for history.
    pub(super) answers_history: bool,
    pub(super) publish_is_refused: bool,
    pub(super) epoch: Epoch,
    log: BTreeMap<ChannelName, Vec<Message>>,
    shelf: Rc<Shelf>,
    ids: u64,
}

impl World {
    /// A server without messages, and a browser in which Ada has been here before.
    pub(super) fn new() -> Self {
        let world = Self {
            now: Timestamp(100 * DAY_MS + DAY_MS / 2),
            tabs: Vec::new(),
            is_online: true,
            answers_history: true,
            publish_is_refused: false,
            epoch: Epoch(7),
            log: BTreeMap::new(),
            shelf: Rc::default(),
            ids: 0,
        };
        world.keep("name", "Ada");
        world.keep("user", "ada");
        world
    }

    pub(super) fn keep(&self, key: &str, text: &str) {
        self.shelf.texts.borrow_mut().insert(key.to_owned(), text.to_owned());
    }

    pub(super) fn kept(&self, key: &str) -> String {
        self.shelf.texts.borrow().get(key).cloned().unwrap_or_default()
    }

    pub(super) fn writes(&self) -> usize {
        *self.shelf.writes.borrow()
    }

    /// Opens a tab at an address. Returns its number.
    pub(super) fn open(&mut self, fragment: &str) -> usize {
        let tab = self.tabs.len();
        let view = || Rc::new(View { shelf: Rc::clone(&self.shelf), tab }) as Rc<dyn Storage>;
        let surroundings = Surroundings {
            storage: view(),
            tab_storage: Rc::new(View { shelf: Rc::default(), tab }),
            has_locks: true,
            day_of: |at| i64::try_from(at.0 / DAY_MS).unwrap(),
            seed: tab as u64 + 1,
        };
        let app = App::new(surroundings, Route::parse(fragment), self.now);
        let (attention, is_open) = (Attention::Focused, true);
        let (waiting, inputs, notified, subscribed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        self.tabs.push(Tab { app, attention, waiting, inputs, notified, subscribed, is_open });
        self.intend(tab, Intent::Start);
        self.intend(tab, Intent::OwnTab(TabId::new(tab as u64 + 1)));
        if self.is_online {
            self.connect(tab);
        }
        self.run();
        tab
    }

    fn connect(&mut self, tab: usize) {
        let (user, name) = (UserId::parse("ada").unwrap(), DisplayName::parse("Ada").unwrap());
        if self.tabs[tab].app.me().name.is_some() {
            self.hear(tab, Event::Status(Status::Online { connection: ConnectionId(tab as u64 + 1) }));
            self.hear(tab, Event::Welcomed { user, name, token: None });
        }
    }

    /// Closes a tab as a browser does.
    pub(super) fn close(&mut self, tab: usize) {
        self.tabs[tab].attention = Attention::Hidden;
        self.intend(tab, Intent::AttentionChanged);
        self.tabs[tab].is_open = false;
        self.tabs[tab].waiting.clear();
        self.run();
    }

    /// The user goes to another window or comes back.
    pub(super) fn attend(&mut self, tab: usize, attention: Attention) {
        self.tabs[tab].attention = attention;
        self.intend(tab, Intent::AttentionChanged);
        self.run();
    }

    pub(super) fn intend(&mut self, tab: usize, intent: Intent) {
        let (now, one) = (self.now, &mut self.tabs[tab]);
        one.app.intend(intent, one.attention, now);
        self.collect(tab);
    }

    pub(super) fn in_room(&mut self, tab: usize, name: &str, intent: RoomIntent) {
        self.intend(tab, Intent::Room(channel(name), intent));
        self.run();
    }

    pub(super) fn go(&mut self, tab: usize, name: &str) {
        self.intend(tab, Intent::GoTo(channel(name)));
        self.run();
    }

    pub(super) fn hear(&mut self, tab: usize, event: Event) {
        let (now, one) = (self.now, &mut self.tabs[tab]);
        one.app.hear(event, one.attention, now);
        self.collect(tab);
    }

    fn collect(&mut self, tab: usize) {
        let now = self.now;
        let one = &mut self.tabs[tab];
        while let Some(effect) = one.app.poll_effect() {
            match effect {
                Effect::Session(input) => {
                    one.inputs.push(input.clone());
                    one.waiting.push(input);
                }
                Effect::Navigate(route) => {
                    one.app.intend(Intent::Arrive(Route::parse(&route.to_fragment())), one.attention, now);
                }
                Effect::Notify(notification) => one.notified.push(notification),
                Effect::Begin(_) | Effect::Changed(_) => {}
            }
        }
    }

    /// Time passes. The timers of all tabs run.
    pub(super) fn wait(&mut self, ms: u64) {
        let end = Timestamp(self.now.0 + ms);
        for _ in 0..10_000 {
            let open = self.tabs.iter().filter(|tab| tab.is_open);
            let next = open.filter_map(|tab| tab.app.poll_timeout()).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            for tab in 0..self.tabs.len() {
                if self.tabs[tab].is_open
                    && self.tabs[tab].app.poll_timeout().is_some_and(|at| at <= self.now)
                {
                    self.intend(tab, Intent::Elapsed);
                    // The rows of the room on the screen are drawn when they are due.
                    if let Some(current) = self.tabs[tab].app.current().cloned() {
                        let now = self.now;
                        self.tabs[tab].app.draw(&current, now, |_| true);
                    }
                }
            }
            self.run();
        }
        self.now = end;
    }

    /// The server handles all requests, and the tabs hear of each other's changes, until nothing is left to do.
    pub(super) fn run(&mut self) {
        for _ in 0..1_000 {
            let changes = std::mem::take(&mut *self.shelf.changes.borrow_mut());
            let mut is_idle = changes.is_empty();
            for (by, key) in changes {
                for tab in 0..self.tabs.len() {
                    if tab != by && self.tabs[tab].is_open {
                        self.intend(tab, Intent::Stored(key.clone()));
                    }
                }
            }
            for tab in 0..self.tabs.len() {
                if self.is_online {
                    let waiting = std::mem::take(&mut self.tabs[tab].waiting);
                    for input in waiting {
                        is_idle &= !self.serve(tab, input);
                    }
                }
            }
            if is_idle {
                return;
            }
        }
        panic!("the tabs keep each other busy");
    }

    /// Handles one request. Returns whether there was something to do.
    fn serve(&mut self, tab: usize, input: Input) -> bool {
        match input {
            Input::Subscribe { channel, .. } => {
                let head = self.head(&channel);
                if !self.tabs[tab].subscribed.contains(&channel) {
                    self.tabs[tab].subscribed.push(channel.clone());
                }
                let position = Position { epoch: self.epoch, offset: head };
                self.hear(tab, Event::Subscribed { channel, position, head, gap: None });
            }
            Input::Unsubscribe { channel } => self.tabs[tab].subscribed.retain(|known| *known != channel),
            Input::History { channel, before, limit } if self.answers_history => {
                let before_or_end = before.unwrap_or(Offset(u64::MAX));
                let log = self.log.get(&channel).map(Vec::as_slice).unwrap_or_default();
                let older: Vec<_> =
                    log.iter().filter(|message| message.offset < before_or_end).cloned().collect();
                let first = older.len().saturating_sub(usize::try_from(limit).unwrap());
                let (messages, more) = (older[first..].to_vec(), first > 0);
                self.hear(tab, Event::Page { channel, before, messages, more });
            }
            Input::History { .. } => {
                self.tabs[tab].waiting.push(input);
                return false;
            }
            Input::Publish { channel, message_id, .. } if self.publish_is_refused => {
                let refusal = Refusal::new(ErrorCode::Forbidden, "No.");
                let delivery = Delivery::Failed { refusal };
                self.hear(tab, Event::Delivery { channel, message_id, delivery });
            }
            Input::Publish { channel, message_id, payload } => {
                let offset = self.append(channel.as_str(), "ada", "Ada", message_id, payload);
                self.hear(
                    tab,
                    Event::Delivery { channel, message_id, delivery: Delivery::Accepted { offset } },
                );
            }
            _ => return false,
        }
        true
    }

    fn head(&self, channel: &ChannelName) -> Offset {
        self.log.get(channel).and_then(|log| log.last()).map(|message| message.offset).unwrap_or_default()
    }

    fn append(&mut self, name: &str, user: &str, from: &str, id: MessageId, payload: Payload) -> Offset {
        let channel = channel(name);
        let prev = self.head(&channel);
        let from = Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(from).unwrap() };
        let (offset, at) = (Offset(prev.0 + 1), self.now);
        let message = Message { channel: channel.clone(), offset, prev, id, at, from, payload };
        self.log.entry(channel.clone()).or_default().push(message.clone());
        for tab in 0..self.tabs.len() {
            let one = &self.tabs[tab];
            if one.is_open && self.is_online && one.subscribed.contains(&channel) {
                self.hear(tab, Event::Message(message.clone()));
            }
        }
        offset
    }

    /// Somebody publishes. Returns the message's id.
    pub(super) fn publish(&mut self, name: &str, user: &str, payload: Payload) -> MessageId {
        self.ids += 1;
        let id = MessageId::new(self.now.0 + self.ids, &[9; 10]);
        self.append(name, user, user, id, payload);
        self.run();
        id
    }

    /// Bob says something.
    pub(super) fn says(&mut self, name: &str, text: &str) -> MessageId {
        self.publish(name, "bob", Payload::chat(text))
    }

    /// Bob says this number of things, numbered from 1.
    pub(super) fn says_many(&mut self, name: &str, count: usize) {
        for number in 1..=count {
            self.says(name, &format!("m{number}"));
        }
    }

    pub(super) fn room(&self, tab: usize, name: &str) -> &Room {
        self.tabs[tab].app.room(&channel(name)).unwrap()
    }

    pub(super) fn unread(&self, tab: usize, name: &str) -> usize {
        self.room(tab, name).unread().count
    }

    /// The titles of the notifications, each with `*` if it is unread.
    pub(super) fn bell(&self, tab: usize) -> String {
        let items = self.tabs[tab].app.bell().items();
        let titles: Vec<_> = items
            .map(|item| format!("{}{}", item.notice.title, if item.unread { "*" } else { "" }))
            .collect();
        titles.join(" ")
    }

    /// The titles of the toasts.
    pub(super) fn toasts(&self, tab: usize) -> String {
        let titles: Vec<_> =
            self.tabs[tab].app.toasts().shown().iter().map(|toast| toast.notice.title.as_str()).collect();
        titles.join(" ")
    }

    /// Draws the rows of a room as one line: `*` is the "New" line, `…` a hole; days are left out.
    pub(super) fn rows(&mut self, tab: usize, name: &str) -> String {
        let now = self.now;
        let (rows, _) = self.tabs[tab].app.draw(&channel(name), now, |_| true);
        let shown = rows.iter().filter_map(|row| match row {
            Row::Day { .. } => None,
            Row::Lost(..) => Some("~".to_owned()),
            Row::Hole(_) => Some("…".to_owned()),
            Row::New => Some("*".to_owned()),
            Row::Entry { entry, .. } => Some(match &entry.body {
                Body::Chat { text, .. } => text.clone(),
                Body::Notice(notice) => format!("[{}]", notice.title),
                Body::Retracted => "(gone)".to_owned(),
                other => format!("{other:?}"),
            }),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    /// The offsets before which history was requested in a room.
    pub(super) fn requested(&self, tab: usize, name: &str) -> Vec<u64> {
        let wanted = channel(name);
        let requests = self.tabs[tab].inputs.iter().filter_map(|input| match input {
            Input::History { channel, before, .. } if *channel == wanted => {
                Some(before.unwrap_or_default().0)
            }
            _ => None,
        });
        requests.collect()
    }
}
