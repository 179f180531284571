//! The order of channels without history: their messages get offsets, but are in no store.
//!
//! Such a channel is at home on one worker: what is published in it anywhere is put in order there, and handed to all
//! workers from there. Where its publisher and its readers are on that worker, a message never leaves the thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::ids::{ChannelName, Offset};
use shared::protocol::Refusal;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::offsets::LiveOffsets;
use crate::sequencer::capacity::Capacity;
use crate::sequencer::publication::{Outcome, Publication};
use crate::sequencer::turn::Turn;

/// Most publications that are put in order at once.
pub const TURN_PUBLICATIONS_MAX: usize = 64;

/// The way to a sequencer. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LiveQueue {
    jobs: UnboundedSender<Publication>,
    state: Arc<State>,
}

/// What the two ends of the queue share.
#[derive(Debug, Default)]
struct State {
    capacity: Capacity,
    /// Others than the sequencer look into it when they begin to follow a channel, and not on the way of a message.
    offsets: Mutex<LiveOffsets>,
}

impl State {
    fn offsets(&self) -> MutexGuard<'_, LiveOffsets> {
        self.offsets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The way to a sequencer, and it.
pub fn queue() -> (LiveQueue, Sequencer) {
    // `Capacity` limits its length.
    let (jobs, receiver) = unbounded_channel();
    let state = Arc::<State>::default();
    (LiveQueue { jobs, state: Arc::clone(&state) }, Sequencer { jobs: receiver, state })
}

impl LiveQueue {
    /// Queues a publication. It never waits.
    ///
    /// # Errors
    /// A [`Refusal`] with `overloaded` where [`QUEUE_PUBLICATIONS_MAX`](super::capacity::QUEUE_PUBLICATIONS_MAX) are
    /// waiting, `stopping` where the sequencer has ended.
    pub fn publish(&self, publication: Publication) -> Result<(), Refusal> {
        self.state.capacity.admit(publication.bytes(), publication.may_use_reserve())?;
        self.jobs.send(publication).map_err(|_| super::capacity::stopping())
    }

    /// Waits until nothing is put in order any more: the sequencer is gone.
    pub async fn closed(&self) {
        self.jobs.closed().await;
    }

    /// The newest offset given in a channel.
    pub fn head(&self, channel: &ChannelName) -> Offset {
        self.state.offsets().head(channel)
    }
}

/// Puts what has come in order.
#[derive(Debug)]
pub struct Sequencer {
    jobs: UnboundedReceiver<Publication>,
    state: Arc<State>,
}

impl Sequencer {
    /// Waits for publications and puts them in order: at most [`TURN_PUBLICATIONS_MAX`]. Nothing when no more can come.
    pub async fn next(&mut self) -> Option<Vec<Outcome>> {
        let mut turn = Vec::new();
        match self.jobs.recv_many(&mut turn, TURN_PUBLICATIONS_MAX).await {
            0 => None,
            _ => Some(self.order(turn)),
        }
    }

    /// Puts what has come in order, without waiting.
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
    fn what_has_queued_gets_its_places_in_the_order_in_which_it_came() {
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
    fn a_turn_keeps_to_its_limit() {
        let (queue, mut sequencer) = queue();
        (0..=TURN_PUBLICATIONS_MAX).for_each(|_| queue.publish(publication(1)).unwrap());
        assert_eq!([sequencer.queued().len(), sequencer.queued().len()], [TURN_PUBLICATIONS_MAX, 1]);
    }

    #[test]
    fn one_more_than_the_queue_holds_is_refused_until_some_have_their_place() {
        let (queue, mut sequencer) = queue();
        (0..QUEUE_PUBLICATIONS_MAX).for_each(|_| queue.publish(publication(1)).unwrap());
        assert_eq!(queue.publish(publication(2)).unwrap_err().code, ErrorCode::Overloaded);
        sequencer.queued();
        queue.publish(publication(2)).unwrap();
    }

    #[test]
    fn nothing_is_taken_when_nobody_puts_it_in_order() {
        let (queue, sequencer) = queue();
        drop(sequencer);
        assert_eq!(queue.publish(publication(1)).unwrap_err().code, ErrorCode::Stopping);
    }
}
