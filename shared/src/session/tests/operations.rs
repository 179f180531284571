//! Random events in random order: nothing is lost, nothing arrives twice, and all is in order.

use proptest::prelude::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::pair::{Pair, Socket, lobby};
use crate::ids::{DisplayName, MessageId, Offset};
use crate::protocol::{Position, ServerMessage};
use crate::session::{Delivery, Event, Input, Status};
use crate::time::Timestamp;

/// One event.
#[derive(Debug, Clone, PartialEq)]
enum Operation {
    Publish,
    BobSays,
    ServerHears,
    ClientHears,
    Flow,
    /// The socket opens, if one is opening.
    Open,
    Cut,
    /// The server sends `closing`, then closes.
    Close(u16, Option<u64>),
    Pass(u64),
    Elapse,
    /// An input without data.
    Tell(Input),
    Rename(bool),
    Leave,
    Enter,
    /// The server refuses all requests for this many milliseconds.
    Busy(u64),
    /// The next message to the client is lost. A faulty proxy may do this, a network does not.
    Lose,
    /// The next message to the client arrives twice.
    Repeat,
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let told = [Input::Start, Input::ConnectNow, Input::Woken, Input::Elapsed].map(Tell);
    prop_oneof![
        8 => Just(Publish),
        8 => Just(BobSays),
        10 => Just(ServerHears),
        10 => Just(ClientHears),
        4 => Just(Flow),
        8 => Just(Open),
        3 => Just(Cut),
        1 => (4000_u16..4500, proptest::option::of(0_u64..5_000)).prop_map(|(code, after)| Close(code, after)),
        2 => (0_u64..30_000).prop_map(Pass),
        8 => Just(Elapse),
        4 => proptest::sample::select(told.to_vec()),
        1 => Just(Tell(Input::Stop)),
        1 => any::<bool>().prop_map(Rename),
        1 => Just(Leave),
        3 => Just(Enter),
        1 => (1_u64..2_000).prop_map(Busy),
        1 => Just(Lose),
        1 => Just(Repeat),
    ]
}

/// A session with random events, and the messages published in it.
struct Run {
    pair: Pair,
    written: Vec<MessageId>,
}

impl Run {
    fn new() -> Self {
        let mut pair = Pair::in_lobby();
        pair.publish("first");
        Self { pair, written: Vec::new() }
    }

    fn happen(&mut self, operation: Operation) {
        let pair = &mut self.pair;
        match operation {
            Operation::Publish => {
                let text = self.written.len().to_string();
                self.written.push(pair.publish(&text));
            }
            Operation::BobSays => drop(pair.bob_says("Bob's")),
            Operation::ServerHears => drop(pair.server_hears()),
            Operation::ClientHears => drop(pair.client_hears()),
            Operation::Flow => pair.flow(),
            Operation::Open if pair.socket == Socket::Opening => pair.open(),
            Operation::Cut if pair.socket != Socket::None => pair.cut(),
            Operation::Close(code, retry_after_ms) if pair.is_online() => {
                pair.announce(code, retry_after_ms);
                pair.close_with(Some(code));
            }
            Operation::Pass(ms) => pair.pass(ms),
            Operation::Elapse if pair.session.poll_timeout().is_some() => pair.elapse(),
            Operation::Tell(input) => pair.tell(input),
            Operation::Rename(other) => {
                let name = if other { "Ada Lovelace" } else { "Ada" };
                pair.tell(Input::Rename(DisplayName::parse(name).unwrap()));
            }
            Operation::Leave => pair.tell(Input::Unsubscribe { channel: lobby() }),
            Operation::Enter => self.enter(),
            Operation::Busy(ms) => pair.server.busy_until = Timestamp(pair.now.0 + ms),
            Operation::Lose => drop(pair.server.outgoing.pop_front()),
            Operation::Repeat => {
                if let Some(ServerMessage::Message(next)) = pair.server.outgoing.front().cloned() {
                    pair.server.outgoing.push_front(ServerMessage::Message(next));
                }
            }
            Operation::Open | Operation::Cut | Operation::Close(..) | Operation::Elapse => {}
        }
    }

    /// The application subscribes to the channel from its position.
    fn enter(&mut self) {
        let since = self.reader().map(|offset| Position { epoch: self.pair.server.epoch, offset });
        self.pair.tell(Input::Subscribe { channel: lobby(), since, presence: false });
    }

    /// All faults end, and enough time passes.
    fn settle(&mut self) {
        self.pair.server.busy_until = Timestamp(0);
        if self.pair.socket != Socket::None {
            self.pair.cut();
        }
        self.enter();
        self.pair.tell(Input::Start);
        if let Status::Waiting { .. } = self.pair.status() {
            self.pair.elapse();
        }
        self.pair.connect();
        self.pair.flow();
    }

    /// Returns the position of a reader after these events. Checks each step.
    fn reader(&self) -> Option<Offset> {
        let mut at: Option<Offset> = None;
        for event in &self.pair.events {
            match event {
                Event::Subscribed { position, gap, .. } => {
                    if let Some(at) = at {
                        assert!(
                            gap.is_some() || position.offset == at,
                            "a silent step from {at} to {position:?}"
                        );
                        assert!(position.offset >= at, "back from {at} to {position:?}");
                    }
                    at = Some(position.offset);
                }
                Event::Message(message) => {
                    assert_eq!(Some(message.prev), at, "lost, twice, or out of order: {message:?}");
                    at = Some(message.offset);
                }
                _ => {}
            }
        }
        at
    }

    fn gaps(&self) -> usize {
        let gap = |event: &&Event| matches!(event, Event::Subscribed { gap: Some(_), .. });
        self.pair.events.iter().filter(gap).count()
    }

    fn check(&self, operations: &[Operation]) {
        let head = self.pair.server.head(&lobby());
        assert_eq!(self.reader(), Some(head), "the reader has all that there is");
        let lost = operations.iter().filter(|operation| **operation == Operation::Lose).count();
        assert!(2 * self.gaps() <= lost, "a gap needs a message that was lost twice");

        let log = &self.pair.server.logs[&lobby()];
        let in_log = |id: &MessageId| log.iter().filter(|message| message.id == *id).count();
        for id in &self.written {
            assert_eq!(in_log(id), 1, "each message is in the log once");
            let accepted = |step: &&&Delivery| matches!(step, Delivery::Accepted { .. });
            assert_eq!(self.pair.deliveries(*id).iter().filter(accepted).count(), 1, "and is accepted once");
        }
        if !operations.iter().any(|operation| matches!(operation, Operation::Busy(_))) {
            let own = log.iter().map(|message| message.id).filter(|id| self.written.contains(id));
            assert_eq!(own.collect::<Vec<_>>(), self.written, "the order of writing is kept");
        }
    }
}

#[test]
fn nothing_is_lost_nothing_comes_twice_and_all_is_in_order() {
    let config = ProptestConfig {
        cases: 512,
        failure_persistence: None,
        max_shrink_iters: 2_000,
        ..ProptestConfig::default()
    };
    proptest!(config, |(operations in proptest::collection::vec(operation(), 0..150))| {
        let mut run = Run::new();
        for operation in operations.clone() {
            run.happen(operation);
        }
        run.settle();
        run.check(&operations);
    });
}
