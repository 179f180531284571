//! The sending end of the queue of the log thread.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::Thread;

use shared::protocol::Refusal;
use tokio::sync::oneshot;

use super::capacity::{self, Capacity};
use super::publication::Publication;
use crate::store::{LogError, Trim, Trimmed};
use crate::telemetry::metrics::Metrics;

/// Maximum number of publications in one call of [`LogQueue::hand_over`].
pub(crate) const HANDOVER_PUBLICATIONS_MAX: usize = 64;

/// A publication that [`LogQueue::enter`] has admitted, before [`LogQueue::hand_over`].
#[derive(Debug)]
pub struct Queued(pub(super) Publication);

impl Queued {
    /// The memory that the publication holds, in bytes.
    pub fn bytes(&self) -> usize {
        self.0.bytes()
    }
}

/// The sending end of the queue of the log thread. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LogQueue {
    pub(super) jobs: Sender<Job>,
    pub(super) state: Arc<State>,
}

/// The state that both ends of the queue share.
#[derive(Debug)]
pub(super) struct State {
    /// Counts all waiting publications, whether they are handed over or only admitted.
    pub(super) capacity: Capacity,
    /// Whether the last entry could be applied.
    pub(super) writable: AtomicBool,
    /// Whether the log thread has ended.
    pub(super) ended: AtomicBool,
    /// Set by [`LogQueue::count_in`].
    pub(super) metrics: OnceLock<Metrics>,
    /// The threads that read what is applied.
    pub(super) followers: Mutex<Vec<Thread>>,
}

impl State {
    /// Wakes the threads that read what is applied.
    pub(super) fn wake_followers(&self) {
        self.followers.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(Thread::unpark);
    }
}

/// A trim, and the receiver of its result.
#[derive(Debug)]
pub struct TrimProposal {
    /// The trim.
    pub trim: Trim,
    /// The receiver of the result.
    pub reply: oneshot::Sender<Result<Trimmed, LogError>>,
}

/// What the log thread has to do.
#[derive(Debug)]
pub(super) enum Job {
    /// Propose publications.
    Append(Vec<Queued>),
    /// Propose a trim.
    Trim(TrimProposal),
    /// Write what is queued, and end.
    Stop,
}

impl LogQueue {
    /// Sets the metrics that count the transactions. Only the first call has an effect.
    pub(crate) fn count_in(&self, metrics: &Metrics) {
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

    /// Proposes a trim and waits until it is applied. Blocks; the retention thread calls it, which has one at a time in the queue.
    ///
    /// # Errors
    /// A [`LogError`] if it cannot be applied.
    pub fn trim(&self, trim: Trim) -> Result<Trimmed, LogError> {
        let ended = || LogError::Failed("the log thread has ended".to_owned());
        self.propose_trim(trim).blocking_recv().map_err(|_| ended())?
    }

    /// Proposes a trim. The receiver gets its result, or is closed if the log thread has ended.
    pub fn propose_trim(&self, trim: Trim) -> oneshot::Receiver<Result<Trimmed, LogError>> {
        let (reply, result) = oneshot::channel();
        let _ = self.jobs.send(Job::Trim(TrimProposal { trim, reply }));
        result
    }

    /// Unparks a thread after each applied entry, from now on.
    pub fn follow(&self, thread: Thread) {
        self.state.followers.lock().unwrap_or_else(PoisonError::into_inner).push(thread);
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
