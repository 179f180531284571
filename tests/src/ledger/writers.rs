//! Checks that the log has a client's messages at the acknowledged offsets.

use std::collections::HashMap;

use shared::ids::{ChannelName, Offset};
use shared::protocol::Message;

use super::entries::Entries;
use super::findings::{Fault, Findings};
use crate::client::{Fate, Journal, Sent};

pub(super) fn compare(name: &str, journal: &Journal, entries: &Entries<'_>, findings: &mut Findings) {
    let mut last: HashMap<&ChannelName, Offset> = HashMap::new();
    for sent in &journal.sent {
        let entry = entries.by_id(&sent.channel, sent.id);
        compare_fate(name, sent, journal.fates.get(&sent.id), entry, findings);
        let Some(entry) = entry else { continue };
        if entry.payload != sent.payload || journal.user.as_ref() != Some(&entry.from.user) {
            findings.note(Fault::Altered, || format!("{name} sent {sent:?}, the log has {entry:?}"));
        }
        let before = last.entry(&sent.channel).or_default();
        if entry.offset < *before {
            let (channel, offset, before) = (&sent.channel, entry.offset, *before);
            findings.note(Fault::Overtaken, || {
                format!(
                    "{name} wrote the message at {offset} of {channel} after the one at {before}: {entry:?}"
                )
            });
        }
        *before = entry.offset.max(*before);
    }
}

fn compare_fate(
    name: &str,
    sent: &Sent,
    fate: Option<&Fate>,
    entry: Option<&Message>,
    findings: &mut Findings,
) {
    match (fate, entry) {
        (Some(Fate::Accepted(offset)), Some(entry)) if *offset == entry.offset => {}
        (Some(Fate::Accepted(offset)), Some(entry)) => findings.note(Fault::Altered, || {
            format!("{name} got the acknowledgement of {sent:?} at {offset}, but it is at {}", entry.offset)
        }),
        (Some(Fate::Accepted(offset)), None) => findings.note(Fault::Lost, || {
            format!("{name} got the acknowledgement of {sent:?} at {offset}, but it is not in the log")
        }),
        (Some(Fate::Failed), Some(entry)) => findings.note(Fault::Foreign, || {
            format!("{name} was refused {sent:?} for good, and it is in the log at {}", entry.offset)
        }),
        // An unanswered message may be in the log, because the answer may be lost.
        (Some(Fate::Failed), None) | (None, _) => {}
    }
}
