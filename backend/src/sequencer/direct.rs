//! The queue of publications for the log, and the one thread that writes the log.
//!
//! The thread appends everything that is queued in one transaction and hands the outcomes to the sink. Under load, many messages
//! share one wait for the disk; when idle, a message does not wait for others. If more is queued than one transaction may hold,
//! the senders share it fairly (`fair`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use shared::protocol::{ErrorCode, Refusal};

use super::capacity::{self, Capacity};
use super::fair::FairQueue;
use super::publication::{Outcome, Publication, ReplyTo};
use super::turn::Turn;
use crate::store::{Append, Appended, Log};
use crate::telemetry::metrics::Metrics;

/// Maximum number of publications in one transaction.
pub const BATCH_PUBLICATIONS_MAX: usize = 384;

/// Maximum bytes of one transaction. The publication that exceeds it is still part of it. Publications that arrive during a
/// transaction wait for its end, so a short transaction delays them little.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;

/// Maximum number of publications in one call of [`LogQueue::hand_over`].
pub const HANDOVER_PUBLICATIONS_MAX: usize = 64;

/// A publication that [`LogQueue::enter`] has admitted, before [`LogQueue::hand_over`].
#[derive(Debug)]
pub struct Queued(Publication);

impl Queued {
    /// The memory that the publication holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// The sending end of the queue of the log thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogQueue {
    jobs: Sender<Job>,
    state: Arc<State>,
}

/// The state that both ends of the queue share.
#[derive(Debug)]
struct State {
    /// Counts all waiting publications, whether they are handed over or only admitted.
    capacity: Capacity,
    writable: AtomicBool,
    ended: AtomicBool,
    /// Set by [`LogQueue::count_in`].
    metrics: OnceLock<Metrics>,
}

#[derive(Debug)]
enum Job {
    Append(Vec<Queued>),
    Stop,
}

impl LogQueue {
    /// Sets the metrics that count the transactions. Only the first call has an effect.
    pub fn count_in(&self, metrics: &Metrics) {
        let _ = self.state.metrics.set(metrics.clone());
    }

    /// Admits a publication to the queue. Never blocks.
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

    /// Admits one publication and hands it over at once. Never blocks.
    ///
    /// # Errors
    /// As [`enter`](Self::enter).
    pub fn append(&self, publication: Publication) -> Result<(), Refusal> {
        self.hand_over(vec![self.enter(publication)?]);
        Ok(())
    }

    /// Hands over at most [`HANDOVER_PUBLICATIONS_MAX`] publications, in their order. The thread wakes once for all of them.
    pub fn hand_over(&self, publications: Vec<Queued>) {
        debug_assert!(publications.len() <= HANDOVER_PUBLICATIONS_MAX);
        // If the thread has ended, the publications are dropped without an answer. None of them was acknowledged.
        let _ = self.jobs.send(Job::Append(publications));
    }

    /// Returns whether the last batch was written and the log thread is still running.
    pub fn is_writable(&self) -> bool {
        self.state.writable.load(Ordering::Relaxed) && !self.state.ended.load(Ordering::Relaxed)
    }

    /// Returns the number of waiting publications, admitted or handed over, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        self.state.capacity.used()
    }

    /// Stops the thread after it has written everything that is queued.
    pub fn stop(&self) {
        // If the thread has ended already, there is nothing to stop.
        let _ = self.jobs.send(Job::Stop);
    }
}

/// Creates the queue of a log: its sending end, and its receiving end, which writes the log.
pub fn queue(log: Arc<dyn Log>) -> (LogQueue, Writer) {
    // An unbounded channel suffices, because `enter` limits its length.
    let (jobs, receiver) = channel();
    let state = Arc::new(State {
        capacity: Capacity::default(),
        writable: AtomicBool::new(true),
        ended: AtomicBool::new(false),
        metrics: OnceLock::new(),
    });
    let writer = Writer::new(log, receiver, Arc::clone(&state));
    (LogQueue { jobs, state }, writer)
}

/// Starts the log thread. It calls `sink` with each batch after the batch is on disk, in order.
///
/// # Errors
/// The operating system's error if it cannot start a thread.
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

/// The receiving end of the queue. It collects publications into batches and appends them to the log.
pub struct Writer {
    log: Arc<dyn Log>,
    jobs: Receiver<Job>,
    state: Arc<State>,
    /// Publications received since the last batch, in order.
    come: Vec<Publication>,
    /// Publications that did not fit into a batch.
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

    /// Waits until something is queued. Returns false when the thread must end: nothing is left, and nothing more can come.
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

    /// Returns the next batch without waiting: at most [`BATCH_PUBLICATIONS_MAX`] publications, and about [`BATCH_BYTES_MAX`].
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

    /// Appends a batch to the log. Returns one outcome for each publication, in order.
    pub fn write(&self, batch: Vec<Publication>) -> Vec<Outcome> {
        // The store needs a slice of messages: move them there and back instead of copying them.
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
        let begun = Instant::now();
        let result = self.log.append(batch);
        if let Some(metrics) = self.state.metrics.get() {
            metrics.commit_seconds.observe_time(begun.elapsed());
            metrics.commit_publications.observe_size(batch.len());
        }
        let was_writable = self.state.writable.swap(result.is_ok(), Ordering::Relaxed);
        match &result {
            Ok(_) if !was_writable => tracing::info!("the log can be written again"),
            // Log the failure once, not for each batch that fails.
            Err(error) if was_writable => {
                tracing::error!(%error, "publishing is refused until the log can be written")
            }
            Ok(_) | Err(_) => {}
        }
        result.map_err(|error| error.refusal())
    }
}

/// The refusal if a store returns fewer results than it got entries, which breaks its contract.
fn lost_count() -> Refusal {
    Refusal::new(ErrorCode::Internal, "The store returned too few results.")
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
    fn everything_queued_is_written_before_the_thread_ends() {
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
    fn publications_that_did_not_fit_into_a_batch_are_written_before_the_end() {
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
    fn each_publication_of_a_batch_gets_its_own_outcome() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (_queue, writer) = queue(log);
        // Two messages, a retry of the first, and one more.
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
    fn a_batch_has_a_maximum_number_of_publications() {
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
    fn a_batch_has_a_maximum_number_of_bytes() {
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
    fn a_full_queue_refuses_a_publication() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (gate, closed) = channel::<()>();
        // The sink blocks the thread until the gate opens, so that the queue stays full.
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
