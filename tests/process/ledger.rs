//! Tests of the ledger itself: it finds each kind of error.

use shared::ids::{Epoch, MessageId, Offset, UserId};
use shared::protocol::{Gap, GapReason, Message, Payload, Position, Sender};
use shared::time::Timestamp;
use tests::client::{Fate, Heard, Journal, Sent, channel};
use tests::ledger::Fault;
use tests::{LOBBY, Ledger};

const FAULTS: [Fault; 7] = [
    Fault::Lost,
    Fault::Twice,
    Fault::Misordered,
    Fault::Overtaken,
    Fault::Altered,
    Fault::Foreign,
    Fault::Gap,
];

fn message(offset: u64) -> Message {
    Message {
        channel: channel(LOBBY),
        offset: Offset(offset),
        prev: Offset(offset - 1),
        id: MessageId::new(offset, &[0; 10]),
        at: Timestamp(offset),
        from: Sender { user: UserId::parse("ada").unwrap(), name: "Ada".parse().unwrap() },
        payload: Payload::chat(offset.to_string()),
    }
}

fn begun(gap: Option<Gap>) -> Heard {
    let position = Position { epoch: Epoch(1), offset: Offset::START };
    Heard::Subscribed { channel: channel(LOBBY), position, gap }
}

/// Five messages that Ada sent and received.
fn all_is_well() -> (Vec<Message>, Journal) {
    let log: Vec<Message> = (1..=5).map(message).collect();
    let sent = |message: &Message| Sent {
        channel: message.channel.clone(),
        id: message.id,
        payload: message.payload.clone(),
    };
    let heard: Vec<Heard> =
        std::iter::once(begun(None)).chain(log.iter().cloned().map(Heard::Message)).collect();
    let journal = Journal {
        user: Some(UserId::parse("ada").unwrap()),
        sent: log.iter().map(sent).collect(),
        fates: log.iter().map(|message| (message.id, Fate::Accepted(message.offset))).collect(),
        wire: heard.clone(),
        heard,
        ..Journal::default()
    };
    (log, journal)
}

/// Asserts that the ledger finds these errors after a change of the log or the journal.
#[track_caller]
fn expect(faults: &[Fault], harm: impl FnOnce(&mut Vec<Message>, &mut Journal)) {
    let (mut log, mut journal) = all_is_well();
    harm(&mut log, &mut journal);
    let findings = Ledger::of(vec![log], vec![("Ada".to_owned(), journal)]).compare("ledger");
    let found: Vec<Fault> = FAULTS.into_iter().filter(|&fault| findings.count(fault) > 0).collect();
    assert_eq!(found, faults, "{findings}");
}

#[test]
fn it_finds_nothing_if_all_is_well() {
    expect(&[], |_, _| {});
}

#[test]
fn it_finds_what_was_acknowledged_and_is_not_in_the_log() {
    expect(&[Fault::Lost, Fault::Foreign], |log, _| drop(log.pop()));
}

#[test]
fn it_finds_what_is_in_the_log_twice() {
    expect(&[Fault::Twice], |log, journal| {
        let again = Message { offset: Offset(6), prev: Offset(5), ..log[4].clone() };
        journal.heard.push(Heard::Message(again.clone()));
        journal.fates.insert(again.id, Fate::Accepted(again.offset));
        log.push(again);
    });
}

#[test]
fn it_finds_what_a_reader_was_not_told() {
    expect(&[Fault::Lost], |_, journal| drop(journal.heard.pop()));
}

#[test]
fn it_finds_what_a_reader_was_not_told_in_between() {
    expect(&[Fault::Lost, Fault::Misordered], |_, journal| drop(journal.heard.remove(2)));
}

#[test]
fn it_finds_what_a_reader_was_told_twice() {
    expect(&[Fault::Twice], |_, journal| {
        let again = journal.heard[3].clone();
        journal.heard.insert(4, again);
    });
}

#[test]
fn it_finds_what_came_twice_over_the_wire() {
    expect(&[Fault::Twice], |_, journal| {
        let again = journal.wire[3].clone();
        journal.wire.insert(4, again);
    });
}

#[test]
fn it_finds_a_senders_messages_in_another_order() {
    expect(&[Fault::Overtaken], |_, journal| journal.sent.swap(1, 2));
}

#[test]
fn it_finds_a_reader_who_was_told_in_another_order() {
    expect(&[Fault::Misordered], |_, journal| journal.heard.swap(2, 3));
}

#[test]
fn it_finds_another_payload_and_another_place() {
    expect(&[Fault::Altered], |_, journal| journal.sent[0].payload = Payload::chat("another"));
    expect(&[Fault::Altered], |_, journal| {
        let id = journal.sent[0].id;
        journal.fates.insert(id, Fate::Accepted(Offset(2)));
    });
    expect(&[Fault::Altered], |_, journal| {
        journal.heard[1] = Heard::Message(Message { payload: Payload::chat("another"), ..message(1) });
    });
}

#[test]
fn it_finds_what_nobody_sent_and_what_was_refused() {
    expect(&[Fault::Foreign], |_, journal| drop(journal.sent.pop()));
    expect(&[Fault::Foreign], |_, journal| {
        let id = journal.sent[0].id;
        journal.fates.insert(id, Fate::Failed);
    });
}

#[test]
fn it_finds_a_gap_and_a_jump() {
    expect(&[Fault::Gap], |_, journal| {
        journal.heard[0] = begun(Some(Gap { oldest: Offset(1), reason: GapReason::Trimmed }));
    });
    expect(&[Fault::Misordered], |_, journal| journal.heard.push(begun(None)));
}
