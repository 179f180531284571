//! One life of a server: the real hub, workers, connections, queues and fan-out, on one thread. Simulated are the
//! durations of the disk, the log's readers and the workers, and the death of a part.

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
use backend::message::{SignalKey, SignalTopic};
use backend::sequencer::live::{self, Sequencer};
use backend::sequencer::log_thread::{self, LogThread};
use backend::sequencer::proposals::{BATCH_BYTES_MAX, BATCH_PUBLICATIONS_MAX, Proposals};
use backend::sequencer::publication::{Outcome, Publication, ReplyTo};
use backend::sequencer::publisher::Start;
use backend::store::{Append, Log, Offload, Trim};
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
use crate::order::Order;
use crate::profile::Profile;
use crate::world::Event;

/// A worker's read from the log.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// A running server.
pub(crate) struct Server {
    /// Its number among the world's servers, in the order of their starts.
    pub(crate) life: u64,
    pub(crate) tasks: LocalSet,
    pub(crate) core: Core,
    /// The parts that each worker's clients use.
    workers: Vec<Rc<Services>>,
    /// `None` after its death.
    log_thread: Option<Writer>,
    /// Puts the entries in order.
    pub(crate) order: Order,
    /// `None` after its death.
    sequencers: Vec<Option<Sequencer>>,
    metrics: Metrics,
    /// Whether the log thread is writing a batch.
    writing: bool,
    /// When each worker handles the newest entry of its mailbox.
    worker_at: Vec<u64>,
    jobs: Arc<Jobs>,
    pub(crate) stopping: bool,
    pub(crate) stopped: Vec<oneshot::Receiver<()>>,
    pub(crate) links: Vec<Rc<Link>>,
    outbounds: Vec<Weak<Outbound>>,
    /// Full batches: more waited than one transaction takes.
    pub(crate) full_batches: u64,
    /// The part that has died.
    pub(crate) died: Option<Part>,
    /// The part whose death the real supervision has noticed.
    pub(crate) noticed: Rc<Cell<Option<Part>>>,
    /// Whether a [`Fault`] takes effect.
    armed: Arc<AtomicBool>,
}

/// The log thread, and the handle by which supervision watches it.
struct Writer {
    thread: LogThread,
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
            // Not `panic!`, whose hook would report it as a bug of the server.
            std::panic::resume_unwind(Box::new("a simulated fault"));
        }
    }
}

impl Drop for Server {
    /// Queued faults are dropped on the simulator's own stack, which must not unwind.
    fn drop(&mut self) {
        self.armed.store(false, Ordering::Relaxed);
    }
}

/// The queued reads.
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
        let order = Order::default();
        let (queue, thread) = log_thread::queue(Arc::clone(&log), order.clone());
        let (live, sequencers): (Vec<_>, Vec<_>) = (0..profile.workers).map(|_| live::queue()).unzip();
        let (jobs, metrics) = (Arc::<Jobs>::default(), Metrics::new());
        let (mailboxes, receivers) = Mailboxes::new(profile.workers, metrics.clone());
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
            log_thread: Some(Writer { thread, _lives: lives }),
            order,
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

    /// Accepts a connection. Returns whether it could.
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

    /// Schedules the queued writes and reads.
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
        let Some(Writer { thread, .. }) = &mut self.log_thread else { return };
        let proposals = thread.queued();
        self.full_batches += u64::from(is_full(&proposals));
        thread.propose(proposals);
        if self.order.has_work() {
            self.writing = true;
            ether.after(ether.within(0..=profile.disk_ms_max), Event::Commit { life });
        }
    }

    /// Applies the entries that are in order. The log thread learns the result a moment later. If the thread is dead, it
    /// applies nothing.
    pub(crate) fn write(&mut self) -> Vec<Outcome> {
        self.order.settle();
        let Some(Writer { thread, .. }) = &mut self.log_thread else { return Vec::new() };
        std::iter::from_fn(|| thread.apply_next()).flatten().collect()
    }

    /// Writes everything that is queued, without an answer.
    pub(crate) fn write_rest(&mut self) -> Vec<Outcome> {
        let mut outcomes = self.write();
        while let Some(Writer { thread, .. }) = &mut self.log_thread {
            let proposals = thread.queued();
            if proposals.is_empty() {
                break;
            }
            thread.propose(proposals);
            outcomes.extend(self.write());
        }
        outcomes
    }

    /// Kills a part, in the middle of its work.
    pub(crate) fn kill(&mut self, part: Part, worker: usize) {
        self.died = Some(part);
        match part {
            Part::LogThread => self.log_thread = None,
            Part::Sequencer => self.sequencers[worker] = None,
            _ => {
                self.armed.store(true, Ordering::Relaxed);
                let (channel, user) = (ChannelName::parse("room:fault"), UserId::parse("fault"));
                let key =
                    SignalKey { channel: channel.unwrap(), user: user.unwrap(), topic: SignalTopic::Typing };
                let frame = Bytes::from_owner(Fault(Arc::clone(&self.armed)));
                self.post(worker, WorkerCommand::Relay { key, frame, except: None });
            }
        }
    }

    /// Checks its memory for its clients against the limits.
    pub(crate) fn check_limits(&mut self) -> Result<(), Broken> {
        self.outbounds.retain(|outbound| outbound.strong_count() > 0);
        crowd::check_limits(self, &self.outbounds)
    }

    /// Returns the bytes that readers behind the ring need, of the worker with most of them.
    pub(crate) fn page_bytes(&self) -> usize {
        self.workers.iter().map(|services| services.worker.sources.pages.bytes()).max().unwrap_or_default()
    }

    /// Returns whether the log thread is alive.
    pub(crate) fn can_write(&self) -> bool {
        self.log_thread.is_some()
    }

    /// Checks the refusal of a publish if the log thread is dead.
    pub(crate) fn check_dead(&self, append: impl FnOnce() -> Append) -> Result<(), Broken> {
        if self.can_write() {
            return Ok(());
        }
        if self.core.publisher.log().is_writable() {
            return Err("the log thread is dead, but the server reports that it can write".to_owned());
        }
        let (caller, _) = oneshot::channel();
        let probe = Publication { append: append(), reply: ReplyTo::Caller(caller) };
        match self.core.publisher.log().append(probe) {
            Err(refusal) if refusal.code == ErrorCode::Stopping => Ok(()),
            answer => Err(format!("the log thread is dead, and a publication is answered with {answer:?}")),
        }
    }

    /// Ends the write of a batch. The log thread can then write the next one.
    pub(crate) fn written(&mut self) {
        self.writing = false;
    }

    /// Delivers a batch to the workers. Each handles it when it can.
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

    /// Delivers a message to a worker's mailbox.
    pub(crate) fn post(&self, worker: usize, what: WorkerCommand) {
        let told = self.core.mailboxes.send(worker, what);
        // A dead worker serves no client.
        assert!(told.is_ok() || self.died == Some(Part::Worker), "no world fills a mailbox");
    }

    /// Asks all workers to close their connections.
    pub(crate) fn stop(&mut self) {
        self.stopping = true;
        for worker in 0..self.workers.len() {
            let (reply, stopped) = oneshot::channel();
            self.post(worker, WorkerCommand::Stop { reply });
            self.stopped.push(stopped);
        }
    }

    /// Proposes a trim and does not wait for the result.
    pub(crate) fn trim(&self, trim: Trim) {
        drop(self.core.publisher.log().propose_trim(trim));
    }

    pub(crate) fn has_presence(&self, channel: &ChannelName) -> bool {
        self.core.permissions.policy(channel).is_some_and(|policy| policy.presence)
    }

    pub(crate) fn has_history(&self, channel: &ChannelName) -> bool {
        self.core.permissions.policy(channel).is_some_and(|policy| policy.history)
    }
}

fn is_full(proposals: &Proposals) -> bool {
    let Proposals { publications, .. } = proposals;
    let bytes: usize = publications.iter().map(Publication::bytes).sum();
    publications.len() >= BATCH_PUBLICATIONS_MAX || bytes >= BATCH_BYTES_MAX
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
