//! A browser with tabs, and a server with a log per channel. Everything happens when [`World::run`] is called.

use std::collections::BTreeMap;

use shared::ids::{ChannelName, ConnectionId, DisplayName, Epoch, MessageId, Offset, UserId};
use shared::protocol::{ErrorCode, Gap, GapReason, Message, Payload, Position, Refusal, Sender};
use shared::session::{Delivery, Event, Input, Status};
use shared::time::Timestamp;

use crate::core::app::App;
use crate::core::context::Surroundings;
use crate::core::effect::Effect;
use crate::core::intent::{Attention, Intent, RoomIntent};
use crate::core::notifications::Notification;
use crate::core::room::Room;
use crate::core::route::Route;
use crate::core::storage::{Area, Write};
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

/// One tab, or one that was closed.
pub(super) struct Tab {
    pub(super) app: App,
    pub(super) attention: Attention,
    /// Inputs for the session that the server has not seen.
    waiting: Vec<Input>,
    /// All inputs so far.
    pub(super) inputs: Vec<Input>,
    pub(super) notified: Vec<Notification>,
    /// The tags of the notifications that were removed again.
    pub(super) withdrawn: Vec<String>,
    /// The subscriptions, each with the position of the session.
    subscribed: BTreeMap<ChannelName, Position>,
    pub(super) is_open: bool,
    pub(super) is_connected: bool,
    /// The name that the server has, or gets with the next connection.
    name: DisplayName,
}

/// The messages of one channel.
#[derive(Default)]
pub(super) struct Log {
    /// All that were published in this epoch.
    all: Vec<Message>,
    /// The offset before the oldest that is kept.
    floor: Offset,
    head: Offset,
}

impl Log {
    /// The messages that are kept.
    fn kept(&self) -> impl DoubleEndedIterator<Item = &Message> {
        self.all.iter().filter(move |message| message.offset > self.floor)
    }
}

pub(super) struct World {
    pub(super) now: Timestamp,
    pub(super) tabs: Vec<Tab>,
    /// Whether the tabs are connected.
    pub(super) is_online: bool,
    /// Whether the server replies to requests for history.
    pub(super) answers_history: bool,
    pub(super) history_is_refused: bool,
    pub(super) publish_is_refused: bool,
    /// Whether the server refuses a new name of a tab that is connected.
    pub(super) name_is_refused: bool,
    /// Whether the reply to a publication precedes its copy from the log.
    pub(super) replies_first: bool,
    pub(super) epoch: Epoch,
    pub(super) day_of: fn(Timestamp) -> i64,
    log: BTreeMap<ChannelName, Log>,
    /// The texts that the tabs of one browser share.
    stored: BTreeMap<String, String>,
    /// Which tab has changed which of them.
    changes: Vec<(usize, Write)>,
    writes: usize,
    /// Whether the browser refuses to store more. It stores a text that is not longer than the one before.
    pub(super) storage_is_full: bool,
    ids: u64,
}

impl World {
    /// A server without messages, and a browser in which Ada has been here before.
    pub(super) fn new() -> Self {
        let mut world = Self {
            now: Timestamp(100 * DAY_MS + DAY_MS / 2),
            tabs: Vec::new(),
            is_online: true,
            answers_history: true,
            history_is_refused: false,
            publish_is_refused: false,
            name_is_refused: false,
            replies_first: false,
            epoch: Epoch(7),
            day_of: |at| i64::try_from(at.0 / DAY_MS).unwrap(),
            log: BTreeMap::new(),
            stored: BTreeMap::new(),
            changes: Vec::new(),
            writes: 0,
            storage_is_full: false,
            ids: 0,
        };
        world.keep("name", "Ada");
        world.keep("user", "ada");
        world
    }

    pub(super) fn keep(&mut self, key: &str, text: &str) {
        self.stored.insert(key.to_owned(), text.to_owned());
    }

    pub(super) fn kept(&self, key: &str) -> String {
        self.stored.get(key).cloned().unwrap_or_default()
    }

    /// The user clears the data of the site, in the settings of the browser. The tabs stay open.
    pub(super) fn clear_storage(&mut self) {
        self.stored.clear();
        for tab in self.open_tabs() {
            self.intend(tab, Intent::StorageRead(Vec::new()));
        }
        self.run();
    }

    pub(super) fn writes(&self) -> usize {
        self.writes
    }

    /// Opens a tab at an address. Returns its number.
    pub(super) fn open(&mut self, fragment: &str) -> usize {
        let tab = self.tabs.len();
        let surroundings = Surroundings {
            stored: self.stored.clone().into_iter().collect(),
            stored_in_tab: Vec::new(),
            has_locks: true,
            day_of: self.day_of,
            seed: tab as u64 + 1,
        };
        let app = App::new(surroundings, Route::parse(fragment), self.now);
        let (attention, is_open) = (Attention::Focused, true);
        let (waiting, inputs, subscribed) = (Vec::new(), Vec::new(), BTreeMap::new());
        let (notified, withdrawn) = (Vec::new(), Vec::new());
        let is_connected = self.is_online;
        self.tabs.push(Tab {
            app,
            attention,
            waiting,
            inputs,
            notified,
            withdrawn,
            subscribed,
            is_open,
            is_connected,
            name: "Ada".parse().unwrap(),
        });
        self.intend(tab, Intent::Start);
        self.intend(tab, Intent::OwnTab(TabId::new(tab as u64 + 1)));
        if self.is_online {
            self.connect(tab);
        }
        self.run();
        tab
    }

    fn connect(&mut self, tab: usize) {
        let (user, name) = (UserId::parse("ada").unwrap(), self.tabs[tab].name.clone());
        if self.tabs[tab].app.me().name.is_some() {
            self.hear(tab, Event::Status(Status::Online { connection: ConnectionId(tab as u64 + 1) }));
            self.hear(tab, Event::Welcomed { user, name, token: None });
        }
    }

    /// A tab loses its connection. What is published meanwhile comes with the next one.
    pub(super) fn disconnect(&mut self, tab: usize) {
        self.tabs[tab].is_connected = false;
        self.hear(tab, Event::Status(Status::Connecting { attempt: 1 }));
    }

    /// A tab has a new connection. Its session continues all subscriptions, and then makes its open requests again.
    pub(super) fn reconnect(&mut self, tab: usize) {
        self.tabs[tab].is_connected = true;
        self.connect(tab);
        for (channel, since) in self.tabs[tab].subscribed.clone() {
            let log = self.log.entry(channel.clone()).or_default();
            let (floor, head) = (log.floor, log.head);
            let reason = if since.epoch != self.epoch {
                Some(GapReason::Epoch)
            } else if since.offset > head {
                Some(GapReason::Ahead)
            } else if since.offset < floor {
                Some(GapReason::Trimmed)
            } else {
                None
            };
            let gap = reason.map(|reason| Gap { oldest: Offset(floor.0 + 1), reason });
            let offset = if gap.is_some() { floor } else { since.offset };
            let position = Position { epoch: self.epoch, offset };
            self.tabs[tab].subscribed.insert(channel.clone(), position);
            let missed: Vec<_> =
                self.log[&channel].kept().filter(|message| message.offset > offset).cloned().collect();
            self.hear(tab, Event::Subscribed { channel, position, head, gap });
            missed.into_iter().for_each(|message| self.deliver(tab, message));
        }
        self.run();
    }

    /// The server no longer keeps the messages of a channel up to `floor`.
    pub(super) fn trim(&mut self, name: &str, floor: u64) {
        let log = self.log.entry(channel(name)).or_default();
        log.floor = log.floor.max(Offset(floor).min(log.head));
    }

    /// The server restarts without its data. All connections are lost.
    pub(super) fn reset(&mut self) {
        for tab in self.open_tabs() {
            if self.tabs[tab].is_connected {
                self.disconnect(tab);
            }
        }
        self.log.clear();
        self.epoch = Epoch(self.epoch.0 + 1);
    }

    /// The server goes on with an older copy of its data, without the messages of a channel after `head`. All connections are
    /// lost.
    pub(super) fn restore(&mut self, name: &str, head: u64) {
        for tab in self.open_tabs() {
            self.disconnect(tab);
        }
        let log = self.log.entry(channel(name)).or_default();
        log.all.retain(|message| message.offset <= Offset(head));
        log.head = Offset(head);
    }

    /// The numbers of the open tabs.
    pub(super) fn open_tabs(&self) -> Vec<usize> {
        (0..self.tabs.len()).filter(|tab| self.tabs[*tab].is_open).collect()
    }

    /// All messages of a channel, also those that are no longer kept, and the offset before the first that is kept.
    pub(super) fn published(&self, channel: &ChannelName) -> (&[Message], Offset) {
        self.log.get(channel).map(|log| (log.all.as_slice(), log.floor)).unwrap_or_default()
    }

    /// The epoch of a tab's subscription.
    pub(super) fn epoch_of(&self, tab: usize, channel: &ChannelName) -> Option<Epoch> {
        self.tabs[tab].subscribed.get(channel).map(|position| position.epoch)
    }

    /// Whether a tab has ever left a channel, or was refused.
    pub(super) fn has_left(&self, tab: usize, left: &ChannelName) -> bool {
        let joins = |input: &&Input| match input {
            Input::Subscribe { channel, .. } => channel == left && left.namespace() != "inbox",
            Input::Unsubscribe { channel } => channel == left,
            _ => false,
        };
        self.tabs[tab].inputs.iter().filter(joins).count() > 1
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
        if intent.needs_fresh_storage() {
            let texts = self.stored.clone().into_iter().collect();
            one.app.intend(Intent::StorageRead(texts), one.attention, now);
        }
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
        if let Event::SubscribeRefused { channel: refused, .. } = &event {
            one.subscribed.remove(refused);
            one.waiting
                .retain(|input| !matches!(input, Input::Subscribe { channel, .. } if channel == refused));
        }
        one.app.hear(event, one.attention, now);
        self.collect(tab);
    }

    fn collect(&mut self, tab: usize) {
        let now = self.now;
        let one = &mut self.tabs[tab];
        for count in 0.. {
            assert!(count < 10_000, "the effects do not end");
            let Some(effect) = one.app.poll_effect() else { break };
            match effect {
                Effect::Session(input) => {
                    one.inputs.push(input.clone());
                    if let Input::Rename(name) = &input
                        && !(one.is_connected && self.is_online)
                    {
                        one.name = name.clone();
                        continue;
                    }
                    if let Input::Unsubscribe { channel: left } = &input {
                        one.subscribed.remove(left);
                        one.waiting.retain(
                            |input| !matches!(input, Input::Subscribe { channel, .. } if channel == left),
                        );
                    }
                    one.waiting.push(input);
                }
                Effect::Navigate(route) => {
                    let texts = self.stored.clone().into_iter().collect();
                    one.app.intend(Intent::StorageRead(texts), one.attention, now);
                    one.app.intend(Intent::Arrive(Route::parse(&route.to_fragment())), one.attention, now);
                }
                Effect::Notify(notification) => one.notified.push(notification),
                Effect::Store(write) => {
                    self.writes += 1;
                    assert_eq!(write.area, Area::Browser);
                    let before = self.stored.get(&write.key).map_or(0, String::len);
                    if self.storage_is_full && write.text.len() > before {
                        one.app.intend(Intent::NotStored(write.key), one.attention, now);
                        continue;
                    }
                    if write.text.is_empty() {
                        self.stored.remove(&write.key);
                    } else {
                        self.stored.insert(write.key.clone(), write.text.clone());
                    }
                    self.changes.push((tab, write));
                }
                Effect::Withdraw(tag) => one.withdrawn.push(tag),
                Effect::Begin(config) => one.name = config.name.unwrap(),
                Effect::Changed(_) => {}
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
                    let next = self.tabs[tab].app.poll_timeout();
                    assert!(next.is_some_and(|at| at > self.now), "a timer that never ends");
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
            let changes = std::mem::take(&mut self.changes);
            let mut is_idle = changes.is_empty();
            for (by, Write { key, .. }) in changes {
                let text = self.kept(&key);
                for tab in 0..self.tabs.len() {
                    if tab != by && self.tabs[tab].is_open {
                        self.intend(tab, Intent::Stored(key.clone(), text.clone()));
                    }
                }
            }
            for tab in 0..self.tabs.len() {
                if self.is_online && self.tabs[tab].is_connected {
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
            // The session ignores a second subscription.
            Input::Subscribe { channel, .. } if self.tabs[tab].subscribed.contains_key(&channel) => {}
            Input::Subscribe { channel, .. } => {
                let head = self.log.get(&channel).map(|log| log.head).unwrap_or_default();
                let position = Position { epoch: self.epoch, offset: head };
                self.tabs[tab].subscribed.insert(channel.clone(), position);
                self.hear(tab, Event::Subscribed { channel, position, head, gap: None });
            }
            Input::History { channel, before, .. } if self.history_is_refused => {
                let refusal = Refusal::new(ErrorCode::Forbidden, "No.");
                self.hear(tab, Event::HistoryRefused { channel, before, refusal });
            }
            Input::History { channel, before, limit } if self.answers_history => {
                self.page(tab, channel, before, limit);
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
                let name = self.tabs[tab].name.clone();
                let (offset, new) =
                    self.append(channel.as_str(), "ada", name.as_str(), message_id, payload, 1);
                let delivery = Delivery::Accepted { offset };
                let event = Event::Delivery { channel, message_id, delivery };
                if self.replies_first {
                    self.hear(tab, event.clone());
                }
                new.into_iter().for_each(|message| self.broadcast(&message));
                if !self.replies_first {
                    self.hear(tab, event);
                }
            }
            Input::Rename(_) if self.name_is_refused => {
                let name = self.tabs[tab].name.clone();
                self.hear(tab, Event::Refused(Refusal::new(ErrorCode::InvalidName, "No.")));
                self.hear(tab, Event::Renamed { name });
            }
            Input::Rename(name) => {
                self.tabs[tab].name = name.clone();
                self.hear(tab, Event::Renamed { name });
            }
            _ => return false,
        }
        true
    }

    fn page(&mut self, tab: usize, channel: ChannelName, before: Option<Offset>, limit: u32) {
        let before_or_end = before.unwrap_or(Offset(u64::MAX));
        let kept = self.log.get(&channel).into_iter().flat_map(Log::kept);
        let older: Vec<_> = kept.filter(|message| message.offset < before_or_end).cloned().collect();
        let first = older.len().saturating_sub(usize::try_from(limit).unwrap());
        let (messages, more) = (older[first..].to_vec(), first > 0);
        self.hear(tab, Event::Page { channel, before, messages, more });
    }

    /// The server handles one of the requests for history of a tab, in any order.
    pub(super) fn reply_to_history(&mut self, tab: usize, pick: usize, refuses: bool) {
        let is_history = |input: &Input| matches!(input, Input::History { .. });
        let waiting = &self.tabs[tab].waiting;
        let open: Vec<_> = (0..waiting.len()).filter(|index| is_history(&waiting[*index])).collect();
        if open.is_empty() || !self.tabs[tab].is_connected {
            return;
        }
        let input = self.tabs[tab].waiting.remove(open[pick % open.len()]);
        (self.answers_history, self.history_is_refused) = (true, refuses);
        self.serve(tab, input);
        (self.answers_history, self.history_is_refused) = (false, false);
        self.run();
    }

    /// Stores a message `step` offsets above the newest. Returns its offset, and the message if it is new.
    fn append(
        &mut self,
        name: &str,
        user: &str,
        from: &str,
        id: MessageId,
        payload: Payload,
        step: u64,
    ) -> (Offset, Option<Message>) {
        let channel = channel(name);
        let (now, log) = (self.now, self.log.entry(channel.clone()).or_default());
        if let Some(known) = log.all.iter().find(|message| message.id == id) {
            return (known.offset, None);
        }
        let from = Sender { user: UserId::parse(user).unwrap(), name: DisplayName::parse(from).unwrap() };
        let (prev, offset) = (log.head, Offset(log.head.0 + step));
        let message = Message { channel, offset, prev, id, at: now, from, payload };
        log.head = offset;
        log.all.push(message.clone());
        (offset, Some(message))
    }

    fn broadcast(&mut self, message: &Message) {
        for tab in 0..self.tabs.len() {
            let one = &self.tabs[tab];
            let is_live = one.is_open && one.is_connected && self.is_online;
            if is_live && one.subscribed.contains_key(&message.channel) {
                self.deliver(tab, message.clone());
            }
        }
    }

    fn deliver(&mut self, tab: usize, message: Message) {
        if let Some(position) = self.tabs[tab].subscribed.get_mut(&message.channel) {
            position.offset = message.offset;
            self.hear(tab, Event::Message(message));
        }
    }

    /// Somebody publishes. Returns the message's id.
    pub(super) fn publish(&mut self, name: &str, user: &str, payload: Payload) -> MessageId {
        self.publish_after(name, user, payload, 1)
    }

    /// Somebody publishes, and the log leaves numbers out: the offset is `step` above the newest.
    pub(super) fn publish_after(&mut self, name: &str, user: &str, payload: Payload, step: u64) -> MessageId {
        self.ids += 1;
        let id = MessageId::new(self.now.0 + self.ids, &[9; 10]);
        let (_, new) = self.append(name, user, user, id, payload, step);
        new.into_iter().for_each(|message| self.broadcast(&message));
        self.run();
        id
    }

    /// The log has a message that no tab has heard of.
    pub(super) fn store(&mut self, name: &str, user: &str, id: MessageId, payload: Payload) {
        self.append(name, user, user, id, payload, 1);
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
