//! What everybody was told, held against the log.
//!
//! The rules: a message that was acknowledged is in the log, once, where it was said to be. The log holds nothing that
//! nobody sent. A sender's messages to a channel are there in the order in which they were written. Whoever follows a
//! channel has been told of each message after the position it began at once, in order, as it was sent, and was told
//! of no gap.

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

/// The log as it is in the end, and the journals of those who used it.
#[derive(Debug)]
pub struct Ledger {
    log: Vec<Vec<Message>>,
    journals: Vec<(String, Journal)>,
}

impl Ledger {
    /// Reads these channels' logs by the HTTP API, and takes the journals of these people, who should have nothing under
    /// way any more.
    pub async fn read(api: &Api, channels: &[ChannelName], people: impl Iterator<Item = &Client>) -> Self {
        let mut log = Vec::with_capacity(channels.len());
        for channel in channels {
            log.push(api.messages(channel).await);
        }
        let journals = people.map(|person| (person.label().to_owned(), person.journal(Journal::clone)));
        Self { log, journals: journals.collect() }
    }

    /// A ledger of what is known already.
    pub fn of(log: Vec<Vec<Message>>, journals: Vec<(String, Journal)>) -> Self {
        Self { log, journals }
    }

    /// Compares. Nothing is asserted: [`Findings::assert_clean`] does that.
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

/// The newest offset of a channel's log; 0 where it has none.
pub fn head(log: &[Message]) -> Offset {
    log.last().map_or(Offset::START, |message| message.offset)
}
