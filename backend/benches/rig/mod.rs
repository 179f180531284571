//! The whole path of a message on one thread: from a publisher's text to the subscribers' sockets, without a network.
#![allow(dead_code, reason = "each program that includes this module uses only a part of it")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use backend::app::{Core, CoreParts};
use backend::auth::Tokens;
use backend::channel::socket::Socket;
use backend::channel::wire::Wire;
use backend::client::connection::Connection;
use backend::client::frames::{Incoming, Received};
use backend::client::services::Services;
use backend::client::typed;
use backend::config::{Durability, Settings};
use backend::connection::registry::ConnectionInfo;
use backend::dialect::Dialect;
use backend::edge::http::Parts;
use backend::fanout::Distributor;
use backend::mailbox::Mailboxes;
use backend::presence::PRESENCE_MEMBERS_MAX;
use backend::sequencer::direct::Direct;
use backend::sequencer::live;
use backend::sequencer::log_thread::{self, LogThread};
use backend::sequencer::publication::Outcome;
use backend::sequencer::publisher::Start;
use backend::store::sqlite::SqliteLog;
use backend::store::{Log, Threads};
use backend::telemetry::metrics::Metrics;
use shared::ids::{ConnectionId, Epoch};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{LocalSet, yield_now};

/// Number of event loop iterations in which a text is read, queued, fanned out and written. It is small, because an iteration
/// takes as many instructions as a tenth of a publish, and none of them belongs to the server.
const TURNS: usize = 4;

/// A channel without history.
pub(crate) const CHANNEL: &str = "live:bench";

/// The epoch of the channels without history.
const LIVE_EPOCH: Epoch = Epoch(1);

/// A server with one worker, a publisher and some subscribers.
pub(crate) struct Rig {
    runtime: Runtime,
    local: LocalSet,
    core: Core,
    services: Rc<Services>,
    writer: LogThread,
    sink: Box<dyn FnMut(Vec<Outcome>)>,
    publisher: Script,
    number: u64,
    written: Rc<Cell<usize>>,
    _folder: tempfile::TempDir,
}

impl Rig {
    /// Creates a rig in which `readers` connections subscribe to [`CHANNEL`].
    pub(crate) fn new(readers: usize) -> Self {
        let mut rig = Self::empty();
        for _ in 0..readers {
            rig.join(CHANNEL, counting(&rig.written));
        }
        rig.turn();
        rig
    }

    /// Creates a rig without subscribers.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Normal).unwrap();
        let log: Arc<dyn Log> = Arc::new(log);
        let settings = Settings { message_rate: 0, workers: 1, ..Settings::default() };
        let metrics = Metrics::new();
        let (mailboxes, mut receivers) = Mailboxes::new(1, metrics.clone());
        let ((queue, writer), (live, sequencer)) =
            (log_thread::queue(Arc::clone(&log), Direct::default()), live::queue());
        let distributor = Distributor::new(mailboxes.clone(), metrics.clone());
        let sink = Box::new(distributor.clone().sink());
        let order = distributor.live(sequencer);
        let tokens = Tokens::new("a secret for a bench");
        let core = Core::new(CoreParts {
            settings,
            log,
            offload: Arc::new(Threads),
            queue,
            live: vec![live],
            tokens,
            start: Start { live_epoch: LIVE_EPOCH, live_key: 1 },
            mailboxes,
            presence_members_max: PRESENCE_MEMBERS_MAX,
            metrics,
        });
        let core = core.unwrap();
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let local = LocalSet::new();
        let services = local.block_on(&runtime, async {
            tokio::task::spawn_local(order);
            core.start_worker(0, receivers.remove(0))
        });
        let written: Rc<Cell<usize>> = Rc::default();
        let publisher = open(&local, &runtime, &services, counting(&written));
        let rig = Self {
            runtime,
            local,
            core,
            services,
            writer,
            sink,
            publisher,
            number: 0,
            written,
            _folder: folder,
        };
        rig.turn();
        rig
    }

    /// The parts that all workers share.
    pub(crate) fn core(&self) -> &Core {
        &self.core
    }

    /// Returns the parts that the HTTP handlers use.
    pub(crate) fn http_parts(&self) -> Parts {
        self.core.http_parts(Rc::clone(&self.services))
    }

    /// Runs a future to its end, together with the server.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.local.block_on(&self.runtime, future)
    }

    /// Opens a connection that subscribes to a channel in the next iteration.
    pub(crate) fn join(&mut self, channel: &str, wire: Rc<Wire>) {
        self.join_all(&[channel], wire);
    }

    /// Opens a connection that subscribes to channels in the next iteration.
    pub(crate) fn join_all(&mut self, channels: &[&str], wire: Rc<Wire>) {
        let reader = open(&self.local, &self.runtime, &self.services, wire);
        for (channel, id) in channels.iter().zip(1..) {
            reader.say(format!(r#"{{"type":"subscribe","id":{id},"channel":"{channel}"}}"#));
        }
    }

    /// Opens a connection that sends `incoming`.
    pub(crate) fn connect(&self, incoming: impl Incoming + 'static, wire: Rc<Wire>) {
        spawn(&self.local, &self.runtime, &self.services, incoming, wire);
    }

    /// Creates a guest and returns its token.
    pub(crate) fn guest(&self) -> String {
        self.services.tokens.new_guest().unwrap().1
    }

    /// Returns the data of all open connections.
    pub(crate) fn connections(&self) -> Vec<Arc<ConnectionInfo>> {
        self.services.registry.list(ConnectionId(0), usize::MAX)
    }

    /// Opens a connection that resumes at the beginning of a channel without history.
    pub(crate) fn come_back(&mut self, channel: &str, wire: Rc<Wire>) {
        let since = format!(r#"{{"epoch":"{LIVE_EPOCH}","offset":0}}"#);
        let reader = open(&self.local, &self.runtime, &self.services, wire);
        reader.say(format!(r#"{{"type":"subscribe","id":1,"channel":"{channel}","since":{since}}}"#));
    }

    /// Opens connections that subscribe to channels, with sockets that accept everything, and waits until they are subscribed.
    pub(crate) fn gather(&mut self, readers: usize, channels: &[&str]) {
        for _ in 0..readers {
            self.join_all(channels, counting(&self.written));
        }
        self.turns(TURNS.max(readers));
    }

    /// Publishes a message of 128 bytes, and waits until all subscribers have it.
    pub(crate) fn publish(&mut self) {
        self.say(CHANNEL);
        self.turn();
    }

    /// Makes the publisher send a message of 128 bytes.
    pub(crate) fn say(&mut self, channel: &str) {
        self.number += 1;
        let (number, text) = (self.number, "x".repeat(128));
        self.publisher.say(format!(
            r#"{{"type":"publish","id":{number},"channel":"{channel}","message_id":"019b7e00-0000-7000-8000-{number:012x}","payload":{{"type":"chat","text":"{text}"}}}}"#
        ));
    }

    /// Makes `clients` new clients send a message of `bytes` bytes at the same time, in a channel with history.
    pub(crate) fn say_at_once(&mut self, clients: usize, bytes: usize) {
        let text = "x".repeat(bytes);
        let clients: Vec<_> = std::iter::repeat_with(|| {
            open(&self.local, &self.runtime, &self.services, counting(&self.written))
        })
        .take(clients)
        .collect();
        self.turn();
        for client in clients {
            self.number += 1;
            let number = self.number;
            client.say(format!(
                r#"{{"type":"publish","id":1,"channel":"room:bench","message_id":"019b7e00-0000-7000-8000-{number:012x}","payload":{{"type":"custom","name":"x","data":"{text}"}}}}"#
            ));
        }
    }

    /// Removes the publications from the log's queue, and returns their number.
    pub(crate) fn publications(&mut self) -> usize {
        let batches = std::iter::repeat_with(|| self.writer.queued().publications.len());
        batches.take_while(|publications| *publications > 0).sum()
    }

    /// Makes the publisher subscribe to a channel and send a typing signal.
    pub(crate) fn type_in(&mut self, channel: &str) {
        self.publisher.say(format!(r#"{{"type":"subscribe","id":0,"channel":"{channel}"}}"#));
        self.publisher.say(format!(r#"{{"type":"signal","channel":"{channel}","kind":"typing"}}"#));
    }

    /// Writes one batch to the log, as the log thread does.
    pub(crate) fn commit(&mut self) {
        let proposals = self.writer.queued();
        self.writer.propose(proposals);
        while let Some(outcomes) = self.writer.apply_next() {
            (self.sink)(outcomes);
        }
    }

    /// Returns the number of bytes that all sockets have accepted.
    pub(crate) fn written(&self) -> usize {
        self.written.get()
    }

    /// Runs event loop iterations until `done`.
    #[track_caller]
    pub(crate) fn until(&self, done: impl Fn() -> bool) {
        const TURNS_MAX: usize = 10_000;
        for _ in 0..TURNS_MAX {
            if done() {
                return;
            }
            self.turns(1);
        }
        panic!("not done after {TURNS_MAX} iterations");
    }

    /// Runs event loop iterations until `done`, for work that needs a timer or another thread.
    #[track_caller]
    pub(crate) fn wait_until(&self, mut done: impl FnMut() -> bool) {
        const WAIT_MAX: Duration = Duration::from_secs(20);
        let start = Instant::now();
        while !done() {
            assert!(start.elapsed() < WAIT_MAX, "not done after {WAIT_MAX:?}");
            self.turns(1);
        }
    }

    /// Runs some event loop iterations, enough for one message.
    pub(crate) fn turn(&self) {
        self.turns(TURNS);
    }

    /// Runs this number of event loop iterations.
    pub(crate) fn turns(&self, turns: usize) {
        self.local.block_on(&self.runtime, async {
            for _ in 0..turns {
                yield_now().await;
            }
        });
    }
}

fn open(local: &LocalSet, runtime: &Runtime, services: &Rc<Services>, wire: Rc<Wire>) -> Script {
    let script = Script::default();
    script.say(r#"{"type":"hello","version":1,"name":"b"}"#.to_owned());
    spawn(local, runtime, services, script.clone(), wire);
    script
}

fn spawn(
    local: &LocalSet,
    runtime: &Runtime,
    services: &Rc<Services>,
    incoming: impl Incoming + 'static,
    wire: Rc<Wire>,
) {
    let outbound = services.open(None, Dialect::Typed, Some(wire)).unwrap();
    let connection = Connection::new(Rc::clone(services), outbound);
    local.block_on(runtime, async {
        tokio::task::spawn_local(connection.run(incoming, typed::Typed));
    });
}

/// A socket that accepts everything, and calls a function with each write.
pub(crate) struct Sink<F>(pub(crate) F);

impl<F: Fn(&[u8])> Socket for Sink<F> {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        (self.0)(bytes);
        Ok(bytes.len())
    }

    fn poll_room(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Returns a wire that counts the written bytes.
fn counting(bytes: &Rc<Cell<usize>>) -> Rc<Wire> {
    let all = Rc::clone(bytes);
    Wire::new(Sink(move |bytes: &[u8]| all.set(all.get() + bytes.len())))
}

/// The texts that a client sends.
#[derive(Clone, Default)]
struct Script(Rc<RefCell<(VecDeque<String>, Option<Waker>)>>);

impl Script {
    fn say(&self, text: String) {
        let mut script = self.0.borrow_mut();
        script.0.push_back(text);
        if let Some(waker) = script.1.take() {
            waker.wake();
        }
    }
}

impl Incoming for Script {
    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        let mut script = self.0.borrow_mut();
        match script.0.pop_front() {
            Some(text) => Poll::Ready(Received::Text(text.into())),
            None => {
                script.1 = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
