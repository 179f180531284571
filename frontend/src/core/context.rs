//! What the rooms and the app share while they handle an event: who the reader is, the time, the effects so far, and the
//! queues that belong to no single room.

use std::collections::VecDeque;

use shared::ids::{ChannelName, DisplayName, MessageId, UserId};
use shared::protocol::{Payload, Refusal, Sender};
use shared::session::{Input, Status};
use shared::time::Timestamp;

use super::effect::{Effect, Parts};
use super::history::HistoryQueue;
use super::intent::Attention;
use super::storage::{Area, Storage, Write};
use super::texts::{sentences, words};
use super::toasts::Toasts;
use super::unsent::{TabId, Unsent, UnsentMessage, tabs};

/// The reader, as far as known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Me {
    /// The chosen name.
    pub(crate) name: Option<DisplayName>,
    /// The user id that the server has given.
    pub(crate) user: Option<UserId>,
}

impl Me {
    /// Returns the reader as the sender of a message. Before the first connection, the server has given no id yet.
    pub(crate) fn as_sender(&self) -> Option<Sender> {
        let user = self.user.clone().or_else(|| UserId::parse("me").ok())?;
        Some(Sender { user, name: self.name.clone()? })
    }
}

/// What the browser offers, which differs between browsers and addresses.
pub(crate) struct Surroundings {
    /// The texts that the browser keeps over visits, for all tabs.
    pub(crate) stored: Vec<(String, String)>,
    /// The texts that it keeps while the tab is open.
    pub(crate) stored_in_tab: Vec<(String, String)>,
    /// Whether tabs can see which other tabs are open. Without it, unsent messages end with the tab.
    pub(crate) has_locks: bool,
    /// Returns the day of a time in the reader's time zone, counted from 1970.
    pub(crate) day_of: fn(Timestamp) -> i64,
    /// A random number.
    pub(crate) seed: u64,
}

/// What the rooms and the app share.
pub(crate) struct Context {
    pub(crate) now: Timestamp,
    pub(crate) attention: Attention,
    pub(crate) me: Me,
    pub(crate) status: Status,
    pub(crate) history: HistoryQueue,
    pub(crate) toasts: Toasts,
    pub(crate) storage: Storage,
    tab_storage: Storage,
    pub(crate) day_of: fn(Timestamp) -> i64,
    /// The changed values of the app.
    pub(crate) changed: Parts,
    pub(crate) effects: VecDeque<Effect>,
    unsent: Unsent,
    has_locks: bool,
    /// Whether the reader was warned that messages are at risk, and some still are.
    has_warned: bool,
    random: fastrand::Rng,
}

impl Context {
    /// Makes the context of a new page.
    pub(crate) fn new(surroundings: Surroundings, now: Timestamp) -> Self {
        let Surroundings { stored, stored_in_tab, has_locks, day_of, seed } = surroundings;
        Self {
            now,
            attention: Attention::Focused,
            me: Me::default(),
            status: Status::Stopped,
            history: HistoryQueue::default(),
            toasts: Toasts::default(),
            storage: Storage::new(Area::Browser, stored),
            tab_storage: Storage::new(Area::Tab, stored_in_tab),
            day_of,
            changed: Parts::NONE,
            effects: VecDeque::new(),
            unsent: Unsent::new(has_locks),
            has_locks,
            has_warned: false,
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Passes an input to the session.
    pub(crate) fn input(&mut self, input: Input) {
        self.effects.push_back(Effect::Session(input));
    }

    /// Returns a new message id.
    pub(crate) fn new_message_id(&mut self) -> MessageId {
        let mut random = [0; 10];
        self.random.fill(&mut random);
        MessageId::new(self.now.0, &random)
    }

    /// Whether the server can be reached.
    pub(crate) fn is_online(&self) -> bool {
        matches!(self.status, Status::Online { .. })
    }

    /// Keeps a message until the log has it, and sends it.
    pub(crate) fn publish(&mut self, channel: &ChannelName, message_id: MessageId, payload: Payload) {
        let message = UnsentMessage { channel: channel.clone(), message_id, payload };
        let (unsent, keep) = self.unsent();
        unsent.add(&message, keep);
        self.warn_of_loss();
        let UnsentMessage { channel, message_id, payload } = message;
        self.input(Input::Publish { channel, message_id, payload });
    }

    /// Warns if an unsent message would be lost with this page. With a connection, the message is in the log before anybody
    /// has read the warning.
    fn warn_of_loss(&mut self) {
        if self.unsent.is_at_risk() && !self.is_online() && !self.has_warned {
            self.has_warned = true;
            let why = if self.has_locks { words().at_risk_full } else { words().at_risk_insecure };
            self.toast_error(words().at_risk_title, why.to_owned());
        }
    }

    /// Whether an unsent message would be lost with this page.
    pub(crate) fn is_at_risk(&self) -> bool {
        self.unsent.is_at_risk()
    }

    /// Returns the unsent messages, and where they are kept.
    fn unsent(&mut self) -> (&mut Unsent, &mut Storage) {
        let keep = if self.has_locks { &mut self.storage } else { &mut self.tab_storage };
        (&mut self.unsent, keep)
    }

    /// Returns the next text for the browser to store.
    pub(crate) fn next_write(&mut self) -> Option<Write> {
        self.storage.next_write().or_else(|| self.tab_storage.next_write())
    }

    /// The browser keeps these texts now. Unsent messages that are not among them are stored again.
    pub(crate) fn storage_read(&mut self, texts: Vec<(String, String)>) {
        self.storage.reload(texts);
        let (unsent, keep) = self.unsent();
        unsent.store_again(keep);
    }

    /// The browser could not store the text under `key`.
    pub(crate) fn not_stored(&mut self, key: &str) {
        let (unsent, keep) = self.unsent();
        unsent.not_stored(key, keep);
        self.warn_of_loss();
    }

    /// Returns the tabs with unsent messages.
    pub(crate) fn tabs(&self) -> Vec<TabId> {
        tabs(if self.has_locks { &self.storage } else { &self.tab_storage })
    }

    /// The session has begun. Returns the messages that have waited for it, to be sent.
    pub(crate) fn start_sending(&mut self) -> Vec<UnsentMessage> {
        let (unsent, keep) = self.unsent();
        unsent.start(keep)
    }

    /// This page is `tab`, and holds its lock. Returns the messages of earlier pages of the tab, to be sent.
    pub(crate) fn own_tab(&mut self, tab: TabId) -> Vec<UnsentMessage> {
        let (unsent, keep) = self.unsent();
        unsent.begin(tab, keep)
    }

    /// `tab` is closed, and this page holds its lock. Returns its messages, to be sent.
    pub(crate) fn adopt_tab(&mut self, tab: &TabId) -> Vec<UnsentMessage> {
        let (unsent, keep) = self.unsent();
        unsent.adopt(tab, keep)
    }

    /// The log has the message, or it is given up. Returns adopted messages for which the outbox has space now.
    pub(crate) fn forget(&mut self, message_id: MessageId) -> Vec<UnsentMessage> {
        let (unsent, keep) = self.unsent();
        let next = unsent.remove(message_id, keep);
        self.has_warned &= self.unsent.is_at_risk();
        next
    }

    /// Shows what went wrong.
    pub(crate) fn toast_error(&mut self, title: &str, body: String) {
        self.toasts.add_error(title, body, self.now);
        self.changed.add(Parts::TOASTS);
    }

    /// Shows a refusal that has no other place.
    pub(crate) fn toast_refusal(&mut self, refusal: &Refusal) {
        self.toast_error(words().refused_title, sentences().refusal(refusal));
    }
}
