//! The whole way of a message on one thread: from a publisher's text to the readers' sockets, without a network.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use backend::config::{Durability, Settings};
use backend::hub::fanout;
use backend::hub::registry::Mode;
use backend::hub::socket::Socket;
use backend::hub::worker::{MAILBOX_MAX, Worker};
use backend::hub::{Hub, HubParts};
use backend::identity::Tokens;
use backend::log::sqlite::SqliteLog;
use backend::log::thread::{Outcome, Writer, queue};
use backend::log::{Log, LogReads, Threads};
use backend::telemetry::metrics::Metrics;
use backend::ws::connection::{Connection, Incoming, Received};
use backend::ws::{dispatch, register};
use shared::ids::Epoch;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio::task::{LocalSet, yield_now};

/// Turns that everything has, so that a text is read, queued, fanned out and written. Few: each takes as many instructions as a
/// tenth of a publish, and none of them is the server's.
const TURNS: usize = 4;

/// A server with one worker, a publisher and some readers.
pub(crate) struct Rig {
    runtime: Runtime,
    local: LocalSet,
    writer: Writer,
    sink: Box<dyn FnMut(Vec<Outcome>)>,
    publisher: Script,
    number: u64,
    written: Rc<Cell<usize>>,
    _folder: tempfile::TempDir,
}

impl Rig {
    /// `readers` follow one channel without history.
    pub(crate) fn new(readers: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = SqliteLog::open(&folder.path().join("log.db"), Durability::Normal).unwrap();
        let log: Arc<dyn Log> = Arc::new(log);
        let settings = Settings { message_rate: 0, workers: 1, ..Settings::default() };
        let (mailbox, receiver) = mpsc::channel(MAILBOX_MAX);
        let workers: Arc<[_]> = vec![mailbox].into();
        let metrics = Metrics::new();
        let (queue, writer) = queue(Arc::clone(&log));
        let sink = Box::new(fanout::sink(Arc::clone(&workers), metrics.clone()));
        let reads = LogReads::new(Arc::clone(&log), Arc::new(Threads));
        let (tokens, live_epoch) = (Tokens::new("a secret for a bench"), Epoch(1));
        let hub = Hub::new(HubParts { settings, log, reads, queue, tokens, metrics, live_epoch, workers });
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let (local, hub) = (LocalSet::new(), Arc::new(hub));
        let worker = local.block_on(&runtime, async { Worker::start(0, hub, receiver) });
        let written = Rc::default();
        let publisher = open(&local, &runtime, &worker, &written);
        for _ in 0..readers {
            let reader = open(&local, &runtime, &worker, &written);
            reader.say(r#"{"type":"subscribe","id":1,"channel":"live:bench"}"#.to_owned());
        }
        let rig = Self { runtime, local, writer, sink, publisher, number: 0, written, _folder: folder };
        rig.turn();
        rig
    }

    /// Publishes a message of 128 bytes, and waits until all have it.
    pub(crate) fn publish(&mut self) {
        self.number += 1;
        let (number, text) = (self.number, "x".repeat(128));
        self.publisher.say(format!(
            r#"{{"type":"publish","id":{number},"channel":"live:bench","message_id":"019b7e00-0000-7000-8000-{number:012x}","payload":{{"type":"chat","text":"{text}"}}}}"#
        ));
        self.turn();
        let outcomes = self.writer.write(self.writer.queued());
        (self.sink)(outcomes);
        self.turn();
    }

    /// The bytes that all sockets have taken.
    pub(crate) fn written(&self) -> usize {
        self.written.get()
    }

    fn turn(&self) {
        self.local.block_on(&self.runtime, async {
            for _ in 0..TURNS {
                yield_now().await;
            }
        });
    }
}

fn open(local: &LocalSet, runtime: &Runtime, worker: &Rc<Worker>, written: &Rc<Cell<usize>>) -> Script {
    let script = Script::default();
    script.say(r#"{"type":"hello","version":1,"name":"b"}"#.to_owned());
    let socket: Rc<dyn Socket> = Rc::new(Sink(Rc::clone(written)));
    let outbound = register(worker, None, Mode::Typed, Some(socket)).unwrap();
    let connection = Connection::new(Rc::clone(worker), outbound);
    let incoming = script.clone();
    local.block_on(runtime, async {
        tokio::task::spawn_local(connection.run(incoming, dispatch::Typed));
    });
    script
}

/// A socket that takes everything.
struct Sink(Rc<Cell<usize>>);

impl Socket for Sink {
    fn try_write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn poll_room(&self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What a client says.
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
