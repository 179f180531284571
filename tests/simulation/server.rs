//! One life of a server: the real hub, workers, connections, queues and fan-out, on one thread. What is simulated is
//! how long the disk, the log's readers and the workers take, and when a part of it dies.

use std::cell::Cell;
use std::future::pending;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use backend::app::{Core, CoreParts};
use backend::auth::Tokens;
use backend::client::connection::Connection;
use backend::client::services::Services;
use backend::client::typed;
use backend::config::{Policy, Settings};
use backend::connection::outbound::Outbound;
use backend::dialect::Dialect;
use backend::fanout::FanOut;
use backend::lifecycle::supervision::{Part, first_end};
use backend::mailbox::{Mailboxes, WorkerCommand};
use backend::message::{SignalKey, SignalKind};
use backend::sequencer::direct::{self, BATCH_BYTES_MAX, BATCH_PUBLICATIONS_MAX, Writer};
use backend::sequencer::live::{self, Sequencer};
use backend::sequencer::publication::{Outcome, Publication, ReplyTo};
use backend::sequencer::publisher::Start;
use backend::store::{Append, Log, Offload};
use backend::telemetry::metrics::Metrics;
use bytes::Bytes;
use shared::ids::{ChannelName, Epoch, UserId};
use shared::protocol::ErrorCode;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::client::SECRET;
use crate::crowd;
use crate::disk::Disk;
use crate::ether::Ether;
use crate::model::Broken;
use crate::network::Link;
use crate::profile::Profile;
use crate::world::Event;

/// Something that a worker wants to have read from the log.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// A server that runs.
pub(crate) struct Server {
    /// Which of the world's servers it is, in the order of their beginnings.
    pub(crate) life: u64,
    pub(crate) tasks: LocalSet,
    pub(crate) core: Core,
    /// What the clients of each worker use.
    workers: Vec<Rc<Services>>,
    /// `None` after its death.
    log_thread: Option<LogThread>,
    /// `None` after its death.
    sequencers: Vec<Option<Sequencer>>,
    metrics: Metrics,
    /// The log thread is at work on a batch.
    writing: bool,
    /// When each worker comes to what it has been told last.
    worker_at: Vec<u64>,
    jobs: Arc<Jobs>,
    pub(crate) stopping: bool,
    pub(crate) stopped: Vec<oneshot::Receiver<()>>,
    pub(crate) links: Vec<Rc<Link>>,
    outbounds: Vec<Weak<Outbound>>,
    /// Batches that were full: more waited than one transaction takes.
    pub(crate) full_batches: u64,
    /// The part that has died.
    pub(crate) died: Option<Part>,
    /// The part whose death the real supervision has noticed.
    pub(crate) noticed: Rc<Cell<Option<Part>>>,
    /// Whether a [`Fault`] takes effect.
    armed: Arc<AtomicBool>,
}

/// The log thread's end of the queue, and what the supervision knows the thread by.
struct LogThread {
    writer: Writer,
    _lives: oneshot::Sender<()>,
}

/// A frame that panics when it is dropped: a bug in the loop that handles it.
struct Fault(Arc<AtomicBool>);

impl AsRef<[u8]> for Fault {
    fn as_ref(&self) -> &[u8] {
        b"fault"
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        if self.0.load(Ordering::Relaxed) {
            // Not `panic!`: its hook would take this for a bug of the server's.
            std::panic::resume_unwind(Box::new("a simulated fault"));
        }
    }
}

impl Drop for Server {
    /// What is still queued is dropped on the simulator's own stack, which must not unwind.
    fn drop(&mut self) {
        self.armed.store(false, Ordering::Relaxed);
    }
}

/// The reads that wait to be carried out.
#[derive(Default)]
struct Jobs(Mutex<Vec<Job>>);

impl Offload for Jobs {
    fn run(&self, job: Job) {
        self.0.lock().unwrap().push(job);
    }
}

impl Server {
    pub(crate) fn start(life: u64, profile: &Profile, disk: &Arc<Disk>, live_epoch: u64) -> Self {
        let log: Arc<dyn Log> = Arc::clone(disk) as Arc<dyn Log>;
        let (queue, writer) = direct::queue(Arc::clone(&log));
        let (live, sequencers): (Vec<_>, Vec<_>) = (0..profile.workers).map(|_| live::queue()).unzip();
        let (mailboxes, receivers) = Mailboxes::new(profile.workers);
        let (jobs, metrics) = (Arc::<Jobs>::default(), Metrics::new());
        let core = Core::new(CoreParts {
            settings: settings(profile),
            log,
            offload: Arc::clone(&jobs) as Arc<dyn Offload>,
            queue,
            live,
            tokens: Tokens::new(SECRET),
            start: Start { live_epoch: Epoch(live_epoch), live_key: live_epoch },
            mailboxes,
            presence_members_max: profile.presence_members_max,
            metrics: metrics.clone(),
        });
        let core = core.unwrap();
        let tasks = LocalSet::new();
        let workers = {
            let _context = tasks.enter();
            let start = |(index, mailbox)| core.start_worker(index, mailbox);
            receivers.into_iter().enumerate().map(start).collect()
        };
        let (lives, ended) = oneshot::channel();
        let (noticed, supervised) = (Rc::<Cell<_>>::default(), core.clone());
        let notice = Rc::clone(&noticed);
        tasks.spawn_local(async move {
            let Core { mailboxes, publisher, .. } = &supervised;
            notice.set(Some(first_end(mailboxes, publisher, ended, pending::<()>()).await));
        });
        let worker_at = vec![0; profile.workers];
        let (stopped, links) = (Vec::new(), Vec::new());
        Self {
            life,
            tasks,
            core,
            workers,
            log_thread: Some(LogThread { writer, _lives: lives }),
            sequencers: sequencers.into_iter().map(Some).collect(),
            metrics,
            writing: false,
            worker_at,
            jobs,
            stopping: false,
            stopped,
            links,
            outbounds: Vec::new(),
            full_batches: 0,
            died: None,
            noticed,
            armed: Arc::default(),
        }
    }

    /// Takes a connection in. Returns whether it could.
    pub(crate) fn accept(&mut self, link: &Rc<Link>, worker: usize) -> bool {
        let _context = self.tasks.enter();
        let services = &self.workers[worker];
        let (socket, incoming) = link.ends();
        let Ok(outbound) = services.open(None, Dialect::Typed, Some(socket)) else { return false };
        self.links.push(Rc::clone(link));
        self.outbounds.push(Rc::downgrade(&outbound));
        let connection = Connection::new(Rc::clone(services), outbound);
        self.tasks.spawn_local(connection.run(incoming, typed::Typed));
        true
    }

    /// Has what has queued written, and what is to be read, read: a while later.
    pub(crate) fn pump(&mut self, ether: &Ether, profile: &Profile) {
        let life = self.life;
        for job in std::mem::take(&mut *self.jobs.0.lock().unwrap()) {
            ether.after(ether.within(0..=profile.read_ms_max), Event::Read { life, job });
        }
        for sequencer in self.sequencers.iter_mut().flatten() {
            let outcomes = sequencer.queued();
            if !outcomes.is_empty() {
                ether.at(ether.now(), Event::Ordered { life, outcomes });
            }
        }
        if self.writing {
            return;
        }
        let Some(LogThread { writer, .. }) = &mut self.log_thread else { return };
        let batch = writer.queued();
        if !batch.is_empty() {
            let bytes: usize = batch.iter().map(Publication::bytes).sum();
            self.full_batches += u64::from(batch.len() >= BATCH_PUBLICATIONS_MAX || bytes >= BATCH_BYTES_MAX);
            self.writing = true;
            ether.after(ether.within(0..=profile.disk_ms_max), Event::Commit { life, batch });
        }
    }

    /// The disk has a batch. What the log thread knows of it, it will know a moment later.
    /// A thread that died before has written nothing.
    pub(crate) fn write(&mut self, batch: Vec<Publication>) -> Vec<Outcome> {
        self.log_thread.as_ref().map(|thread| thread.writer.write(batch)).unwrap_or_default()
    }

    /// Writes all that is still queued, for nobody to be told.
    pub(crate) fn write_rest(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while let Some(LogThread { writer, .. }) = &mut self.log_thread {
            let batch = writer.queued();
            if batch.is_empty() {
                break;
            }
            outcomes.extend(writer.write(batch));
        }
        outcomes
    }

    /// A part dies. What it has begun stays half done.
    pub(crate) fn kill(&mut self, part: Part, worker: usize) {
        self.died = Some(part);
        match part {
            Part::LogThread => self.log_thread = None,
            Part::Sequencer => self.sequencers[worker] = None,
            _ => {
                self.armed.store(true, Ordering::Relaxed);
                let (channel, user) = (ChannelName::parse("room:fault"), UserId::parse("fault"));
                let key =
                    SignalKey { channel: channel.unwrap(), user: user.unwrap(), kind: SignalKind::Typing };
                let frame = Bytes::from_owner(Fault(Arc::clone(&self.armed)));
                self.tell(worker, WorkerCommand::Relay { key, frame, except: None });
            }
        }
    }

    /// Holds what it has in memory for its clients against the limits.
    pub(crate) fn check_limits(&mut self) -> Result<(), Broken> {
        self.outbounds.retain(|outbound| outbound.strong_count() > 0);
        crowd::check_limits(self, &self.outbounds)
    }

    /// The bytes that the worker with most of them keeps for readers that are behind.
    pub(crate) fn page_bytes(&self) -> usize {
        self.workers.iter().map(|services| services.worker.sources.pages.bytes()).max().unwrap_or_default()
    }

    /// Whether the log thread is alive.
    pub(crate) fn can_write(&self) -> bool {
        self.log_thread.is_some()
    }

    /// What somebody is told who publishes on a server whose log thread is dead.
    pub(crate) fn check_dead(&self, append: impl FnOnce() -> Append) -> Result<(), Broken> {
        if self.can_write() {
            return Ok(());
        }
        if self.core.publisher.log().is_writable() {
            return Err("the log thread is dead, and the server says that it can write".to_owned());
        }
        let (caller, _) = oneshot::channel();
        let probe = Publication { append: append(), reply: ReplyTo::Caller(caller) };
        match self.core.publisher.log().append(probe) {
            Err(refusal) if refusal.code == ErrorCode::Stopping => Ok(()),
            answer => Err(format!("the log thread is dead, and a publication is answered with {answer:?}")),
        }
    }

    /// The log thread has written a batch, and may take the next.
    pub(crate) fn written(&mut self) {
        self.writing = false;
    }

    /// A batch is handed to the workers. Each comes to it when it can.
    pub(crate) fn fan_out(&mut self, outcomes: Vec<Outcome>, ether: &Ether, profile: &Profile) {
        let fan_out = FanOut::new(outcomes, self.worker_at.len(), &self.metrics);
        let mut last = ether.now();
        for (worker, at) in self.worker_at.iter_mut().enumerate() {
            *at = (*at).max(ether.now() + ether.within(0..=profile.worker_ms_max));
            last = last.max(*at);
            let batch = Arc::clone(&fan_out.batch);
            ether.at(*at, Event::Hand { life: self.life, worker, what: WorkerCommand::Batch(batch) });
        }
        ether.at(last, Event::Answer { life: self.life, fan_out });
    }

    /// Puts something into a worker's mailbox.
    pub(crate) fn tell(&self, worker: usize, what: WorkerCommand) {
        let told = self.core.mailboxes.send(worker, what);
        // A dead worker serves nobody any more.
        assert!(told.is_ok() || self.died == Some(Part::Worker), "no world fills a mailbox");
    }

    /// Asks all workers to close their connections.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
        for worker in 0..self.workers.len() {
            let (reply, stopped) = oneshot::channel();
            self.tell(worker, WorkerCommand::Stop { reply });
            self.stopped.push(stopped);
        }
    }

    pub(crate) fn has_presence(&self, channel: &ChannelName) -> bool {
        self.core.permissions.policy(channel).is_some_and(|policy| policy.presence)
    }

    pub(crate) fn has_history(&self, channel: &ChannelName) -> bool {
        self.core.permissions.policy(channel).is_some_and(|policy| policy.history)
    }
}

fn settings(profile: &Profile) -> Settings {
    let mut settings = Settings {
        workers: profile.workers,
        message_rate: profile.message_rate,
        heartbeat_ms: profile.heartbeat_ms,
        presence_grace_ms: profile.presence_grace_ms,
        ..Settings::default()
    };
    let keep = |policy: &mut Policy| policy.keep_messages = profile.retention;
    settings.namespaces.values_mut().filter(|policy| policy.history).for_each(keep);
    settings
}
