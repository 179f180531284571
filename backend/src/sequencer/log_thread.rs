//! The one thread that writes the log: it proposes what is queued, and applies the entries that the sequencer has put in order.
//!
//! Everything that is queued becomes one entry and one transaction, and the outcomes go to the sink. Under load, many messages
//! share one wait for the disk; when idle, a message does not wait for others. If more is queued than one entry may hold, the
//! senders share it fairly (`fair`).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use std::time::Instant;

use shared::protocol::{ErrorCode, Refusal};

use super::capacity::Capacity;
use super::order::{Ordered, Place, Sequencer, Ticket};
use super::proposals::{Gathering, Proposals};
use super::publication::{Outcome, Publication, ReplyTo};
use super::queue::{LogQueue, State, TrimProposal};
use super::turn::Turn;
use crate::store::{Append, Applied, Entry, Log, LogError};

/// The receiving end of the queue, with the log and the sequencer.
pub struct LogThread {
    gathering: Gathering,
    sequencer: Box<dyn Sequencer>,
    log: Arc<dyn Log>,
    state: Arc<State>,
    /// The place of the last applied entry.
    applied: Place,
    /// What was proposed and is not applied, in order.
    proposed: VecDeque<Proposed>,
}

/// The receivers of the replies to an entry that this server has proposed.
struct Proposed {
    ticket: Ticket,
    replies: Vec<Reply>,
    trims: Vec<TrimProposal>,
}

/// The receiver of the reply to a publication.
struct Reply {
    to: ReplyTo,
    /// The message and the refusal, if it was refused before it was proposed.
    refused: Option<(Append, Refusal)>,
}

/// Creates the queue of a log: its sending end, and its receiving end, which writes the log in the order of the sequencer.
pub fn queue(log: Arc<dyn Log>, sequencer: impl Sequencer + 'static) -> (LogQueue, LogThread) {
    // An unbounded channel suffices: `enter` limits the publications in it, and the retention thread waits for each trim.
    let (jobs, receiver) = channel();
    let state = Arc::new(State {
        capacity: Capacity::default(),
        writable: AtomicBool::new(true),
        ended: AtomicBool::new(false),
        metrics: OnceLock::new(),
        followers: Mutex::default(),
    });
    let gathering = Gathering::new(receiver, Arc::clone(&state));
    let applied = sequencer.bounds().floor;
    let thread = LogThread {
        gathering,
        sequencer: Box::new(sequencer),
        log,
        state: Arc::clone(&state),
        applied,
        proposed: VecDeque::new(),
    };
    (LogQueue { jobs, state }, thread)
}

/// Starts the log thread. It calls `sink` with the outcomes of each entry after the entry is applied, in order.
///
/// # Errors
/// The operating system's error if it cannot start a thread.
pub fn start(
    log: Arc<dyn Log>,
    sequencer: impl Sequencer + 'static,
    mut sink: impl FnMut(Vec<Outcome>) + Send + 'static,
) -> std::io::Result<(LogQueue, JoinHandle<()>)> {
    let (queue, mut log_thread) = queue(log, sequencer);
    let thread = std::thread::Builder::new().name("log".to_owned()).spawn(move || {
        while log_thread.wait() {
            let proposals = log_thread.queued();
            log_thread.propose(proposals);
            while let Some(outcomes) = log_thread.apply_next() {
                if !outcomes.is_empty() {
                    sink(outcomes);
                }
            }
        }
    })?;
    Ok((queue, thread))
}

impl Drop for LogThread {
    fn drop(&mut self) {
        self.state.ended.store(true, Ordering::Relaxed);
    }
}

impl LogThread {
    /// Waits until something is queued. Returns false when the thread must end: nothing is left, and nothing more can come.
    fn wait(&mut self) -> bool {
        self.gathering.wait()
    }

    /// Returns the proposals for the next entry, without waiting.
    pub fn queued(&mut self) -> Proposals {
        self.gathering.queued()
    }

    /// Proposes an entry of the publications, without those that are out of turn, and one of the trims. They are not one entry, because a
    /// full disk would refuse the trims together with the publications.
    pub fn propose(&mut self, proposals: Proposals) {
        let Proposals { publications, trims } = proposals;
        if !publications.is_empty() {
            let (mut appends, mut replies) =
                (Vec::with_capacity(publications.len()), Vec::with_capacity(publications.len()));
            for Publication { append, reply: to } in publications {
                let refused = match to.turn().map_or(Ok(()), Turn::check) {
                    Err(refusal) => Some((append, to.refuse(refusal))),
                    Ok(()) => {
                        appends.push(append);
                        None
                    }
                };
                replies.push(Reply { to, refused });
            }
            let ticket = self.sequencer.propose(Entry::of_appends(appends));
            self.proposed.push_back(Proposed { ticket, replies, trims: Vec::new() });
        }
        if !trims.is_empty() {
            let entry = Entry {
                appends: Vec::new(),
                trims: trims.iter().map(|proposal| proposal.trim.clone()).collect(),
            };
            let ticket = self.sequencer.propose(entry);
            self.proposed.push_back(Proposed { ticket, replies: Vec::new(), trims });
        }
    }

    /// Applies the next entry. Returns the outcomes of its messages, in order. `None` if no entry is ready.
    pub fn apply_next(&mut self) -> Option<Vec<Outcome>> {
        let Ordered { place, ticket, entry } = self.sequencer.entry_after(self.applied)?;
        self.applied = place;
        let applied = self.apply(&entry);
        self.state.wake_followers();
        let own = self.proposed.iter().position(|proposed| Some(proposed.ticket) == ticket);
        let replies = match own.and_then(|own| self.proposed.remove(own)) {
            Some(Proposed { replies, trims, .. }) => {
                answer_trims(trims, &applied);
                replies
            }
            None => entry.appends.iter().map(|_| Reply { to: ReplyTo::Nobody, refused: None }).collect(),
        };
        Some(outcomes(entry.appends, replies, applied))
    }

    fn apply(&self, entry: &Entry) -> Result<Applied, LogError> {
        if entry.is_empty() {
            // All publications were out of turn.
            return Ok(Applied::default());
        }
        let begun = Instant::now();
        let result = self.log.apply(entry);
        if entry.appends.is_empty() {
            return result;
        }
        if let Some(metrics) = self.state.metrics.get() {
            metrics.commit_seconds.observe_time(begun.elapsed());
            metrics.commit_publications.observe_size(entry.appends.len());
        }
        let was_writable = self.state.writable.swap(result.is_ok(), Ordering::Relaxed);
        match &result {
            Ok(_) if !was_writable => tracing::info!("the log can be written again"),
            // Log the failure once, not for each entry that fails.
            Err(error) if was_writable => {
                tracing::error!(%error, "publishing is refused until the log can be written")
            }
            Ok(_) | Err(_) => {}
        }
        result
    }
}

fn answer_trims(trims: Vec<TrimProposal>, applied: &Result<Applied, LogError>) {
    for (number, TrimProposal { reply, .. }) in trims.into_iter().enumerate() {
        let result = match applied {
            Ok(applied) => {
                applied.trims.get(number).copied().ok_or_else(|| LogError::Failed(LOST.to_owned()))
            }
            Err(error) => Err(error.clone()),
        };
        // The receiver is gone if the retention thread has ended.
        let _ = reply.send(result);
    }
}

/// Pairs messages with their results and the receivers of their replies, in order.
fn outcomes(appends: Vec<Append>, replies: Vec<Reply>, applied: Result<Applied, LogError>) -> Vec<Outcome> {
    let mut results = match applied {
        Ok(applied) => Ok(applied.appends.into_iter()),
        Err(error) => Err(error.refusal()),
    };
    let mut appends = appends.into_iter();
    let outcome = |Reply { to: reply, refused }: Reply| {
        let (append, result) = match refused {
            Some((append, refusal)) => (append, Err(refusal)),
            None => {
                let result = match &mut results {
                    Ok(results) => results.next().ok_or_else(|| Refusal::new(ErrorCode::Internal, LOST)),
                    Err(refusal) => Err(reply.refuse(refusal.clone())),
                };
                (appends.next()?, result)
            }
        };
        Some(Outcome { append, reply, result })
    };
    replies.into_iter().filter_map(outcome).collect()
}

/// The error if a store returns fewer results than the entry has commands, which breaks its contract.
const LOST: &str = "The store returned too few results.";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Durability;
    use crate::sequencer::capacity::{QUEUE_PUBLICATIONS_MAX, QUEUE_RETRY_MS};
    use crate::sequencer::direct::Direct;
    use crate::sequencer::proposals::{BATCH_BYTES_MAX, BATCH_PUBLICATIONS_MAX};
    use crate::sequencer::queue::HANDOVER_PUBLICATIONS_MAX;
    use crate::store::Appended;
    use crate::store::conformance::chat;
    use crate::store::sqlite::SqliteLog;
    use shared::ids::Offset;
    use shared::protocol::{Payload, RawPayload};
    use tokio::sync::oneshot;

    fn publication(number: u8) -> (Publication, oneshot::Receiver<Result<Appended, Refusal>>) {
        let (reply, answer) = oneshot::channel();
        (Publication { append: chat("room:lobby", number), reply: ReplyTo::Caller(reply) }, answer)
    }

    fn write(writer: &mut LogThread, proposals: Proposals) -> Vec<Outcome> {
        writer.propose(proposals);
        std::iter::from_fn(|| writer.apply_next()).flatten().collect()
    }

    #[test]
    fn everything_queued_is_written_before_the_thread_ends() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (outcomes, received) = channel();
        let (queue, thread) =
            start(log, Direct::default(), move |batch| outcomes.send(batch).unwrap()).unwrap();
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
        let (queue, mut writer) = queue(log, Direct::default());
        let all = BATCH_PUBLICATIONS_MAX * 2 + 1;
        (0..all).for_each(|_| queue.append(publication(1).0).unwrap());
        queue.stop();
        while writer.wait() {
            let batch = writer.queued();
            outcomes.send(write(&mut writer, batch).len()).unwrap();
        }
        drop(outcomes);
        let batches: Vec<_> = received.iter().filter(|written| *written > 0).collect();
        assert_eq!(batches, [BATCH_PUBLICATIONS_MAX, BATCH_PUBLICATIONS_MAX, 1]);
    }

    #[test]
    fn each_publication_of_a_batch_gets_its_own_outcome() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (_queue, mut writer) = queue(log, Direct::default());
        // Two messages, a retry of the first, and one more.
        let batch = [1, 2, 1, 3];
        let publications = batch.map(|number| publication(number).0).into();
        let outcomes = write(&mut writer, Proposals { publications, trims: Vec::new() });
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
        let (queue, mut writer) = queue(log, Direct::default());
        let handover = |most| (0..most).map(|_| queue.enter(publication(1).0).unwrap()).collect();
        for _ in 0..=BATCH_PUBLICATIONS_MAX / HANDOVER_PUBLICATIONS_MAX {
            queue.hand_over(handover(HANDOVER_PUBLICATIONS_MAX));
        }
        queue.hand_over(handover(1));
        let batches: Vec<_> = std::iter::repeat_with(|| writer.queued().publications.len()).take(3).collect();
        assert_eq!(batches, [BATCH_PUBLICATIONS_MAX, HANDOVER_PUBLICATIONS_MAX + 1, 0]);
    }

    #[test]
    fn a_batch_has_a_maximum_number_of_bytes() {
        let directory = tempfile::tempdir().unwrap();
        let log =
            Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Normal).unwrap());
        let (queue, mut writer) = queue(log, Direct::default());
        let large = || {
            let (mut publication, _) = publication(1);
            publication.append.payload = RawPayload::from(&Payload::chat("x".repeat(16 * 1024)));
            publication
        };
        let most = BATCH_BYTES_MAX.div_ceil(large().bytes());
        (0..most + 7).for_each(|_| queue.append(large()).unwrap());
        let batches: Vec<_> = std::iter::repeat_with(|| writer.queued().publications.len()).take(3).collect();
        assert_eq!(batches, [most, 7, 0]);
    }

    #[test]
    fn a_full_queue_refuses_a_publication() {
        let directory = tempfile::tempdir().unwrap();
        let log = Arc::new(SqliteLog::open(&directory.path().join("tidings.db"), Durability::Full).unwrap());
        let (gate, closed) = channel::<()>();
        // The sink blocks the thread until the gate opens, so that the queue stays full.
        let (entered, inside) = channel();
        let (queue, thread) = start(log, Direct::default(), move |_| {
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
