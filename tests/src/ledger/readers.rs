//! Checks that a client received each message after its position once and in order.

use std::collections::{HashMap, HashSet};

use shared::ids::{ChannelName, Offset};
use shared::protocol::{Message, Position};

use super::entries::Entries;
use super::findings::{Fault, Findings};
use crate::client::Heard;

/// How far a reader must have read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Until {
    /// To the end of the log. A new subscription continues where the last one was.
    TheEnd,
    /// As far as its connections lasted. A new subscription continues at the last message that was handled.
    Cut,
}

/// One subscribed channel.
struct Reading {
    began: Position,
    cursor: Offset,
    told: HashSet<Offset>,
}

pub(super) fn compare(
    name: &str,
    heard: &[Heard],
    entries: &Entries<'_>,
    findings: &mut Findings,
    until: Until,
) {
    let mut readings: HashMap<&ChannelName, Reading> = HashMap::new();
    for step in heard {
        match step {
            Heard::Subscribed { channel, position, gap } => {
                if let Some(gap) = gap {
                    findings.note(Fault::Gap, || format!("{name} got a gap in {channel}: {gap:?}"));
                }
                subscribe(name, channel, *position, &mut readings, findings, until);
            }
            Heard::Message(message) => match readings.get_mut(&message.channel) {
                Some(reading) => reading.read(name, message, entries, findings, until),
                None => findings.note(Fault::Foreign, || format!("{name} does not follow {message:?}")),
            },
        }
    }
    if until == Until::TheEnd {
        for (channel, reading) in readings {
            for missed in entries.after(channel, reading.began.offset) {
                if !reading.told.contains(&missed.offset) {
                    findings.note(Fault::Lost, || format!("{name} did not receive {missed:?}"));
                }
            }
        }
    }
}

fn subscribe<'heard>(
    name: &str,
    channel: &'heard ChannelName,
    position: Position,
    readings: &mut HashMap<&'heard ChannelName, Reading>,
    findings: &mut Findings,
    until: Until,
) {
    let new = || Reading { began: position, cursor: position.offset, told: HashSet::new() };
    let reading = readings.entry(channel).or_insert_with(new);
    let moved = match until {
        Until::TheEnd => position.offset != reading.cursor,
        // The server resends messages that were lost with a connection.
        Until::Cut => position.offset > reading.cursor,
    };
    if moved || position.epoch != reading.began.epoch {
        let cursor = reading.cursor;
        findings.note(Fault::Misordered, || {
            format!("{name} was at {cursor} of {channel} and is moved to {position:?}")
        });
    }
    reading.cursor = position.offset;
}

impl Reading {
    fn read(
        &mut self,
        name: &str,
        message: &Message,
        entries: &Entries<'_>,
        findings: &mut Findings,
        until: Until,
    ) {
        findings.told += u64::from(until == Until::TheEnd);
        match entries.at(&message.channel, message.offset) {
            Some(entry) if entry == message => {}
            Some(entry) => findings
                .note(Fault::Altered, || format!("{name} received {message:?}, the log has {entry:?}")),
            None => findings.note(Fault::Foreign, || format!("{name} received {message:?}")),
        }
        let first_time = self.told.insert(message.offset);
        if message.offset <= self.cursor {
            let fault = if first_time { Fault::Misordered } else { Fault::Twice };
            let cursor = self.cursor;
            findings.note(fault, || format!("{name} was at {cursor} and received {message:?}"));
        } else if message.prev != self.cursor {
            let cursor = self.cursor;
            findings.note(Fault::Misordered, || format!("{name} was led from {cursor} to {message:?}"));
        }
        self.cursor = message.offset.max(self.cursor);
    }
}
