//! Sequencers of the channels without history: their messages get offsets but are not stored.
//!
//! Each such channel has one home worker. Its sequencer orders everything that is published in the channel on any worker, and
//! hands it to all workers. If the publisher and all subscribers are on the home worker, a message never leaves the thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::ids::{ChannelName, Offset};
use shared::protocol::Refusal;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::offsets::LiveOffsets;
use crate::sequencer::capacity::Capacity;
use crate::sequencer::publication::{Outcome, Publication};
use crate::sequencer::turn::Turn;

/// Maximum number of publications that a sequencer orders at once.
pub(crate) const TURN_PUBLICATIONS_MAX: usize = 64;

/// The sending end of the queue of a sequencer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveQueue {
    jobs: UnboundedSender<Publication>,
    state: Arc<State>,
}

/// The state that both ends of the queue share.
#[derive(Debug, Default)]
struct State {
    capacity: Capacity,
    /// Threads other than the sequencer lock it only when they begin to follow a channel, not on the path of a message.
    offsets: Mutex<LiveOffsets>,
}

impl State {
    fn offsets(&self) -> MutexGuard<'_, LiveOffsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Creates a sequencer and the sending end of its queue.
pub fn queue() -> (LiveQueue, Sequencer) {
    // An unbounded channel suffices, because `Capacity` limits its length.
    let (jobs, receiver) = unbounded_channel();
    let state = Arc::<State>::default();
    (LiveQueue { jobs, state: Arc::clone(&state) }, Sequencer { jobs: receiver, state })
}

impl LiveQueue {
    /// Queues a publication. Never blocks.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` if [`QUEUE_PUBLICATIONS_MAX`](super::capacity::QUEUE_PUBLICATIONS_MAX) or
    /// [`QUEUE_BYTES_MAX`](super::capacity::QUEUE_BYTES_MAX) are waiting, `stopping` if the sequencer has ended.
    pub fn publish(&self, publication: Publication) -> Result<(), Refusal> {
        self.state.capacity.admit(publication.bytes(), publication.may_use_reserve())?;
        self.jobs.send(publication).map_err(|_| super::capacity::stopping())
    }

    /// Returns the number of publications that wait, and their bytes.
    pub fn waiting(&self) -> (usize, usize) {
        self.state.capacity.used()
    }

    /// Waits until the sequencer has ended.
    pub async fn closed(&self) {
        self.jobs.closed().await;
    }

    /// Returns the newest offset of a channel.
    pub fn head(&self, channel: &ChannelName) -> Offset {
        self.state.offsets().head(channel)
    }
}

/// The receiving end of the queue. It gives publications their offsets.
#[derive(Debug)]
pub struct Sequencer {
    jobs: UnboundedReceiver<Publication>,
    state: Arc<State>,
}

impl Sequencer {
    /// Waits for publications and orders at most [`TURN_PUBLICATIONS_MAX`] of them. Returns `None` when no more can come.
    pub async fn next(&mut self) -> Option<Vec<Outcome>> {
        let mut turn = Vec::new();
        match self.jobs.recv_many(&mut turn, TURN_PUBLICATIONS_MAX).await {
            0 => None,
            _ => Some(self.order(turn)),
        }
    }

    /// Orders the publications that are queued, at most [`TURN_PUBLICATIONS_MAX`], without waiting.
    pub fn queued(&mut self) -> Vec<Outcome> {
        let mut turn = Vec::new();
        while turn.len() < TURN_PUBLICATIONS_MAX
            && let Ok(publication) = self.jobs.try_recv()
        {
            turn.push(publication);
        }
        self.order(turn)
    }

    fn order(&self, turn: Vec<Publication>) -> Vec<Outcome> {
        let bytes = turn.iter().map(Publication::bytes).sum();
        self.state.capacity.release(turn.len(), bytes);
        let mut offsets = self.state.offsets();
        let place = |Publication { append, reply }| {
            let result = match reply.turn().map_or(Ok(()), Turn::check) {
                Ok(()) => Ok(offsets.append(&append.channel)),
                Err(refusal) => Err(reply.refuse(refusal)),
            };
            Outcome { append, reply, result }
        };
        turn.into_iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sequencer::capacity::QUEUE_PUBLICATIONS_MAX;
    use crate::sequencer::publication::ReplyTo;
    use crate::store::Appended;
    use crate::store::conformance::chat;
    use shared::protocol::ErrorCode;
    use tokio::sync::oneshot;

    fn publication(number: u8) -> Publication {
        let (reply, _) = oneshot::channel();
        Publication { append: chat("live:lobby", number), reply: ReplyTo::Caller(reply) }
    }

    #[test]
    fn queued_publications_get_offsets_in_the_order_of_arrival() {
        let (queue, mut sequencer) = queue();
        (1..=3).for_each(|number| queue.publish(publication(number)).unwrap());
        let outcomes = sequencer.queued();
        let ids: Vec<_> = outcomes.iter().map(|outcome| outcome.append.id).collect();
        assert_eq!(ids, [1, 2, 3].map(|number| chat("live:lobby", number).id));
        let accepted = |prev, offset| Appended::Accepted { offset: Offset(offset), prev: Offset(prev) };
        let results: Vec<_> = outcomes.into_iter().map(|outcome| outcome.result.unwrap()).collect();
        assert_eq!(results, [accepted(0, 1), accepted(1, 2), accepted(2, 3)]);
        assert_eq!(queue.head(&chat("live:lobby", 1).channel), Offset(3));
    }

    #[test]
    fn the_number_of_publications_ordered_at_once_is_limited() {
        let (queue, mut sequencer) = queue();
        (0..=TURN_PUBLICATIONS_MAX).for_each(|_| queue.publish(publication(1)).unwrap());
        assert_eq!([sequencer.queued().len(), sequencer.queued().len()], [TURN_PUBLICATIONS_MAX, 1]);
    }

    #[test]
    fn a_full_queue_refuses_a_publication_until_some_have_their_offset() {
        let (queue, mut sequencer) = queue();
        (0..QUEUE_PUBLICATIONS_MAX).for_each(|_| queue.publish(publication(1)).unwrap());
        assert_eq!(queue.publish(publication(2)).unwrap_err().code, ErrorCode::Overloaded);
        sequencer.queued();
        queue.publish(publication(2)).unwrap();
    }

    #[test]
    fn a_queue_without_a_sequencer_refuses_publications() {
        let (queue, sequencer) = queue();
        drop(sequencer);
        assert_eq!(queue.publish(publication(1)).unwrap_err().code, ErrorCode::Stopping);
    }
}
