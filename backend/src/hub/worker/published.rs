//! What a worker's connections have published in one turn.

use std::cell::{OnceCell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use shared::protocol::Refusal;

use crate::log::publication::Publication;
use crate::log::thread::{HANDOVER_PUBLICATIONS_MAX, LogQueue, Queued};

/// What is still to be handed over to the log thread. It gets what all connections have published in one turn at once: to
/// wake it costs as much as what it does for one of them.
pub(super) struct Published {
    queue: LogQueue,
    turn: RefCell<Vec<Queued>>,
    /// Wakes the task that hands over.
    waker: OnceCell<Waker>,
}

impl Published {
    /// Nothing yet, on this thread.
    pub(super) fn start(queue: LogQueue) -> Rc<Self> {
        let published = Rc::new(Self { queue, turn: RefCell::default(), waker: OnceCell::new() });
        let this = Rc::clone(&published);
        actix_web::rt::spawn(poll_fn(move |context| {
            this.waker.get_or_init(|| context.waker().clone());
            this.hand_over(&mut this.turn.borrow_mut());
            Poll::<()>::Pending
        }));
        published
    }

    /// Queues a publication.
    ///
    /// # Errors
    /// A [`Refusal`] where the queue takes no more.
    pub(super) fn add(&self, publication: Publication) -> Result<(), Refusal> {
        let queued = self.queue.enter(publication)?;
        let mut turn = self.turn.borrow_mut();
        turn.push(queued);
        match turn.len() {
            // The task's turn comes after those who are about to read now.
            1 => self.waker.get().into_iter().for_each(Waker::wake_by_ref),
            HANDOVER_PUBLICATIONS_MAX => self.hand_over(&mut turn),
            _ => {}
        }
        Ok(())
    }

    fn hand_over(&self, turn: &mut Vec<Queued>) {
        if !turn.is_empty() {
            self.queue.hand_over(std::mem::take(turn));
        }
    }
}
