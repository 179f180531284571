//! The one thread that writes the log.
//!
//! It takes whatever has queued, appends it at once and hands the outcome to the sink: under load, many messages
//! share the wait for the disk; when idle, a message waits for nobody. Where more has queued than one transaction takes,
//! senders take turns (`fair`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use shared::protocol::{ErrorCode, Refusal};

use crate::sequencer::capacity;
use crate::sequencer::capacity::Capacity;
use crate::sequencer::fair::FairQueue;
use crate::sequencer::publication::{Outcome, Publication, ReplyTo};
use crate::sequencer::turn::Turn;
use crate::store::{Append, Appended, Log};

/// Most publications in one transaction.
pub const BATCH_PUBLICATIONS_MAX: usize = 384;

/// Maximum bytes of one transaction. The publication that exceeds it is still part of it. Publications that arrive during a
/// transaction wait for its end, so a short transaction delays them little.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;

/// Most publications that are handed over at once.
pub const HANDOVER_PUBLICATIONS_MAX: usize = 64;

/// A publication that has its place in the queue, and is still to be handed over.
#[derive(Debug)]
pub struct Queued(Publication);

impl Queued {
    /// The memory that it holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// The way into the log. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogQueue {
    jobs: Sender<Job>,
    state: Arc<State>,
}

/// What the two ends of the queue share.
#[derive(Debug)]
struct State {
    /// That of the publications that wait, handed over or not.
    capacity: Capacity,
    writable: AtomicBool,
    ended: AtomicBool,
}

#[derive(Debug)]
enum Job {
    Append(Vec<Queued>),
    Stop,
}

impl LogQueue {
    /// Gives a publication its place in the queue. It never waits.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if [`QUEUE_PUBLICATIONS_MAX`](capacity::QUEUE_PUBLICATIONS_MAX) or
    /// [`QUEUE_BYTES_MAX`](capacity::QUEUE_BYTES_MAX) are waiting, `stopping` if the thread has ended.
    pub fn enter(&self, publication: Publication) -> Result<Queued, Refusal> {
        if self.state.ended.load(Ordering::Relaxed) {
            return Err(capacity::stopping());
        }
        self.state.capacity.admit(publication.bytes(), publication.may_use_reserve())?;
        Ok(Queued(publication))
    }

    /// Queues one publication, and hands it over at once. It never waits.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub fn append(&self, publication: Publication) -> Result<(), Refusal> {
        self.hand_over(vec![self.enter(publication)?]);
        Ok(())
    }

    /// Hands publications over, at most [`HANDOVER_PUBLICATIONS_MAX`], in their order: the thread wakes once for all of
    /// them.
    pub fn hand_over(&self, publications: Vec<Queued>) {
        debug_assert!(publications.len() <= HANDOVER_PUBLICATIONS_MAX);
        // A thread that has ended meanwhile answers nobody: they were never told that it is stored.
        let _ = self.jobs.send(Job::Append(publications));
    }

    /// Whether the last batch could be written, and the thread that writes has not ended.
    pub fn is_writable(&self) -> bool {
        self.state.writable.load(Ordering::Relaxed) && !self.state.ended.load(Ordering::Relaxed)
    }

    /// Returns the number of publications that wait, handed over or not, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        self.state.capacity.used()
    }

    /// Tells the thread to end when it has written all that is queued.
    pub fn stop(&self) {
        // Where the thread is gone already, there is nothing to end.
        let _ = self.jobs.send(Job::Stop);
    }
}

/// The way into a log, and what comes out at its end.
pub fn queue(log: Arc<dyn Log>) -> (LogQueue, Writer) {
    // Its length has a limit: that of `enter`.
    let (jobs, receiver) = channel();
    let state = Arc::new(State {
        capacity: Capacity::default(),
        writable: AtomicBool::new(true),
        ended: AtomicBool::new(false),
    });
    let writer = Writer::new(log, receiver, Arc::clone(&state));
    (LogQueue { jobs, state }, writer)
}

/// Starts the thread. `sink` is given each batch when it is on disk, in order.
///
/// # Errors
/// The operating system's, where it gives no thread.
pub fn start(
    log: Arc<dyn Log>,
    mut sink: impl FnMut(Vec<Outcome>) + Send + 'static,
) -> std::io::Result<(LogQueue, JoinHandle<()>)> {
    let (queue, mut writer) = queue(log);
    let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
        while writer.wait() {
            let batch = writer.queued();
            if !batch.is_empty() {
                sink(writer.write(batch));
            }
        }
    })?;
    Ok((queue, thread))
}

/// The end of the queue: it takes what has come and has it appended.
pub struct Writer {
    log: Arc<dyn Log>,
    jobs: Receiver<Job>,
    state: Arc<State>,
    /// What has come since the last batch, in order.
    come: Vec<Publication>,
    /// What has not found room in a batch.
    waiting: FairQueue,
    is_to_end: bool,
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
    }
}

impl Writer {
    fn new(log: Arc<dyn Log>, jobs: Receiver<Job>, state: Arc<State>) -> Self {
        Self { log, jobs, state, come: Vec::new(), waiting: FairQueue::default(), is_to_end: false }
    }

    /// Waits until something has queued. Returns false when the thread is to end: nothing is left, and nothing more comes.
    fn wait(&mut self) -> bool {
        let has_work = |writer: &Self| !(writer.waiting.is_empty() && writer.come.is_empty());
        if !has_work(self) && !self.is_to_end {
            match self.jobs.recv() {
                Ok(job) => self.take(job),
                Err(_) => return false,
            }
        }
        has_work(self) || !self.is_to_end
    }

    fn take(&mut self, job: Job) {
        match job {
            Job::Append(publications) => {
                self.come.extend(publications.into_iter().map(|Queued(publication)| publication));
            }
            Job::Stop => self.is_to_end = true,
        }
    }

    /// What has queued, without waiting: at most [`BATCH_PUBLICATIONS_MAX`], and about [`BATCH_BYTES_MAX`].
    pub fn queued(&mut self) -> Vec<Publication> {
        // The capacity bounds the number of jobs, and so this loop.
        while !self.is_to_end
            && let Ok(job) = self.jobs.try_recv()
        {
            self.take(job);
        }
        let batch = self.batch();
        self.state.capacity.release(batch.len(), batch.iter().map(Publication::bytes).sum());
        batch
    }

    fn batch(&mut self) -> Vec<Publication> {
        let bytes: usize = self.come.iter().map(Publication::bytes).sum();
        if self.waiting.is_empty() && self.come.len() <= BATCH_PUBLICATIONS_MAX && bytes <= BATCH_BYTES_MAX {
            return std::mem::take(&mut self.come);
        }
        self.come.drain(..).for_each(|publication| self.waiting.push(publication));
        let (mut batch, mut batch_bytes) = (Vec::new(), 0);
        while batch.len() < BATCH_PUBLICATIONS_MAX
            && batch_bytes < BATCH_BYTES_MAX
            && let Some(publication) = self.waiting.pop()
        {
            batch_bytes += publication.bytes();
            batch.push(publication);
        }
        batch
    }

    /// Has a batch appended, and tells what became of each.
    pub fn write(&self, batch: Vec<Publication>) -> Vec<Outcome> {
        // The store takes a slice of messages: they move there and back, and are not copied.
        let (mut appends, mut waiting) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
        for Publication { append, reply } in batch {
            let refused = match reply.turn().map_or(Ok(()), Turn::check) {
                Err(refusal) => Some((append, reply.refuse(refusal))),
                Ok(()) => {
                    appends.push(append);
                    None
                }
            };
            waiting.push((refused, reply));
        }
        let results = if appends.is_empty() { Ok(Vec::new()) } else { self.append(&appends) };
        let (mut results, mut appends) = (results.map(Vec::into_iter), appends.into_iter());
        let outcome = |(refused, reply): (Option<(Append, Refusal)>, ReplyTo)| {
            let (append, result) = match refused {
                Some((append, refusal)) => (append, Err(refusal)),
                None => {
                    let result = match &mut results {
                        Ok(results) => results.next().ok_or_else(lost_count),
                        Err(refusal) => Err(reply.refuse(refusal.clone())),
                    };
                    (appends.next()?, result)
                }
            };
            Some(Outcome { append, reply, result })
        };
        waiting.into_iter().filter_map(outcome).collect()
    }

    fn append(&self, batch: &[Append]) -> Result<Vec<Appended>, Refusal> {
        let result = self.log.append(batch);
        let was_writable = self.state.writable.swap(result.is_ok(), Ordering::Relaxed);
        match &result {
            Ok(_) if !was_writable => tracing::info!("the log can be written again"),
            // Once, not for each batch of a long night.
            Err(error) if was_writable => {
                tracing::error!(%error, "publishing is refused until the log can be written")
            }
            Ok(_) | Err(_) => {}
        }
        result.map_err(|error| error.refusal())
    }
}

/// A store that answers fewer entries than it was given has broken its contract.
fn lost_count() -> Refusal {
    Refusal::new(ErrorCode::Internal, "The server lost count of what it stored.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Durability;
    use crate::sequencer::capacity::{QUEUE_PUBLICATIONS_MAX, QUEUE_RETRY_MS};
    use crate::store::conformance::chat;
    use crate::store::sqlite::SqliteLog;
    use shared::ids::Offset;
    use shared::protocol::{Payload, RawPayload};
    use tokio::sync::oneshot;

    fn publication(number: u8) -> (Publication, oneshot::Receiver<Result<Appended, Refusal>>) {
        let (reply, answer) = oneshot::channel();
        (Publication { append: chat("room:lobby", number), reply: ReplyTo::Caller(reply) }, answer)
    }

    #[test]
    fn all_that_is_queued_is_written_before_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (outcomes, received) = channel();
        let (queue, thread) = start(log, move |batch| outcomes.send(batch).unwrap()).unwrap();
        for number in 0..100 {
            queue.append(publication(number).0).unwrap();
        }
        queue.stop();
        thread.join().unwrap();
        let offsets: Vec<u64> = received
            .iter()
            .flatten()
            .map(|outcome| match outcome.result {
                Ok(Appended::Accepted { offset, .. }) => offset.0,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(offsets, (1..=100).collect::<Vec<_>>());
        assert_eq!(queue.append(publication(0).0).unwrap_err().code, ErrorCode::Stopping);
    }

    #[test]
    fn what_found_no_room_in_a_batch_is_written_before_the_end_too() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("tidings.db");
        let log = Arc::new(SqliteLog::open(&path, Durability::Normal).unwrap());
        let (outcomes, received) = channel();
        let (queue, mut writer) = queue(log);
        let all = BATCH_PUBLICATIONS_MAX * 2 + 1;
        (0..all).for_each(|_| queue.append(publication(1).0).unwrap());
        queue.stop();
        while writer.wait() {
            let batch = writer.queued();
            outcomes.send(writer.write(batch).len()).unwrap();
        }
        drop(outcomes);
        let batches: Vec<_> = received.iter().filter(|written| *written > 0).collect();
        assert_eq!(batches, [BATCH_PUBLICATIONS_MAX, BATCH_PUBLICATIONS_MAX, 1]);
    }

    #[test]
    fn each_of_a_batch_gets_its_own_outcome() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (_queue, writer) = queue(log);
        // Two, a retry of the first, one more.
        let batch = [1, 2, 1, 3];
        let outcomes = writer.write(batch.map(|number| publication(number).0).into());
        let ids: Vec<_> = outcomes.iter().map(|outcome| outcome.append.id).collect();
        assert_eq!(ids, batch.map(|number| chat("room:lobby", number).id));
        let accepted = |prev, offset| Appended::Accepted { offset: Offset(offset), prev: Offset(prev) };
        let results: Vec<_> = outcomes.into_iter().map(|outcome| outcome.result.unwrap()).collect();
        let again = Appended::Duplicate { offset: Offset(1) };
        assert_eq!(results, [accepted(0, 1), accepted(1, 2), again, accepted(2, 3)]);
    }

    #[test]
    fn a_batch_keeps_to_its_limit() {
        let directory = tempfile::tempdir().unwrap();
        let log =
            Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Normal).unwrap());
        let (queue, mut writer) = queue(log);
        let handover = |most| (0..most).map(|_| queue.enter(publication(1).0).unwrap()).collect();
        for _ in 0..=BATCH_PUBLICATIONS_MAX / HANDOVER_PUBLICATIONS_MAX {
            queue.hand_over(handover(HANDOVER_PUBLICATIONS_MAX));
        }
        queue.hand_over(handover(1));
        let batches: Vec<_> = std::iter::repeat_with(|| writer.queued().len()).take(3).collect();
        assert_eq!(batches, [BATCH_PUBLICATIONS_MAX, HANDOVER_PUBLICATIONS_MAX + 1, 0]);
    }

    #[test]
    fn a_batch_keeps_to_its_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let log =
            Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Normal).unwrap());
        let (queue, mut writer) = queue(log);
        let large = || {
            let (mut publication, _) = publication(1);
            publication.append.payload = RawPayload::from(&Payload::chat("x".repeat(16 * 1024)));
            publication
        };
        let most = BATCH_BYTES_MAX.div_ceil(large().bytes());
        (0..most + 7).for_each(|_| queue.append(large()).unwrap());
        let batches: Vec<_> = std::iter::repeat_with(|| writer.queued().len()).take(3).collect();
        assert_eq!(batches, [most, 7, 0]);
    }

    #[test]
    fn one_more_than_the_queue_holds_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (gate, closed) = channel::<()>();
        // The sink holds the thread until the gate opens, so that what is queued stays.
        let (entered, inside) = channel();
        let (queue, thread) = start(log, move |_| {
            let _ = entered.send(());
            let _ = closed.recv();
        })
        .unwrap();
        queue.append(publication(0).0).unwrap();
        inside.recv().unwrap();
        for _ in 0..QUEUE_PUBLICATIONS_MAX {
            queue.append(publication(1).0).unwrap();
        }
        let refusal = queue.append(publication(2).0).unwrap_err();
        assert_eq!((refusal.code, refusal.retry_after_ms), (ErrorCode::Overloaded, Some(QUEUE_RETRY_MS)));
        drop(gate);
        queue.stop();
        thread.join().unwrap();
    }
}
