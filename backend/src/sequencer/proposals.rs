//! Gathers what is queued for the log thread into the proposals for one entry.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::fair::FairQueue;
use super::publication::Publication;
use super::queue::{Job, Queued, State, TrimProposal};

/// Maximum number of publications in one entry.
pub const BATCH_PUBLICATIONS_MAX: usize = 384;

/// Maximum bytes of the publications in one entry. The publication that exceeds it is still part of it. Publications that arrive
/// during a transaction wait for its end, so a short transaction delays them little.
pub const BATCH_BYTES_MAX: usize = 256 * 1024;

/// What this server proposes next: an entry of the publications, and an entry for each trim.
#[derive(Debug, Default)]
pub struct Proposals {
    /// The publications: at most [`BATCH_PUBLICATIONS_MAX`], and about [`BATCH_BYTES_MAX`].
    pub publications: Vec<Publication>,
    /// The trims. The retention thread has at most one in the queue.
    pub trims: Vec<TrimProposal>,
}

impl Proposals {
    /// Whether there is nothing to propose.
    pub fn is_empty(&self) -> bool {
        self.publications.is_empty() && self.trims.is_empty()
    }
}

/// The receiving end of the queue of the log thread.
pub(super) struct Gathering {
    jobs: Receiver<Job>,
    state: Arc<State>,
    /// Received since the last call of [`queued`](Self::queued), in order.
    arrived: Proposals,
    /// Publications that did not fit into an entry.
    waiting: FairQueue,
    is_to_end: bool,
}

impl Gathering {
    pub(super) fn new(jobs: Receiver<Job>, state: Arc<State>) -> Self {
        let (arrived, waiting) = (Proposals::default(), FairQueue::default());
        Self { jobs, state, arrived, waiting, is_to_end: false }
    }

    /// Waits until something is queued. Returns false when the thread must end: nothing is left, and nothing more can come.
    pub(super) fn wait(&mut self) -> bool {
        let has_work = |this: &Self| !(this.waiting.is_empty() && this.arrived.is_empty());
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
                self.arrived
                    .publications
                    .extend(publications.into_iter().map(|Queued(publication)| publication));
            }
            Job::Trim(trim) => self.arrived.trims.push(trim),
            Job::Stop => self.is_to_end = true,
        }
    }

    /// Returns the proposals for the next entry, without waiting.
    pub(super) fn queued(&mut self) -> Proposals {
        // The capacity bounds the number of jobs with publications, and the retention thread waits for each trim: so this loop ends.
        while !self.is_to_end
            && let Ok(job) = self.jobs.try_recv()
        {
            self.take(job);
        }
        let publications = self.batch();
        self.state.capacity.release(publications.len(), publications.iter().map(Publication::bytes).sum());
        Proposals { publications, trims: std::mem::take(&mut self.arrived.trims) }
    }

    fn batch(&mut self) -> Vec<Publication> {
        let arrived = &mut self.arrived.publications;
        let bytes: usize = arrived.iter().map(Publication::bytes).sum();
        if self.waiting.is_empty() && arrived.len() <= BATCH_PUBLICATIONS_MAX && bytes <= BATCH_BYTES_MAX {
            return std::mem::take(arrived);
        }
        arrived.drain(..).for_each(|publication| self.waiting.push(publication));
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
}
