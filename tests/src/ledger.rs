//! Compares the sent and received messages of every client with the log.
//!
//! The rules: an acknowledged message is in the log once, at the acknowledged offset. The log has no message that no client
//! sent. A sender's messages to a channel are in the log in the order in which they were written. A subscriber has
//! received each message after its first position once, in order and unchanged, and no gap.

mod entries;
mod findings;
mod readers;
mod writers;

use shared::ids::{ChannelName, Offset};
use shared::protocol::Message;

pub use findings::{Fault, Findings};

use crate::client::{Client, Journal};
use crate::http::Api;
use entries::Entries;

/// The final log and the journals of its clients.
#[derive(Debug)]
pub struct Ledger {
    log: Vec<Vec<Message>>,
    journals: Vec<(String, Journal)>,
}

impl Ledger {
    /// Reads the logs of these channels by the HTTP API, and collects the journals of these clients, which should have
    /// no publish in flight.
    pub async fn read(api: &Api, channels: &[ChannelName], people: impl Iterator<Item = &Client>) -> Self {
        let mut log = Vec::with_capacity(channels.len());
        for channel in channels {
            log.push(api.messages(channel).await);
        }
        let journals = people.map(|person| (person.label().to_owned(), person.journal(Journal::clone)));
        Self { log, journals: journals.collect() }
    }

    /// Makes a ledger of a known log and journals.
    pub fn of(log: Vec<Vec<Message>>, journals: Vec<(String, Journal)>) -> Self {
        Self { log, journals }
    }

    /// Compares and returns the findings. [`Findings::assert_clean`] asserts.
    pub fn compare(&self, story: &str) -> Findings {
        let mut findings = Findings::of(story);
        let entries = Entries::read(&self.log, &mut findings);
        let sent = || self.journals.iter().flat_map(|(_, journal)| &journal.sent);
        entries.look_for_foreign(sent(), &mut findings);
        for (name, journal) in &self.journals {
            writers::compare(name, journal, &entries, &mut findings);
            readers::compare(name, &journal.heard, &entries, &mut findings, readers::Until::TheEnd);
            readers::compare(
                &format!("{name}'s wire"),
                &journal.wire,
                &entries,
                &mut findings,
                readers::Until::Cut,
            );
        }
        findings
    }
}

/// Returns the newest offset of a channel's log; 0 if it is empty.
pub fn head(log: &[Message]) -> Offset {
    log.last().map_or(Offset::START, |message| message.offset)
}
