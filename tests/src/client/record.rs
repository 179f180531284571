//! The received events, from which expectations are served.

use std::collections::{HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use shared::ids::{ChannelName, DisplayName, UserId};
use shared::presence::Roster;
use shared::protocol::ServerMessage;
use shared::session::{Event, Status};
use tokio::sync::watch;

use super::journal::{Journal, Sent};
use crate::deadline::within;

/// Maximum number of events that a failure shows.
const TOLD_MAX: usize = 30;

/// The received events, with a notification for each change.
#[derive(Debug)]
pub(super) struct Record {
    seen: Mutex<Seen>,
    bell: watch::Sender<()>,
}

impl Default for Record {
    fn default() -> Self {
        Self { seen: Mutex::default(), bell: watch::Sender::new(()) }
    }
}

/// The events so far.
#[derive(Debug)]
pub(super) struct Seen {
    status: Status,
    me: Option<(UserId, DisplayName)>,
    token: Option<String>,
    rosters: HashMap<ChannelName, Roster>,
    /// Events that no expectation has removed.
    waiting: VecDeque<Event>,
    /// The last events in words, removed or not.
    told: VecDeque<String>,
    journal: Journal,
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            status: Status::Stopped,
            me: None,
            token: None,
            rosters: HashMap::new(),
            waiting: VecDeque::new(),
            told: VecDeque::new(),
            journal: Journal::default(),
        }
    }
}

impl Seen {
    pub(super) fn status(&self) -> &Status {
        &self.status
    }

    /// The names of a channel's members, sorted.
    pub(super) fn names_in(&self, channel: &str) -> Vec<&str> {
        let roster = self.rosters.iter().find(|(name, _)| name.as_str() == channel);
        let mut names: Vec<&str> =
            roster.iter().flat_map(|(_, roster)| roster.iter()).map(|(_, name)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    pub(super) fn journal(&self) -> &Journal {
        &self.journal
    }

    fn note(&mut self, event: Event) {
        self.journal.note(&event);
        if self.told.len() == TOLD_MAX {
            self.told.pop_front();
        }
        let mut words = format!("{event:?}");
        if let Some((cut, _)) = words.char_indices().nth(400) {
            words.truncate(cut);
        }
        self.told.push_back(words);
        match &event {
            Event::Welcomed { user, name, token } => {
                self.me = Some((user.clone(), name.clone()));
                if token.is_some() {
                    self.token.clone_from(token);
                }
            }
            Event::Presence { channel, change } => {
                self.rosters.entry(channel.clone()).or_default().apply(change.clone());
            }
            _ => {}
        }
        self.waiting.push_back(event);
    }
}

impl Record {
    pub(super) fn add(&self, event: Event) {
        self.seen.lock().unwrap().note(event);
        self.bell.send_replace(());
    }

    /// Records a message before it is sent.
    pub(super) fn add_sent(&self, sent: Sent) {
        self.seen.lock().unwrap().journal.note_sent(sent);
    }

    /// Records a message received over the wire.
    pub(super) fn add_arrived(&self, message: &ServerMessage) {
        self.seen.lock().unwrap().journal.note_wire(message);
    }

    /// Calls `look` with the journal.
    pub(super) fn read<T>(&self, look: impl FnOnce(&Journal) -> T) -> T {
        look(&self.seen.lock().unwrap().journal)
    }

    pub(super) fn set_status(&self, status: Status) {
        self.seen.lock().unwrap().status = status;
        self.bell.send_replace(());
    }

    pub(super) fn status(&self) -> Status {
        self.seen.lock().unwrap().status.clone()
    }

    pub(super) fn me(&self) -> (UserId, DisplayName) {
        self.seen.lock().unwrap().me.clone().expect("the server has said welcome")
    }

    pub(super) fn token(&self) -> Option<String> {
        self.seen.lock().unwrap().token.clone()
    }

    /// Describes the status and the last events.
    pub(super) fn describe(&self) -> String {
        let seen = self.seen.lock().unwrap();
        let told: Vec<&str> = seen.told.iter().map(String::as_str).collect();
        format!("status: {:?}\nlast events:\n  {}", seen.status, told.join("\n  "))
    }

    /// Waits until `look` returns a value.
    pub(super) async fn wait<T>(
        &self,
        limit: Duration,
        what: &str,
        mut look: impl FnMut(&mut Seen) -> Option<T>,
    ) -> T {
        let mut bell = self.bell.subscribe();
        let found = async {
            loop {
                let found = look(&mut self.seen.lock().unwrap());
                if let Some(found) = found {
                    return found;
                }
                bell.changed().await.expect("the record owns the sender");
            }
        };
        within(limit, what, found, || self.describe()).await
    }

    /// Waits for the first wanted event, and removes it.
    pub(super) async fn wait_for<T>(
        &self,
        limit: Duration,
        what: &str,
        wanted: impl Fn(&Event) -> Option<T>,
    ) -> T {
        self.wait(limit, what, |seen| {
            let (index, found) =
                seen.waiting.iter().enumerate().find_map(|(index, event)| Some((index, wanted(event)?)))?;
            seen.waiting.remove(index);
            Some(found)
        })
        .await
    }
}
