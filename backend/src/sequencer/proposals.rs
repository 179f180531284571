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

/// What this server proposes in one entry.
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
    come: Proposals,
    /// Publications that did not fit into an entry.
    waiting: FairQueue,
    /// Whether entries of other servers may be ready.
    must_read: bool,
    is_to_end: bool,
}

impl Gathering {
    pub(super) fn new(jobs: Receiver<Job>, state: Arc<State>) -> Self {
        let (come, waiting) = (Proposals::default(), FairQueue::default());
        Self { jobs, state, come, waiting, must_read: false, is_to_end: false }
    }

    /// Waits until something is queued. Returns false when the thread must end: nothing is left, and nothing more can come.
    pub(super) fn wait(&mut self) -> bool {
        let has_work = |this: &Self| !(this.waiting.is_empty() && this.come.is_empty()) || this.must_read;
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
                self.come
                    .publications
                    .extend(publications.into_iter().map(|Queued(publication)| publication));
            }
            Job::Trim(trim) => self.come.trims.push(trim),
            Job::Read => self.must_read = true,
            Job::Stop => self.is_to_end = true,
        }
    }

    /// Returns the proposals for the next entry, without waiting.
    pub(super) fn queued(&mut self) -> Proposals {
        // The capacity bounds the number of jobs, and so this loop.
        while !self.is_to_end
            && let Ok(job) = self.jobs.try_recv()
        {
            self.take(job);
        }
        self.must_read = false;
        let publications = self.batch();
        self.state.capacity.release(publications.len(), publications.iter().map(Publication::bytes).sum());
        Proposals { publications, trims: std::mem::take(&mut self.come.trims) }
    }

    fn batch(&mut self) -> Vec<Publication> {
        let come = &mut self.come.publications;
        let bytes: usize = come.iter().map(Publication::bytes).sum();
        if self.waiting.is_empty() && come.len() <= BATCH_PUBLICATIONS_MAX && bytes <= BATCH_BYTES_MAX {
            return std::mem::take(come);
        }
        come.drain(..).for_each(|publication| self.waiting.push(publication));
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
