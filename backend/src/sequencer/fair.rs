//! Orders publications fairly between senders when the backlog is larger than one transaction.
//!
//! In arrival order, a sender of one short message would wait for the megabytes of all others. The messages of one sender keep
//! their order. Between senders, the message with the smallest virtual finish time is next (self-clocked fair queueing,
//! Golestani, 1994).

use std::collections::{BTreeMap, HashMap};

use shared::ids::ConnectionId;

use crate::sequencer::publication::{Publication, ReplyTo};

/// The backlog of publications.
#[derive(Debug, Default)]
pub(super) struct FairQueue {
    /// By virtual finish time, then by arrival.
    waiting: BTreeMap<(u64, u64), Publication>,
    /// The senders that have publications in the queue.
    senders: HashMap<Sender, Backlog>,
    /// The virtual time, in bytes.
    now: u64,
    /// Number of publications that were added.
    pushed: u64,
}

/// The publications of one sender.
#[derive(Debug, Default)]
struct Backlog {
    publications: usize,
    /// The virtual finish time of the last one.
    finish: u64,
}

/// The unit of fairness: one connection, or all of the HTTP API together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Sender {
    Connection(ConnectionId),
    Api,
}

impl FairQueue {
    /// Whether the queue is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds a publication behind those of the same sender.
    pub(super) fn push(&mut self, publication: Publication) {
        let backlog = self.senders.entry(Sender::of(&publication)).or_default();
        backlog.publications += 1;
        backlog.finish = backlog.finish.max(self.now) + publication.bytes() as u64;
        self.waiting.insert((backlog.finish, self.pushed), publication);
        self.pushed += 1;
    }

    /// Removes the publication with the smallest virtual finish time.
    pub(super) fn pop(&mut self) -> Option<Publication> {
        let ((finish, _), publication) = self.waiting.pop_first()?;
        self.now = finish;
        let sender = Sender::of(&publication);
        if let Some(backlog) = self.senders.get_mut(&sender) {
            backlog.publications -= 1;
            if backlog.publications == 0 {
                self.senders.remove(&sender);
            }
        }
        Some(publication)
    }
}

impl Sender {
    fn of(publication: &Publication) -> Self {
        match publication.reply {
            ReplyTo::Connection { connection, .. } => Self::Connection(connection),
            ReplyTo::Caller(_) | ReplyTo::Nobody => Self::Api,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::conformance::chat;
    use shared::protocol::{Payload, RawPayload};

    fn publication(connection: u64, number: u8, bytes: usize) -> Publication {
        let mut append = chat("room:lobby", number);
        append.payload = RawPayload::from(&Payload::chat("x".repeat(bytes)));
        let connection = ConnectionId(connection);
        Publication {
            append,
            reply: ReplyTo::Connection {
                worker: 0,
                connection,
                request: None,
                turn: None,
                others_wait: false,
            },
        }
    }

    /// The senders in the order in which their publications are removed.
    fn order(queue: &mut FairQueue) -> Vec<u64> {
        let connection = |publication: Publication| match publication.reply {
            ReplyTo::Connection { connection, .. } => connection.0,
            ReplyTo::Caller(_) | ReplyTo::Nobody => 0,
        };
        std::iter::from_fn(|| queue.pop()).map(connection).collect()
    }

    #[test]
    fn a_short_message_does_not_wait_for_earlier_messages_of_other_senders() {
        let mut queue = FairQueue::default();
        for number in 0..4 {
            queue.push(publication(1, number, 10_000));
            queue.push(publication(2, number, 10_000));
        }
        assert!(queue.pop().is_some() && queue.pop().is_some(), "the first of each");
        queue.push(publication(3, 1, 10));
        queue.push(publication(3, 2, 10));
        assert_eq!(order(&mut queue), [3, 3, 1, 2, 1, 2, 1, 2]);
    }

    #[test]
    fn large_messages_are_not_starved_by_a_stream_of_short_ones() {
        let mut queue = FairQueue::default();
        queue.push(publication(1, 0, 10_000));
        queue.push(publication(1, 1, 10_000));
        let mut shorts = 0;
        loop {
            queue.push(publication(2, 0, 1_000));
            match queue.pop().map(|publication| publication.bytes()) {
                Some(bytes) if bytes < 5_000 => shorts += 1,
                Some(_) if queue.waiting.values().all(|waiting| waiting.bytes() < 5_000) => break,
                Some(_) | None => {}
            }
            assert!(shorts < 30, "the second large message waits");
        }
    }

    #[test]
    fn the_messages_of_one_sender_keep_their_order() {
        let mut queue = FairQueue::default();
        let bytes = [5, 5_000, 1, 300, 0, 9_000, 7];
        for (number, bytes) in (0..).zip(bytes) {
            queue.push(publication(1, number, bytes));
            queue.push(publication(2, number, bytes / 2));
        }
        let ids = |wanted: u64, queue: FairQueue| {
            let of = move |publication: &Publication| matches!(publication.reply, ReplyTo::Connection { connection, .. } if connection.0 == wanted);
            queue
                .waiting
                .into_values()
                .filter(of)
                .map(|publication| publication.append.id)
                .collect::<Vec<_>>()
        };
        let sent: Vec<_> = (0..7).map(|number| chat("room:lobby", number).id).collect();
        assert_eq!(ids(1, queue), sent);
    }

    #[test]
    fn a_short_message_is_removed_before_the_first_large_one_of_other_senders() {
        let mut queue = FairQueue::default();
        (1..=50).for_each(|connection| queue.push(publication(connection, 0, 10_000)));
        queue.push(publication(51, 0, 10));
        assert_eq!(order(&mut queue)[0], 51);
    }

    #[test]
    fn senders_without_publications_use_no_memory() {
        let mut queue = FairQueue::default();
        for connection in 1..=100 {
            queue.push(publication(connection, 0, 10));
        }
        queue.push(publication(7, 1, 10));
        (0..100).for_each(|_| drop(queue.pop()));
        assert_eq!(queue.senders.len(), 1);
        queue.pop();
        assert!(queue.senders.is_empty() && queue.is_empty());
    }
}
